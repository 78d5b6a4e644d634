//! The rows of one data file: gzip, then CSV, each of them bounded.
//!
//! The file's MD5 says that it is what the manifest's author wrote, not that
//! the author meant well: so neither a row nor the whole may grow at will.

use std::fs::File;
use std::io::{self, BufReader, Read, Take};
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;
use reseal_core::SourceRow;

use super::manifest::Manifest;

/// The longest row. A key of 1,024 bytes in form encoding and a long access
/// control list don't come near it; an open quote swallows no more.
const LONGEST_ROW: u64 = 64 * 1024;
/// What the CSV reader takes at a time, beyond the record that it is at.
const READ_AHEAD: u64 = 32 * 1024;
/// How much longer the text may be than the file. DEFLATE ends at 1,032; keys
/// that count up, with all else the same, come to about 50.
const RATIO: u64 = 250;
/// So that tiny files may have any ratio.
const SLACK: u64 = 4 * 1024 * 1024;

type Text = Take<Bounded<MultiGzDecoder<BufReader<File>>>>;

/// Reads row after row of a file.
pub(super) struct Rows {
    manifest: Arc<Manifest>,
    reader: csv::Reader<Text>,
    record: csv::StringRecord,
    /// Rows behind us.
    read: u64,
}

/// What is wrong with which row, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadRow {
    pub(super) row: u64,
    pub(super) what: String,
}

impl Rows {
    /// From a file's first row on. `size` is the file's, in bytes.
    pub(super) fn open(manifest: &Arc<Manifest>, file: File, size: u64) -> Self {
        let left = size.saturating_mul(RATIO).saturating_add(SLACK);
        let text = Bounded {
            inner: MultiGzDecoder::new(BufReader::with_capacity(READ_AHEAD as usize, file)),
            left,
        };
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(READ_AHEAD as usize)
            .from_reader(text.take(0));
        Self { manifest: Arc::clone(manifest), reader, record: csv::StringRecord::new(), read: 0 }
    }

    /// Rows behind us.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// The next row; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<SourceRow>, BadRow> {
        if !self.skip()? {
            return Ok(None);
        }
        let Manifest { schema, bucket, .. } = self.manifest.as_ref();
        let row = schema.row(&self.record, bucket);
        row.map(Some).map_err(|what| BadRow { row: self.read, what })
    }

    /// Passes over the next row; false at the end.
    pub(super) fn skip(&mut self) -> Result<bool, BadRow> {
        let bad = |what: String| Err(BadRow { row: self.read + 1, what });
        // What may be read for this record; what was read ahead comes on top.
        self.reader.get_mut().set_limit(LONGEST_ROW + READ_AHEAD);
        let found = self.reader.read_record(&mut self.record);
        match found {
            Err(error) => bad(text_of(&error)),
            Ok(_) if self.reader.get_ref().limit() == 0 => {
                bad(format!("longer than {LONGEST_ROW} bytes: is a quote left open?"))
            }
            Ok(false) => Ok(false),
            Ok(true) => {
                self.read += 1;
                Ok(true)
            }
        }
    }
}

fn text_of(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the gzip stream is cut short".to_owned()
        }
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    }
}

/// Fails at the first byte over a limit.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => {
                let what = format!("more than {RATIO} times as long as the file: a gzip bomb?");
                return Err(io::Error::other(what));
            }
        }
        Ok(read)
    }
}
