//! Where objects come from, and what a source says of each.

use serde::{Deserialize, Serialize};

use crate::{BucketName, ETag, ObjectKey, ObjectRef, StorageClass, Timestamp, VersionId};

/// A place within a source from which splitting goes on. Opaque to all but
/// the source that wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// What the user named, frozen at submit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum SourceSpec {
    /// A live listing of a bucket below a prefix.
    Listing {
        /// The bucket.
        bucket: BucketName,
        /// Keys beginning so; empty for all.
        prefix: String,
    },
    /// A list of keys in a file, bound by its digest.
    Keys {
        /// As the user named it.
        path: String,
        /// SHA-256 of its bytes, in hexadecimal: another list is another job.
        digest: String,
    },
}

/// One object as its source describes it. Everything but the name is a hint:
/// the object may have changed since, and HEAD decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRow {
    /// The key.
    pub key: ObjectKey,
    /// The version, where the source names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionId>,
    /// False when the source knows that a newer version lies above it.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub is_latest: bool,
    /// True for a delete marker.
    #[serde(default, skip_serializing_if = "is_no")]
    pub is_delete_marker: bool,
    /// Bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Entity tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<ETag>,
    /// Last modified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<Timestamp>,
    /// Storage class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<StorageClass>,
}

impl SourceRow {
    /// A row that says nothing but the key.
    #[must_use]
    pub fn of_key(key: ObjectKey) -> Self {
        Self {
            key,
            version: None,
            is_latest: true,
            is_delete_marker: false,
            size: None,
            etag: None,
            last_modified: None,
            storage_class: None,
        }
    }

    /// The object that this row names.
    #[must_use]
    pub fn object(&self, bucket: &BucketName) -> ObjectRef {
        ObjectRef { bucket: bucket.clone(), key: self.key.clone(), version: self.version.clone() }
    }
}

fn yes() -> bool {
    true
}

// Signatures are serde's.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_yes(value: &bool) -> bool {
    *value
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_no(value: &bool) -> bool {
    !*value
}
