//! What can go wrong at S3 and KMS, sorted by what the caller must do.

use serde::{Deserialize, Serialize};

/// Who asked us to slow down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Throttler {
    /// S3 (`SlowDown`), for a bucket and prefix.
    ObjectStore,
    /// KMS, for the account and region.
    KeyService,
}

/// What is wrong with the target key. Found mid-run it pauses the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum KeyTrouble {
    /// No such key, or none that we may see.
    #[error("the KMS key does not exist or may not be seen")]
    NotFound,
    /// Disabled.
    #[error("the KMS key is disabled")]
    Disabled,
    /// Pending deletion, pending import or otherwise unusable.
    #[error("the KMS key is in a state that forbids its use (pending deletion or import)")]
    InvalidState,
    /// The caller lacks a permission on it.
    #[error("the KMS key refuses this caller")]
    Denied,
}

/// A failure's kind says what the caller must do; it earns its place here only
/// by being handled differently from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// Slow down, then repeat.
    Throttled(Throttler),
    /// The request certainly had no effect: repeat after a pause.
    Unavailable,
    /// It may have happened or not: look (HEAD) before anything else.
    Ambiguous,
    /// No such object or version: never recreate it.
    Gone,
    /// No such multipart upload: start a new one.
    UploadGone,
    /// No such bucket.
    BucketGone,
    /// 412: the object is no longer the one that was looked at.
    PreconditionFailed,
    /// 409: somebody writes at this moment; repeat, on Complete with a new upload.
    Conflict,
    /// 403 for this object.
    Denied,
    /// UpdateObjectEncryption doesn't do this object: go on at the next row of the table.
    UpdateRefused,
    /// The bytes are archived.
    Archived,
    /// Too large for a single copy: use multipart.
    TooLarge,
    /// A bodiless 400 to HEAD: encrypted with a customer-provided key.
    CustomerKey,
    /// The target key can't be used: pause the job.
    Key(KeyTrouble),
    /// Our credentials expired or are refused as such: pause the job.
    Credentials,
    /// The endpoint doesn't know this operation.
    Unsupported,
    /// Anything else that repeating won't cure.
    Invalid,
}

/// A failed call to S3 or KMS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct StoreError {
    /// What to do about it.
    pub kind: StoreErrorKind,
    /// The service's error code, or our word where it gave none.
    pub code: String,
    /// The service's message.
    pub message: String,
    /// The service's request id, for support cases.
    pub request_id: Option<String>,
}

impl StoreError {
    /// A failure of this kind without a request id.
    #[must_use]
    pub fn new(kind: StoreErrorKind, code: &str, message: impl Into<String>) -> Self {
        Self { kind, code: code.to_owned(), message: message.into(), request_id: None }
    }

    /// Whether repeating the same *read* may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            StoreErrorKind::Throttled(_)
                | StoreErrorKind::Unavailable
                | StoreErrorKind::Ambiguous
                | StoreErrorKind::Conflict
        )
    }
}
