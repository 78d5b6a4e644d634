//! S3 Inventory reports in CSV, on this machine or on S3.
//!
//! Owns: reading a manifest, finding or fetching its files, verifying all of
//! it before anything is touched, and pulling its rows from any place on.
//! Never: acts on a report that isn't whole; lets a row, a field or a file
//! grow at will; holds more than a row and some buffers in memory.
//! Next: `manifest` for what binds the files, `rows` for the limits, `schema`
//! for what a row says, `local` and `remote` for where the files come from.

mod latest;
mod local;
mod manifest;
mod newest;
mod remote;
mod rows;
mod schema;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use md5::Md5;
use reseal_core::ports::SCRATCH_PREFIX;
use reseal_core::{BucketName, Cursor, ObjectKey, SourceRow, SourceSpec, escape_control};
use sha2::Digest as _;
use tokio::task::yield_now;

use super::files::{Stamp, hex};
use super::{Batch, Pulled, Source, SourceError};
use crate::cloud::Cloud;
pub(crate) use latest::is_report_date;
use manifest::{Listed, Manifest};
pub(crate) use newest::{Newest, newest};
use rows::{BadRow, Rows};
pub(crate) use schema::form_decoded;

/// Rows per pull, and rows between two chances for others to run.
const BATCH: u64 = 1_000;
/// Bytes read at a time.
const PIECE: usize = 256 * 1024;

/// A manifest, and where its files are.
struct Found {
    /// As the user named it.
    named: String,
    manifest: Manifest,
    /// In the manifest's order.
    paths: Vec<PathBuf>,
}

/// A report that was verified to its last row.
#[derive(Clone, Debug)]
pub struct Report {
    spec: SourceSpec,
    manifest: Arc<Manifest>,
    files: Arc<[Stored]>,
}

/// A data file that was verified.
#[derive(Debug)]
struct Stored {
    path: PathBuf,
    stamp: Stamp,
    rows: u64,
}

impl Report {
    /// Finds and verifies a report on this machine.
    ///
    /// # Errors
    /// Naming the file and the row.
    pub async fn on_disk(manifest: &Path) -> Result<Self, SourceError> {
        Self::verify(local::find(manifest)?).await
    }

    /// Fetches and verifies a report on S3.
    ///
    /// # Errors
    /// Naming the file and the row.
    pub(crate) async fn on_s3(
        cloud: &Cloud,
        bucket: &BucketName,
        key: &ObjectKey,
        spool: &Path,
    ) -> Result<Self, SourceError> {
        Self::verify(remote::fetch(cloud, bucket, key, spool).await?).await
    }

    /// The newest one below the folder of an inventory configuration.
    ///
    /// # Errors
    /// When there is none, and as [`on_s3`](Self::on_s3).
    pub(crate) async fn latest_on_s3(
        cloud: &Cloud,
        bucket: &BucketName,
        folder: &str,
        spool: &Path,
    ) -> Result<Self, SourceError> {
        let key = latest::latest(cloud, bucket, folder).await?;
        Self::on_s3(cloud, bucket, &key, spool).await
    }

    /// The bucket that it is about.
    pub fn bucket(&self) -> &BucketName {
        &self.manifest.bucket
    }

    /// How it is frozen in the job.
    pub fn spec(&self) -> &SourceSpec {
        &self.spec
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        let SourceSpec::Inventory { manifest, bucket, created_at, .. } = &self.spec else {
            return String::new();
        };
        let rows: u64 = self.files.iter().map(|file| file.rows).sum();
        let (manifest, files) = (escape_control(manifest), self.files.len());
        format!("{manifest}, inventory of {bucket} at {created_at}, {rows} rows in {files} files")
    }

    /// Ready to be pulled.
    pub fn open(self) -> ReportSource {
        ReportSource { report: self, open: Mutex::default() }
    }

    async fn verify(found: Found) -> Result<Self, SourceError> {
        let Found { named, manifest, paths } = found;
        let manifest = Arc::new(manifest);
        let mut files = Vec::new();
        for (listed, path) in manifest.files.iter().zip(paths) {
            files.push(verified(&manifest, listed, path).await?);
        }
        let spec = SourceSpec::Inventory {
            manifest: named,
            digest: manifest.digest.clone(),
            bucket: manifest.bucket.clone(),
            created_at: manifest.created_at,
        };
        Ok(Self { spec, manifest, files: files.into() })
    }

    /// The file, if it is still the one that was verified.
    fn file(&self, index: usize, stored: &Stored) -> Result<File, SourceError> {
        let key = &self.manifest.files[index].key;
        let file = File::open(&stored.path).map_err(|error| refused(key, error.to_string()))?;
        match Stamp::of(&file) {
            Ok(stamp) if stamp == stored.stamp => Ok(file),
            _ => Err(SourceError::Changed { file: escape_control(key) }),
        }
    }
}

/// Something wrong with a file or the manifest, for the user.
fn refused(file: &str, what: impl Into<String>) -> SourceError {
    let (file, what) = (escape_control(file), escape_control(&what.into()));
    SourceError::Report { file, row: None, what }
}

fn bad_row(file: &str, bad: &BadRow) -> SourceError {
    let (file, what) = (escape_control(file), escape_control(&bad.what));
    SourceError::Report { file, row: Some(bad.row), what }
}

fn differs(file: &str, listed: &Listed, size: u64, md5: &str) -> SourceError {
    let Listed { size: said, md5: says, .. } = listed;
    if size == *said {
        refused(file, format!("its MD5 is {md5}, the manifest says {says}"))
    } else {
        refused(file, format!("it has {size} bytes, the manifest says {said}"))
    }
}

/// Size and MD5 first, so that nothing is decompressed that the manifest
/// doesn't vouch for; then every row.
async fn verified(
    manifest: &Arc<Manifest>,
    listed: &Listed,
    path: PathBuf,
) -> Result<Stored, SourceError> {
    let io = |error: io::Error| refused(&listed.key, format!("{}: {error}", path.display()));
    let mut file = File::open(&path).map_err(io)?;
    let stamp = Stamp::of(&file).map_err(io)?;
    if stamp.length() != listed.size {
        return Err(differs(&listed.key, listed, stamp.length(), ""));
    }
    let digest = md5_of(&mut file).await.map_err(io)?;
    if digest != listed.md5 {
        return Err(differs(&listed.key, listed, listed.size, &digest));
    }
    let mut rows = Rows::open(manifest, File::open(&path).map_err(io)?, listed.size);
    while rows.next().map_err(|bad| bad_row(&listed.key, &bad))?.is_some() {
        if rows.read().is_multiple_of(BATCH) {
            yield_now().await;
        }
    }
    let rows = rows.read();
    Ok(Stored { path, stamp, rows })
}

async fn md5_of(file: &mut File) -> io::Result<String> {
    let mut md5 = Md5::new();
    let mut buffer = vec![0; PIECE];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&md5.finalize())),
            read => md5.update(&buffer[..read]),
        }
        yield_now().await;
    }
}

/// A place in a report: a file by its index, and how many of its rows are
/// behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    file: usize,
    row: u64,
}

impl Place {
    fn parse(cursor: &Cursor) -> Option<Self> {
        if cursor.0.is_empty() {
            return Some(Self { file: 0, row: 0 });
        }
        let (file, row) = cursor.0.split_once(':')?;
        Some(Self { file: file.parse().ok()?, row: row.parse().ok()? })
    }

    fn cursor(self) -> Cursor {
        Cursor(format!("{}:{}", self.file, self.row))
    }
}

/// A report that is being pulled. It keeps its place between pulls; from any
/// other place it reads the file anew from its beginning, since gzip can't be
/// entered in the middle.
pub struct ReportSource {
    report: Report,
    open: Mutex<Option<(usize, Rows)>>,
}

impl ReportSource {
    /// The rows from this place on; `None` behind the last file.
    async fn rows_at(&self, place: Place) -> Result<Option<Rows>, SourceError> {
        let Some(stored) = self.report.files.get(place.file) else { return Ok(None) };
        let file = self.report.file(place.file, stored)?;
        let kept = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((index, rows)) = kept
            && (Place { file: index, row: rows.read() }) == place
        {
            return Ok(Some(rows));
        }
        let size = stored.stamp.length();
        let mut rows = Rows::open(&self.report.manifest, file, size);
        while rows.read() < place.row {
            if !rows.skip().map_err(|bad| self.bad(place.file, &bad))? {
                return Err(SourceError::Cursor(place.cursor().0));
            }
            if rows.read().is_multiple_of(BATCH) {
                yield_now().await;
            }
        }
        Ok(Some(rows))
    }

    fn bad(&self, file: usize, bad: &BadRow) -> SourceError {
        bad_row(&self.report.manifest.files[file].key, bad)
    }

    /// Objects of the probe are no business of a job.
    fn pulled(&self, row: SourceRow, place: Place) -> Option<Pulled> {
        let ours = !row.key.as_str().starts_with(SCRATCH_PREFIX);
        ours.then(|| Pulled { bucket: self.report.bucket().clone(), row, after: place.cursor() })
    }
}

#[async_trait]
impl Source for ReportSource {
    fn spec(&self) -> &SourceSpec {
        self.report.spec()
    }

    async fn pull(&self, from: &Cursor) -> Result<Batch, SourceError> {
        let place = Place::parse(from).ok_or_else(|| SourceError::Cursor(from.0.clone()))?;
        let Some(mut open) = self.rows_at(place).await? else { return Ok(Batch::default()) };
        let mut rows = Vec::new();
        let end = place.row.saturating_add(BATCH);
        while open.read() < end {
            let Some(row) = open.next().map_err(|bad| self.bad(place.file, &bad))? else {
                let next = Place { file: place.file + 1, row: 0 };
                return Ok(Batch { rows, next: Some(next.cursor()) });
            };
            rows.extend(self.pulled(row, Place { row: open.read(), ..place }));
        }
        let next = Place { row: open.read(), ..place }.cursor();
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some((place.file, open));
        yield_now().await;
        Ok(Batch { rows, next: Some(next) })
    }

    /// The digests bind the report, so two who cut it cut it alike.
    fn cursor_after(&self, _row: &SourceRow) -> Option<Cursor> {
        None
    }
}
