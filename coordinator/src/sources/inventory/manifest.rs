//! manifest.json: what it says, read strictly.

use std::collections::BTreeSet;

use md5::Md5;
use reseal_core::{BucketName, Timestamp};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::line::shortened;
use super::schema::Schema;
use super::table::{Named, Spelling};
use crate::sources::files::hex;

/// The most bytes a manifest may have: room for 100,000 files.
pub(super) const LONGEST_MANIFEST: u64 = 32 * 1024 * 1024;
/// The most bytes of a checksum file, which holds 32 digits.
pub(super) const LONGEST_CHECKSUM: u64 = 1024;
/// The only version of manifests that there is, by S3's user guide.
const VERSION: &str = "2016-11-30";

/// A manifest that was checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    /// SHA-256 of its bytes.
    pub(super) digest: String,
    /// The bucket that the report is about.
    pub(super) bucket: BucketName,
    /// The bucket that the report was delivered to.
    pub(super) destination: BucketName,
    pub(super) created_at: Timestamp,
    pub(super) layout: Layout,
    pub(super) files: Vec<Listed>,
}

/// How the data files hold their rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Csv(Schema),
    Parquet(Named),
    Orc(Named),
}

impl Layout {
    /// # Errors
    /// When the format isn't read, or the schema not understood.
    fn read(format: &str, schema: &str) -> Result<Self, String> {
        match format {
            "CSV" => Schema::parse(schema).map(Self::Csv),
            "Parquet" => Named::parse(schema, Spelling::Message).map(Self::Parquet),
            "ORC" => Named::parse(schema, Spelling::Struct).map(Self::Orc),
            other => Err(format!("its fileFormat '{}' isn't known", shortened(other))),
        }
    }

    /// Whether who reads a file's rows has read all of its bytes, in order.
    pub(super) fn is_read_end_to_end(&self) -> bool {
        matches!(self, Self::Csv(_))
    }

    /// How the names of data files end.
    pub(super) fn suffix(&self) -> &'static str {
        match self {
            Self::Csv(_) => "csv.gz",
            Self::Parquet(_) => "parquet",
            Self::Orc(_) => "orc",
        }
    }
}

/// A data file as the manifest lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) key: String,
    /// Bytes, compressed.
    pub(super) size: u64,
    /// In lower case.
    pub(super) md5: String,
}

/// As S3 writes it. What S3 may add is let pass; what is here must be there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    source_bucket: String,
    destination_bucket: String,
    version: String,
    creation_timestamp: String,
    file_format: String,
    file_schema: String,
    files: Vec<WrittenFile>,
}

#[derive(Deserialize)]
struct WrittenFile {
    key: String,
    size: u64,
    #[serde(rename = "MD5checksum")]
    md5: String,
}

impl Manifest {
    /// Reads a manifest, and holds it against the checksum that lies beside
    /// it; `None` where none does.
    ///
    /// # Errors
    /// In one line, what is wrong with it.
    pub(super) fn read(text: &[u8], checksum: Option<&[u8]>) -> Result<Self, String> {
        agrees(text, checksum)?;
        let Written {
            source_bucket,
            destination_bucket,
            version,
            creation_timestamp,
            file_format,
            file_schema,
            files,
        } = serde_json::from_slice(text).map_err(|error| format!("not a manifest: {error}"))?;
        if version != VERSION {
            return Err(format!("its version is '{version}', only {VERSION} is known"));
        }
        let created = creation_timestamp.parse().ok().filter(|millis| *millis >= 0);
        let created = created.ok_or_else(|| {
            format!("its creationTimestamp '{creation_timestamp}' isn't a count of milliseconds")
        })?;
        Ok(Self {
            digest: hex(&Sha256::digest(text)),
            bucket: source_bucket.parse().map_err(|error| format!("its sourceBucket {error}"))?,
            destination: destination(&destination_bucket)?,
            created_at: Timestamp::from_millis(created),
            layout: Layout::read(&file_format, &file_schema)?,
            files: listed(files)?,
        })
    }
}

/// S3 writes the checksum after everything else.
fn agrees(text: &[u8], checksum: Option<&[u8]>) -> Result<(), String> {
    let Some(checksum) = checksum else {
        return Err(
            "no manifest.checksum lies beside it, which S3 writes last: the report is incomplete"
                .to_owned(),
        );
    };
    let (expected, found) = (checksum.trim_ascii(), hex(&Md5::digest(text)));
    if expected.eq_ignore_ascii_case(found.as_bytes()) {
        return Ok(());
    }
    let expected = String::from_utf8_lossy(&expected[..expected.len().min(32)]).into_owned();
    Err(format!("its MD5 is {found}, manifest.checksum says '{expected}'"))
}

fn destination(arn: &str) -> Result<BucketName, String> {
    let parts: Vec<&str> = arn.split(':').collect();
    let name = match parts.as_slice() {
        ["arn", partition, "s3", "", "", name] if partition.starts_with("aws") => name.parse().ok(),
        _ => None,
    };
    name.ok_or_else(|| format!("its destinationBucket '{arn}' is not a bucket's ARN"))
}

fn listed(files: Vec<WrittenFile>) -> Result<Vec<Listed>, String> {
    let mut keys = BTreeSet::new();
    for file in &files {
        if !keys.insert(&file.key) {
            return Err(format!("it lists {} twice", file.key));
        }
        if file.md5.len() != 32 || !file.md5.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(format!("the MD5checksum of {} is not an MD5: '{}'", file.key, file.md5));
        }
        if file.key.is_empty() || file.key.len() > 1024 {
            return Err("it lists a file whose key no object can have".to_owned());
        }
    }
    let lower = |file: WrittenFile| Listed {
        md5: file.md5.to_ascii_lowercase(),
        key: file.key,
        size: file.size,
    };
    Ok(files.into_iter().map(lower).collect())
}
