//! What a refusal of the model means to the engine.

use reseal_core::{KeyTrouble, StoreError, StoreErrorKind, Throttler};

use crate::model::{Code, Fault};

/// Which sort of call was refused: the same code means different things to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// HEAD of an object, whose refusals have no body.
    Head,
    /// Any other read.
    Read,
    /// UpdateObjectEncryption.
    Update,
    /// Any other request that changes something.
    Write,
    /// To KMS itself.
    Kms,
}

/// A refusal as the port's error. `target_key` is the key that the call writes under.
pub(super) fn store_error(call: Call, target_key: Option<&str>, fault: &Fault) -> StoreError {
    StoreError {
        kind: kind(call, target_key, fault),
        code: fault.code.as_str().to_owned(),
        message: fault.message.clone(),
        request_id: None,
    }
}

/// An answer that doesn't fit the question, which the model never gives.
pub(super) fn unexpected() -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, "UnusableAnswer", "the model answered something else")
}

/// A request that can't be put into the model's words.
pub(super) fn unbuildable(message: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, "UnbuildableRequest", message)
}

fn kind(call: Call, target_key: Option<&str>, fault: &Fault) -> StoreErrorKind {
    let trouble = |trouble| key_trouble(trouble, target_key, &fault.message);
    match fault.code {
        Code::SlowDown => StoreErrorKind::Throttled(Throttler::ObjectStore),
        Code::NoSuchKey | Code::NoSuchVersion | Code::NoSuchAnnotation => StoreErrorKind::Gone,
        // A HEAD tells 404 and nothing more.
        Code::NoSuchBucket if call == Call::Head => StoreErrorKind::Gone,
        Code::NoSuchBucket => StoreErrorKind::BucketGone,
        Code::NoSuchUpload => StoreErrorKind::UploadGone,
        Code::MethodNotAllowed => StoreErrorKind::Gone,
        Code::PreconditionFailed => StoreErrorKind::PreconditionFailed,
        Code::InvalidObjectState => StoreErrorKind::Archived,
        Code::EntityTooLarge => StoreErrorKind::TooLarge,
        Code::NotImplemented => StoreErrorKind::Unsupported,
        Code::InvalidRequest => invalid_request(call, &fault.message),
        Code::AccessDenied if call == Call::Update && is_update_refusal(&fault.message) => {
            StoreErrorKind::UpdateRefused
        }
        Code::AccessDenied if fault.message.contains("kms:") => trouble(KeyTrouble::Denied),
        Code::AccessDenied => StoreErrorKind::Denied,
        Code::KmsNotFound | Code::NotFoundException => trouble(KeyTrouble::NotFound),
        Code::KmsDisabled => trouble(KeyTrouble::Disabled),
        Code::KmsInvalidState | Code::KmsInvalidKeyUsage | Code::KmsInvalidStateException => {
            trouble(KeyTrouble::InvalidState)
        }
        Code::KmsAccessDenied => trouble(KeyTrouble::Denied),
        _ => StoreErrorKind::Invalid,
    }
}

/// S3 tells these cases apart by the message alone.
fn invalid_request(call: Call, message: &str) -> StoreErrorKind {
    if call == Call::Update && is_update_refusal(message) {
        StoreErrorKind::UpdateRefused
    } else if message.contains("larger than the maximum allowable size") {
        StoreErrorKind::TooLarge
    } else if message.contains("stored using a form of Server Side Encryption") {
        StoreErrorKind::CustomerKey
    } else if message.contains("may not specifically refer to a delete marker") {
        StoreErrorKind::Gone
    } else {
        StoreErrorKind::Invalid
    }
}

fn is_update_refusal(message: &str) -> bool {
    [
        "Only source objects encrypted with SSE-S3 or SSE-KMS are supported",
        "must be owned by the same account as the bucket",
        "protected by S3 Object Lock",
    ]
    .iter()
    .any(|words| message.contains(words))
}

/// Trouble with another key than the target's concerns this object alone.
fn key_trouble(trouble: KeyTrouble, target_key: Option<&str>, message: &str) -> StoreErrorKind {
    let mut named = message
        .split(|c: char| c.is_whitespace() || matches!(c, '\'' | ','))
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.starts_with("arn:") && word.contains(":key/"))
        .peekable();
    match target_key {
        Some(target) if named.peek().is_some() && named.all(|key| key != target) => {
            StoreErrorKind::Denied
        }
        _ => StoreErrorKind::Key(trouble),
    }
}
