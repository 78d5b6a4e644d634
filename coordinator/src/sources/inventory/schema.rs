//! The columns of a CSV report, and what a row of them says.

use std::collections::BTreeSet;

use reseal_core::{BucketKeyStatus, BucketName, EncryptionStatus, Timestamp};

use super::line::{Line, checked_bucket, checked_key, shortened};

/// The longest key, form-encoded: three characters for each of 1,024 bytes.
const LONGEST_KEY: usize = 3 * 1024;
/// The longest field of any column. The longest that S3 writes is an access
/// control list: a hundred grants, in base64.
const LONGEST_FIELD: usize = 32 * 1024;

/// Where the columns are that are read; the others are let pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Schema {
    columns: usize,
    bucket: usize,
    key: usize,
    version: Option<usize>,
    is_latest: Option<usize>,
    is_delete_marker: Option<usize>,
    size: Option<usize>,
    last_modified: Option<usize>,
    etag: Option<usize>,
    storage_class: Option<usize>,
    encryption_status: Option<usize>,
    bucket_key_status: Option<usize>,
}

impl Schema {
    /// Reads a manifest's fileSchema: names in the order of the columns.
    ///
    /// # Errors
    /// When Bucket or Key is missing, or a column is there twice.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let names: Vec<&str> = text.split(',').map(str::trim).collect();
        let mut seen = BTreeSet::new();
        for name in &names {
            if !seen.insert(name) {
                return Err(format!("its fileSchema names the column '{name}' twice"));
            }
        }
        let at = |name: &str| names.iter().position(|column| *column == name);
        let needed = |name: &str| {
            at(name).ok_or_else(|| format!("its fileSchema has no column {name}: '{text}'"))
        };
        Ok(Self {
            columns: names.len(),
            bucket: needed("Bucket")?,
            key: needed("Key")?,
            version: at("VersionId"),
            is_latest: at("IsLatest"),
            is_delete_marker: at("IsDeleteMarker"),
            size: at("Size"),
            last_modified: at("LastModifiedDate"),
            etag: at("ETag"),
            storage_class: at("StorageClass"),
            encryption_status: at("EncryptionStatus"),
            bucket_key_status: at("BucketKeyStatus"),
        })
    }

    /// What a record says, which must be of this bucket. `decoded` holds its
    /// key, where that had to be decoded.
    ///
    /// # Errors
    /// In one line, what is wrong with it.
    pub(super) fn line<'a>(
        &self,
        record: &'a csv::StringRecord,
        bucket: &BucketName,
        decoded: &'a mut String,
    ) -> Result<Line<'a>, String> {
        let Self {
            columns,
            bucket: bucket_at,
            key,
            version,
            is_latest,
            is_delete_marker,
            size,
            last_modified,
            etag,
            storage_class,
            encryption_status,
            bucket_key_status,
        } = *self;
        if record.len() != columns {
            return Err(format!("{} columns, fileSchema has {columns}", record.len()));
        }
        // No field is longer than its row.
        if record.as_slice().len() > LONGEST_FIELD
            && record.iter().any(|field| field.len() > LONGEST_FIELD)
        {
            return Err(format!("a field longer than {LONGEST_FIELD} bytes"));
        }
        let field = |at: usize| record.get(at).unwrap_or_default();
        let told = |at: Option<usize>| at.map(field).filter(|text| !text.is_empty());
        checked_bucket(field(bucket_at), bucket)?;
        Ok(Line {
            version: version.map(field),
            is_latest: truth("IsLatest", is_latest.map(field))?.unwrap_or(true),
            is_delete_marker: truth("IsDeleteMarker", is_delete_marker.map(field))?
                .unwrap_or(false),
            size: parsed("Size", "a count of bytes", told(size), |text| text.parse().ok())?,
            last_modified: parsed(
                "LastModifiedDate",
                "a time",
                told(last_modified),
                Timestamp::parse_rfc3339,
            )?,
            etag: told(etag),
            storage_class: told(storage_class),
            // Words that S3 will add are no hint, and HEAD knows better.
            encryption_status: told(encryption_status).and_then(EncryptionStatus::parse),
            bucket_key_status: told(bucket_key_status).and_then(BucketKeyStatus::parse),
            key: decoded_key(field(key), decoded)?,
        })
    }
}

fn truth(column: &str, text: Option<&str>) -> Result<Option<bool>, String> {
    parsed(column, "true or false", text, |text| text.parse().ok())
}

fn parsed<T>(
    column: &str,
    wanted: &str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, String> {
    let Some(text) = text else { return Ok(None) };
    match parse(text) {
        Some(value) => Ok(Some(value)),
        None => Err(format!("{column} '{}' is not {wanted}", shortened(text))),
    }
}

fn decoded_key<'a>(field: &'a str, decoded: &'a mut String) -> Result<&'a str, String> {
    if field.len() > LONGEST_KEY {
        return Err(format!("a Key of {} bytes, more than any has", field.len()));
    }
    if !field.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return checked_key(field);
    }
    form_decode(field, decoded)?;
    checked_key(decoded)
}

/// [`form_decode`] into a text of its own.
pub(crate) fn form_decoded(text: &str) -> Result<String, String> {
    let mut decoded = String::new();
    form_decode(text, &mut decoded)?;
    Ok(decoded)
}

/// The key as S3 holds it, decoded exactly once. A `%` that begins no escape
/// says that the key wasn't encoded: another object would be addressed.
fn form_decode(text: &str, into: &mut String) -> Result<(), String> {
    let mut decoded = std::mem::take(into).into_bytes();
    decoded.clear();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => match (bytes.next().and_then(digit), bytes.next().and_then(digit)) {
                (Some(high), Some(low)) => high * 16 + low,
                _ => return Err(format!("the Key '{}' isn't form-encoded", shortened(text))),
            },
            plain => plain,
        });
    }
    let decoded = String::from_utf8(decoded);
    *into = decoded.map_err(|_| format!("the Key '{}' isn't UTF-8", shortened(text)))?;
    Ok(())
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
