//! A list of keys in a file: CSV of `bucket,key[,version]`, or NDJSON.
//!
//! The file is read to its end and checked before anything is touched; after
//! that it is bound by its digest, and by its length and time of change while
//! it is read a second time. Memory is flat whatever its length.

mod records;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use reseal_core::{BucketName, Cursor, SourceRow, SourceSpec};
use sha2::{Digest as _, Sha256};

use super::files::{Stamp, hex};
use super::{Batch, Pulled, Source, SourceError};
use records::{Format, Place, Records};

/// Rows per pull.
const BATCH: usize = 1_000;

/// A checked list.
#[derive(Clone, Debug)]
pub struct KeyList {
    spec: SourceSpec,
    /// As the user named it.
    named: String,
    file: PathBuf,
    format: Format,
    start: Place,
    rows: u64,
    buckets: BTreeSet<BucketName>,
    stamp: Stamp,
}

impl KeyList {
    /// Reads the whole file and checks every line.
    ///
    /// # Errors
    /// When it can't be read, or naming the first line that is malformed.
    pub fn check(named: &str, file: &Path) -> Result<Self, SourceError> {
        let io = |error| SourceError::File { file: named.to_owned(), error };
        let mut opened = File::open(file).map_err(io)?;
        let stamp = Stamp::of(&opened).map_err(|error| {
            io(std::io::Error::other(format!("{error}; pipe it into --keys - instead")))
        })?;
        let digest = digest(&mut opened).map_err(io)?;
        let (format, start) = Format::detect(named, &mut opened)?;
        let mut records = Records::open(named, opened, format, start)?;
        let (mut rows, mut buckets) = (0, BTreeSet::new());
        while let Some(pulled) = records.next()? {
            rows += 1;
            if !buckets.contains(&pulled.bucket) {
                buckets.insert(pulled.bucket);
            }
        }
        if rows == 0 {
            let what = "the list names no object".to_owned();
            return Err(SourceError::Malformed { file: named.to_owned(), line: 1, what });
        }
        let spec = SourceSpec::Keys { path: named.to_owned(), digest };
        let (named, file) = (named.to_owned(), file.to_owned());
        let list = Self { spec, named, file, format, start, rows, buckets, stamp };
        list.open()?;
        Ok(list)
    }

    /// The rows it has.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The buckets it names.
    pub fn buckets(&self) -> &BTreeSet<BucketName> {
        &self.buckets
    }

    /// The file, if it is still the one that was checked.
    fn open(&self) -> Result<File, SourceError> {
        let io = |error| SourceError::File { file: self.named.clone(), error };
        let file = File::open(&self.file).map_err(io)?;
        if Stamp::of(&file).map_err(io)? == self.stamp {
            Ok(file)
        } else {
            Err(SourceError::Changed { file: self.named.clone() })
        }
    }

    fn pull_batch(&self, from: &Cursor) -> Result<Batch, SourceError> {
        let place = if from.0.is_empty() {
            self.start
        } else {
            Place::parse(&from.0).ok_or_else(|| SourceError::Cursor(from.0.clone()))?
        };
        let mut records = Records::open(&self.named, self.open()?, self.format, place)?;
        let mut rows: Vec<Pulled> = Vec::new();
        while rows.len() < BATCH {
            match records.next()? {
                Some(pulled) => rows.push(pulled),
                None => return Ok(Batch { rows, next: None }),
            }
        }
        let next = rows.last().map(|last| last.after.clone());
        Ok(Batch { rows, next })
    }
}

fn digest(file: &mut File) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

#[async_trait]
impl Source for KeyList {
    fn spec(&self) -> &SourceSpec {
        &self.spec
    }

    async fn pull(&self, from: &Cursor) -> Result<Batch, SourceError> {
        self.pull_batch(from)
    }

    /// The digest binds the list, so two who cut it cut it alike.
    fn cursor_after(&self, _row: &SourceRow) -> Option<Cursor> {
        None
    }
}
