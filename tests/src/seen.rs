//! An object version as botocore sees it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

/// One version, or one delete marker.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Seen {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version id, `null` included.
    pub version: String,
    /// Whether it is current.
    pub is_latest: bool,
    /// Whether it is a delete marker; then the rest is empty.
    pub is_delete_marker: bool,
    /// NOT-SSE, SSE-S3, SSE-KMS or DSSE-KMS. SSE-C where nobody may look.
    pub encryption: Option<String>,
    /// The KMS key as reported.
    pub kms_key: Option<String>,
    /// Hash of the bytes, size, class, metadata, headers, tags, redirect.
    pub content: BTreeMap<String, Value>,
    /// What shows that somebody wrote it: ETag, time of modification.
    pub written: BTreeMap<String, Value>,
}

impl Seen {
    /// Its place: bucket and key.
    #[must_use]
    pub fn place(&self) -> (String, String) {
        (self.bucket.clone(), self.key.clone())
    }

    /// What encryption must not change.
    #[must_use]
    pub fn content(&self) -> Value {
        json!({ "deleted": self.is_delete_marker, "content": self.content })
    }

    /// Whether its encryption is this type under this key.
    #[must_use]
    pub fn is_under(&self, encryption: &str, kms_key: Option<&str>) -> bool {
        self.encryption.as_deref() == Some(encryption) && self.kms_key.as_deref() == kms_key
    }
}
