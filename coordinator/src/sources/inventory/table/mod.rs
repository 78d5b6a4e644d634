//! What Parquet and ORC reports share: columns by name, each with a type of
//! its own, and a row at a time out of them.
//!
//! Owns: which columns are read, what the manifest says of them, what a row
//! of their values says, and the bounds of what a file may unfold to.
//! Never: knows a file's format; trusts a length that a file claims.
//! Next: `schema` for the manifest's side, `parquet` and `orc` for the files.

mod schema;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use reseal_core::{BucketKeyStatus, BucketName, EncryptionStatus, Timestamp};

use super::line::{Line, checked_bucket, checked_key};
pub(super) use schema::{Named, Spelling};

/// The longest text of a column that is read, in bytes. The longest that S3
/// writes is a key of 1,024.
pub(super) const LONGEST_TEXT: usize = 32 * 1024;
/// How much longer a file's text may be than the file, as for CSV.
const RATIO: u64 = 250;
/// So that tiny files may have any ratio.
const SLACK: u64 = 4 * 1024 * 1024;
/// What a row counts besides its text: a column of one value all over takes
/// no bytes, and yet there is an end to its rows.
const ROW: u64 = 16;

/// A column that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Bucket,
    Key,
    VersionId,
    IsLatest,
    IsDeleteMarker,
    Size,
    LastModified,
    ETag,
    StorageClass,
    EncryptionStatus,
    BucketKeyStatus,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Truth,
    Whole,
    Time,
}

impl Column {
    /// In the order of their discriminants.
    pub(super) const ALL: [Self; 11] = [
        Self::Bucket,
        Self::Key,
        Self::VersionId,
        Self::IsLatest,
        Self::IsDeleteMarker,
        Self::Size,
        Self::LastModified,
        Self::ETag,
        Self::StorageClass,
        Self::EncryptionStatus,
        Self::BucketKeyStatus,
    ];

    /// As S3 names it in ORC and Parquet.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bucket => "bucket",
            Self::Key => "key",
            Self::VersionId => "version_id",
            Self::IsLatest => "is_latest",
            Self::IsDeleteMarker => "is_delete_marker",
            Self::Size => "size",
            Self::LastModified => "last_modified_date",
            Self::ETag => "e_tag",
            Self::StorageClass => "storage_class",
            Self::EncryptionStatus => "encryption_status",
            Self::BucketKeyStatus => "bucket_key_status",
        }
    }

    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::IsLatest | Self::IsDeleteMarker => Kind::Truth,
            Self::Size => Kind::Whole,
            Self::LastModified => Kind::Time,
            _ => Kind::Text,
        }
    }
}

/// A value of a row; nulls are `None` outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// Not checked yet.
    Bytes(&'a [u8]),
    Text(&'a str),
    Truth(bool),
    Whole(i64),
    /// Milliseconds since 1970 in UTC.
    Time(i64),
}

/// A file's rows, each of them a value for each column that is read.
pub(super) trait Table {
    /// Passes on to the next row; false at the end.
    ///
    /// # Errors
    /// What is wrong with that row or what holds it.
    fn advance(&mut self) -> Result<bool, String>;

    /// What stands in a column of the row that was passed on to last.
    fn value(&self, column: Column) -> Option<Value<'_>>;

    /// Passes over as many rows as cost nothing, at most so many; how many.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    fn leap(&mut self, rows: u64) -> Result<u64, String>;
}

/// What the row says that a table stands at.
///
/// # Errors
/// In one line, what is wrong with it.
pub(super) fn line<'a>(
    table: &'a impl Table,
    named: Named,
    bucket: &BucketName,
) -> Result<Line<'a>, String> {
    let text = |column: Column| text_in(table, named, column);
    let told = |column: Column| Ok::<_, String>(text(column)?.filter(|text| !text.is_empty()));
    checked_bucket(text(Column::Bucket)?.unwrap_or_default(), bucket)?;
    let version = text(Column::VersionId)?;
    Ok(Line {
        key: checked_key(text(Column::Key)?.unwrap_or_default())?,
        version: named.has(Column::VersionId).then(|| version.unwrap_or_default()),
        is_latest: truth_in(table, named, Column::IsLatest)?.unwrap_or(true),
        is_delete_marker: truth_in(table, named, Column::IsDeleteMarker)?.unwrap_or(false),
        size: match table.value(Column::Size) {
            Some(Value::Whole(size)) => {
                Some(u64::try_from(size).map_err(|_| format!("size '{size}' is below 0"))?)
            }
            _ => None,
        },
        last_modified: match table.value(Column::LastModified) {
            Some(Value::Time(millis)) => Some(Timestamp::from_millis(millis)),
            _ => None,
        },
        etag: told(Column::ETag)?,
        storage_class: told(Column::StorageClass)?,
        // Words that S3 will add are no hint, and HEAD knows better.
        encryption_status: told(Column::EncryptionStatus)?.and_then(EncryptionStatus::parse),
        bucket_key_status: told(Column::BucketKeyStatus)?.and_then(BucketKeyStatus::parse),
    })
}

fn text_in(table: &impl Table, named: Named, column: Column) -> Result<Option<&str>, String> {
    if !named.has(column) {
        return Ok(None);
    }
    match table.value(column) {
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(Value::Bytes(bytes)) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(format!("{} is not UTF-8", column.name())),
        },
        _ => Ok(None),
    }
}

/// A version of which it isn't told whether it is the latest may be acted on
/// wrongly: so where the column is there, each row says it.
fn truth_in(table: &impl Table, named: Named, column: Column) -> Result<Option<bool>, String> {
    match table.value(column) {
        Some(Value::Truth(truth)) => Ok(Some(truth)),
        _ if named.has(column) => Err(format!("{} is null", column.name())),
        _ => Ok(None),
    }
}

/// What a file may still unfold to.
#[derive(Debug)]
pub(super) struct Bound {
    left: u64,
}

/// The most bytes that a file of so many unfolds to.
pub(super) fn most_of(size: u64) -> u64 {
    size.saturating_mul(RATIO).saturating_add(SLACK)
}

impl Bound {
    /// Of a file of so many bytes.
    pub(super) fn of(size: u64) -> Self {
        Self { left: most_of(size) }
    }

    /// Takes a row and its text.
    pub(super) fn take(&mut self, line: &Line<'_>) -> Result<(), String> {
        let Line { key, version, etag, storage_class, .. } = line;
        let texts = [Some(*key), *version, *etag, *storage_class];
        let bytes: usize = texts.into_iter().flatten().map(str::len).sum();
        match self.left.checked_sub(bytes as u64 + ROW) {
            Some(left) => self.left = left,
            None => return Err(format!("more than {RATIO} times as long as the file: a bomb?")),
        }
        Ok(())
    }
}

/// Reads `bytes.len()` bytes of a file from a place on.
///
/// # Errors
/// When the file ends before, or can't be read.
pub(super) fn read_at(mut file: &File, at: u64, bytes: &mut [u8]) -> Result<(), String> {
    let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(bytes));
    read.map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => "the file is cut short".to_owned(),
        _ => error.to_string(),
    })
}

/// Whether no two of these parts of a file, from and to, have a byte in common,
/// in whatever order: a byte that is in one of them only is unpacked once.
pub(super) fn are_disjoint(mut parts: Vec<(u64, u64)>) -> bool {
    parts.retain(|(from, to)| from < to);
    parts.sort_unstable();
    parts.windows(2).all(|pair| pair[0].1 <= pair[1].0)
}

/// What a decoder has to complain about.
pub(super) fn odd<T>(what: impl Into<Cow<'static, str>>) -> Result<T, String> {
    Err(what.into().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_disjoint_in_whatever_order() {
        for parts in [&[][..], &[(3, 9)], &[(9, 12), (3, 9)], &[(3, 9), (5, 5), (9, 12)]] {
            assert!(are_disjoint(parts.to_vec()), "{parts:?}");
        }
        for parts in [&[(3, 9), (3, 9)], &[(3, 9), (8, 12)], &[(8, 12), (3, 9)], &[(3, 9), (4, 5)]]
        {
            assert!(!are_disjoint(parts.to_vec()), "{parts:?}");
        }
    }
}
