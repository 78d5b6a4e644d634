//! What a row of a report says, whatever format it stands in.

use reseal_core::{
    BucketKeyStatus, BucketName, ETag, EncryptionStatus, ObjectKey, SourceRow, StorageClass,
    Timestamp, VersionId,
};

/// The longest key that S3 holds, in bytes.
const LONGEST_KEY: usize = 1024;

/// A row that was checked. It borrows from its reader, so that rows which are
/// only counted cost no memory of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// As S3 holds it.
    pub(crate) key: &'a str,
    /// Empty for the version `null`; `None` where no versions are told.
    pub(crate) version: Option<&'a str>,
    pub(crate) is_latest: bool,
    pub(crate) is_delete_marker: bool,
    /// Bytes.
    pub(crate) size: Option<u64>,
    pub(crate) last_modified: Option<Timestamp>,
    pub(crate) etag: Option<&'a str>,
    pub(crate) storage_class: Option<&'a str>,
    pub(crate) encryption_status: Option<EncryptionStatus>,
    pub(crate) bucket_key_status: Option<BucketKeyStatus>,
}

impl Line<'_> {
    /// As sources give it.
    ///
    /// # Errors
    /// When no object can have such a key.
    pub(super) fn row(&self) -> Result<SourceRow, String> {
        let Self {
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
        Ok(SourceRow {
            key: ObjectKey::new(key).map_err(|error| error.to_string())?,
            // Of objects written without versioning nothing is told.
            version: version.map(|id| match id {
                "" => VersionId::null(),
                id => VersionId::new(id),
            }),
            is_latest,
            is_delete_marker,
            size,
            last_modified,
            etag: etag.map(ETag::new),
            storage_class: storage_class.map(StorageClass::new),
            encryption_status,
            bucket_key_status,
        })
    }
}

/// # Errors
/// When no object can have this key.
pub(super) fn checked_key(key: &str) -> Result<&str, String> {
    if (1..=LONGEST_KEY).contains(&key.len()) {
        return Ok(key);
    }
    // In the words of the type that keys have elsewhere.
    match ObjectKey::new(key) {
        Ok(_) => Err(format!("a Key of {} bytes", key.len())),
        Err(error) => Err(error.to_string()),
    }
}

/// # Errors
/// When the row is about another bucket than the report.
pub(super) fn checked_bucket(found: &str, bucket: &BucketName) -> Result<(), String> {
    if found == bucket.as_str() {
        return Ok(());
    }
    Err(format!("its bucket is '{}', the report is about {bucket}", shortened(found)))
}

/// What fits a line.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}
