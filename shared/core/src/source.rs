//! Where objects come from, and what a source says of each.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    BucketName, ETag, JobId, ObjectKey, ObjectRef, Outcome, StorageClass, Timestamp, VersionId,
};

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
    /// An S3 Inventory report, bound by the digest of its manifest, which
    /// binds the report's files.
    Inventory {
        /// The manifest as the user named it.
        manifest: String,
        /// SHA-256 of manifest.json, in hexadecimal: another report is
        /// another job.
        digest: String,
        /// The bucket that the report is about.
        bucket: BucketName,
        /// When S3 began the report: its rows may be older than the objects.
        created_at: Timestamp,
    },
    /// Rows of another job's report, in the same ledger: a retry.
    Rows {
        /// That job, which is over.
        job: JobId,
        /// The rows that ended so.
        outcomes: BTreeSet<Outcome>,
    },
}

/// How an object was encrypted when a report was written, in S3 Inventory's
/// words. Says nothing of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EncryptionStatus {
    /// Stored in the clear.
    #[serde(rename = "NOT-SSE")]
    NotSse,
    /// SSE-S3.
    #[serde(rename = "SSE-S3")]
    SseS3,
    /// SSE-KMS.
    #[serde(rename = "SSE-KMS")]
    SseKms,
    /// DSSE-KMS.
    #[serde(rename = "DSSE-KMS")]
    DsseKms,
    /// SSE-C.
    #[serde(rename = "SSE-C")]
    SseC,
}

impl EncryptionStatus {
    /// S3 Inventory's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NotSse => "NOT-SSE",
            Self::SseS3 => "SSE-S3",
            Self::SseKms => "SSE-KMS",
            Self::DsseKms => "DSSE-KMS",
            Self::SseC => "SSE-C",
        }
    }

    /// S3 Inventory's word; `None` for one that isn't known.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "NOT-SSE" => Self::NotSse,
            "SSE-S3" => Self::SseS3,
            "SSE-KMS" => Self::SseKms,
            "DSSE-KMS" => Self::DsseKms,
            "SSE-C" => Self::SseC,
            _ => return None,
        })
    }
}

/// Whether an object used a bucket key when a report was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum BucketKeyStatus {
    /// It did.
    Enabled,
    /// It didn't.
    Disabled,
}

impl BucketKeyStatus {
    /// S3 Inventory's word; `None` for one that isn't known.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "ENABLED" => Some(Self::Enabled),
            "DISABLED" => Some(Self::Disabled),
            _ => None,
        }
    }
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
    /// Encryption type, which only reports tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_status: Option<EncryptionStatus>,
    /// Bucket-key state, which only reports tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket_key_status: Option<BucketKeyStatus>,
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
            encryption_status: None,
            bucket_key_status: None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_older_chunk_files_stay_readable_and_hints_keep_their_words() {
        let old: SourceRow = serde_json::from_str(r#"{"key":"a","size":1}"#).expect("reads");
        assert_eq!(old.encryption_status, None);
        assert_eq!(serde_json::to_string(&old).expect("writes"), r#"{"key":"a","size":1}"#);
        for word in ["NOT-SSE", "SSE-S3", "SSE-KMS", "DSSE-KMS", "SSE-C"] {
            let row = SourceRow { encryption_status: EncryptionStatus::parse(word), ..old.clone() };
            let text = serde_json::to_string(&row).expect("writes");
            assert!(text.contains(&format!("\"{word}\"")), "{text}");
            assert_eq!(serde_json::from_str::<SourceRow>(&text).expect("reads"), row);
        }
        for word in ["ENABLED", "DISABLED"] {
            let status = BucketKeyStatus::parse(word).expect("a word");
            assert_eq!(serde_json::to_string(&status).expect("writes"), format!("\"{word}\""));
        }
        assert_eq!(EncryptionStatus::parse("SSE-X"), None);
    }
}
