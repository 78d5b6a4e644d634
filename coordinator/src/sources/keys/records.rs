//! The records of a key list, from any place on.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Take};

use reseal_core::{BucketName, Cursor, ObjectKey, SourceRow, VersionId};
use serde::Deserialize;

use crate::sources::{Pulled, SourceError};

/// The longest record: a key of 1,024 bytes in JSON, every byte escaped, with
/// a version and room to spare. Keeps an open quote from swallowing the file.
const LONGEST: u64 = 32 * 1024;
/// What a reader may take beyond the record it is at.
const READ_AHEAD: u64 = 8 * 1024;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// How the list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Ndjson,
}

/// A place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Bytes from the beginning.
    pub(super) byte: u64,
    /// Line, from 1.
    pub(super) line: u64,
}

impl Place {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (byte, line) = text.split_once(':')?;
        Some(Self { byte: byte.parse().ok()?, line: line.parse().ok()? })
    }

    fn cursor(self) -> Cursor {
        Cursor(format!("{}:{}", self.byte, self.line))
    }

    /// Where a reader that began here stands. Saturating: a cursor may come
    /// from anybody, and no file has that many lines.
    fn after(self, read: &csv::Position) -> Self {
        let line = self.line.saturating_add(read.line()).saturating_sub(1);
        Self { byte: self.byte.saturating_add(read.byte()), line }
    }
}

impl Format {
    /// Tells by the first character, and where the first row begins: after a
    /// byte-order mark and a header line, where there are any.
    pub(super) fn detect(named: &str, file: &mut File) -> Result<(Self, Place), SourceError> {
        let io = |error| SourceError::File { file: named.to_owned(), error };
        file.seek(SeekFrom::Start(0)).map_err(io)?;
        let mut head = Vec::new();
        file.take(LONGEST).read_to_end(&mut head).map_err(io)?;
        let byte = if head.starts_with(BOM) { BOM.len() } else { 0 };
        let mut place = Place { byte: byte as u64, line: 1 };
        let text = &head[byte..];
        let first = text.iter().find(|b| !b.is_ascii_whitespace());
        if first == Some(&b'{') {
            return Ok((Self::Ndjson, place));
        }
        let header = text.split(|b| *b == b'\n').next().unwrap_or_default();
        if is_header(header) {
            let line_end = u64::from(header.len() < text.len());
            place = Place { byte: place.byte + header.len() as u64 + line_end, line: 2 };
        }
        Ok((Self::Csv, place))
    }
}

fn is_header(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line).to_ascii_lowercase();
    let columns: Vec<&str> =
        line.trim().split(',').map(|column| column.trim().trim_matches('"')).collect();
    matches!(
        columns.as_slice(),
        ["bucket", "key"] | ["bucket", "key", "version" | "version_id" | "versionid"]
    )
}

/// Reads record after record.
pub(super) struct Records<'a> {
    named: &'a str,
    reader: Reader,
}

enum Reader {
    Csv { reader: csv::Reader<Take<File>>, base: Place, record: csv::StringRecord },
    Ndjson { reader: BufReader<File>, place: Place, line: Vec<u8> },
}

/// One line of NDJSON. Unknown fields are refused: a mistyped `version` would
/// otherwise address another version than was meant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    bucket: String,
    key: String,
    #[serde(default, alias = "version_id")]
    version: Option<String>,
}

impl<'a> Records<'a> {
    pub(super) fn open(
        named: &'a str,
        mut file: File,
        format: Format,
        place: Place,
    ) -> Result<Self, SourceError> {
        file.seek(SeekFrom::Start(place.byte))
            .map_err(|error| SourceError::File { file: named.to_owned(), error })?;
        let reader = match format {
            Format::Csv => {
                let reader = csv::ReaderBuilder::new()
                    .has_headers(false)
                    .flexible(true)
                    .buffer_capacity(READ_AHEAD as usize)
                    .from_reader(file.take(0));
                Reader::Csv { reader, base: place, record: csv::StringRecord::new() }
            }
            Format::Ndjson => {
                Reader::Ndjson { reader: BufReader::new(file), place, line: Vec::new() }
            }
        };
        Ok(Self { named, reader })
    }

    /// The next row; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Pulled>, SourceError> {
        match &mut self.reader {
            Reader::Csv { reader, base, record } => next_csv(self.named, reader, *base, record),
            Reader::Ndjson { reader, place, line } => next_json(self.named, reader, place, line),
        }
    }
}

fn next_csv(
    named: &str,
    reader: &mut csv::Reader<Take<File>>,
    base: Place,
    record: &mut csv::StringRecord,
) -> Result<Option<Pulled>, SourceError> {
    // What may be read for this record; what was read ahead comes on top.
    reader.get_mut().set_limit(LONGEST);
    let before = reader.position().clone();
    let found = reader.read_record(record);
    let line = base.after(record.position().unwrap_or(&before)).line;
    let malformed = |what: &str| malformed(named, line, what);
    match found {
        Ok(_) if reader.get_ref().limit() == 0 => {
            return Err(malformed(&format!("longer than {LONGEST} bytes: is a quote left open?")));
        }
        Ok(false) => return Ok(None),
        Ok(true) => {}
        Err(error) => return Err(malformed(&csv_error(&error))),
    }
    let place = base.after(reader.position());
    let (bucket, key, version) = match record.iter().collect::<Vec<_>>().as_slice() {
        [bucket, key] => (*bucket, *key, None),
        [bucket, key, ""] => (*bucket, *key, None),
        [bucket, key, version] => (*bucket, *key, Some(*version)),
        other => {
            let what = format!("{} fields instead of bucket,key[,version]", other.len());
            return Err(malformed(&what));
        }
    };
    pulled(bucket, key, version, place).map(Some).map_err(|what| malformed(&what))
}

fn csv_error(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

fn next_json(
    named: &str,
    reader: &mut BufReader<File>,
    place: &mut Place,
    line: &mut Vec<u8>,
) -> Result<Option<Pulled>, SourceError> {
    loop {
        line.clear();
        let read = reader.by_ref().take(LONGEST + 1).read_until(b'\n', line);
        let read =
            read.map_err(|error| SourceError::File { file: named.to_owned(), error })? as u64;
        if read == 0 {
            return Ok(None);
        }
        let number = place.line;
        if read > LONGEST {
            return Err(malformed(named, number, &format!("longer than {LONGEST} bytes")));
        }
        *place = Place { byte: place.byte.saturating_add(read), line: number.saturating_add(1) };
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let parsed: Line = serde_json::from_slice(line)
            .map_err(|error| malformed(named, number, &json_error(&error)))?;
        let version = parsed.version.as_deref().filter(|version| !version.is_empty());
        return pulled(&parsed.bucket, &parsed.key, version, *place)
            .map(Some)
            .map_err(|what| malformed(named, number, &what));
    }
}

/// serde's message without its own line number, which is always 1.
fn json_error(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    format!("not an object with bucket, key and perhaps version: {what}")
}

fn pulled(bucket: &str, key: &str, version: Option<&str>, place: Place) -> Result<Pulled, String> {
    let bucket: BucketName = bucket.parse().map_err(|e| format!("{e}"))?;
    let key = ObjectKey::new(key).map_err(|e| e.to_string())?;
    let row = SourceRow { version: version.map(VersionId::new), ..SourceRow::of_key(key) };
    Ok(Pulled { bucket, row, after: place.cursor() })
}

fn malformed(named: &str, line: u64, what: &str) -> SourceError {
    let what = reseal_core::escape_control(what);
    SourceError::Malformed { file: named.to_owned(), line, what }
}
