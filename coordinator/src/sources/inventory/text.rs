//! The rows of a CSV file: gzip, then CSV, each of them bounded.
//!
//! The file's MD5 says that it is what the manifest's author wrote, not that
//! the author meant well: so neither a row nor the whole may grow at will.

use std::fs::File;
use std::io::{self, BufReader, Read, Take};

use flate2::bufread::MultiGzDecoder;
use md5::Md5;
use reseal_core::BucketName;
use sha2::Digest as _;

use super::line::Line;
use super::schema::Schema;
use crate::sources::files::hex;

/// The longest row. A key of 1,024 bytes in form encoding and a long access
/// control list don't come near it; an open quote swallows no more.
const LONGEST_ROW: u64 = 64 * 1024;
/// What the CSV reader takes at a time, beyond the record that it is at.
const READ_AHEAD: u64 = 32 * 1024;
/// What is read of the file at a time.
const PIECE: usize = 128 * 1024;
/// How much longer the text may be than the file. DEFLATE ends at 1,032; keys
/// that count up, with all else the same, come to about 50.
const RATIO: u64 = 250;
/// So that tiny files may have any ratio.
const SLACK: u64 = 4 * 1024 * 1024;

type Text = Take<Bounded<MultiGzDecoder<BufReader<Hashed>>>>;

/// Reads row after row of a file.
pub(super) struct CsvFile {
    reader: csv::Reader<Text>,
    record: csv::StringRecord,
    /// The key of the row, where it had to be decoded.
    decoded: String,
}

impl CsvFile {
    /// A file of so many bytes, before its first row.
    pub(super) fn open(file: File, size: u64) -> Self {
        let left = size.saturating_mul(RATIO).saturating_add(SLACK);
        let file = BufReader::with_capacity(PIECE, Hashed { file, md5: Md5::new() });
        let text = Bounded { inner: MultiGzDecoder::new(file), left };
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(READ_AHEAD as usize)
            .from_reader(text.take(0));
        Self { reader, record: csv::StringRecord::new(), decoded: String::new() }
    }

    /// Passes on to the next row; false at the end.
    pub(super) fn advance(&mut self) -> Result<bool, String> {
        // What may be read for this record; what was read ahead comes on top.
        self.reader.get_mut().set_limit(LONGEST_ROW + READ_AHEAD);
        let found = self.reader.read_record(&mut self.record);
        match found {
            Err(error) => Err(text_of(&error)),
            Ok(_) if self.reader.get_ref().limit() == 0 => {
                Err(format!("longer than {LONGEST_ROW} bytes: is a quote left open?"))
            }
            Ok(found) => Ok(found),
        }
    }

    /// What the row says that was passed on to last.
    pub(super) fn line(
        &mut self,
        schema: &Schema,
        bucket: &BucketName,
    ) -> Result<Line<'_>, String> {
        schema.line(&self.record, bucket, &mut self.decoded)
    }

    /// The MD5 of the whole file, whatever of it the rows took.
    ///
    /// # Errors
    /// When it can't be read.
    pub(super) fn md5(mut self) -> io::Result<String> {
        let file = self.reader.get_mut().get_mut().inner.get_mut();
        io::copy(file, &mut io::sink())?;
        Ok(hex(&std::mem::take(&mut file.get_mut().md5).finalize()))
    }
}

/// Takes the MD5 of what is read.
struct Hashed {
    file: File,
    md5: Md5,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.md5.update(&buffer[..read]);
        Ok(read)
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
