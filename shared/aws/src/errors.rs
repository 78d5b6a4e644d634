//! What a failure means: one pure table, decided once for all calls.
//!
//! S3 tells some cases apart only by the text of its message; those texts are
//! here and nowhere else. Where in doubt a mutation's failure is ambiguous,
//! since a HEAD costs little and a wrong guess may cost somebody's write.

use reseal_core::{KeyTrouble, StoreErrorKind, Throttler};

/// Which sort of call failed: the same answer means different things to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// HEAD of an object: its refusals have no body, and so no code.
    Head,
    /// Any other read of an object.
    Read,
    /// UpdateObjectEncryption.
    Update,
    /// Any other request that changes something.
    Write,
    /// A read of a bucket or a listing.
    Bucket,
    /// A call to KMS itself.
    Kms,
    /// A call to STS.
    Sts,
    /// A call to CloudFormation, each of which may be repeated.
    Stack,
}

impl Call {
    fn mutates(self) -> bool {
        matches!(self, Self::Update | Self::Write)
    }
}

/// How a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure<'a> {
    /// The request could not be built.
    Unbuildable,
    /// There were no credentials to sign it with.
    NoCredentials,
    /// No connection was made, so the request was never sent.
    NotSent,
    /// It may have been sent; no answer came, or none that could be read.
    NoAnswer,
    /// The service answered.
    Answer(Answer<'a>),
}

/// A service's refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer<'a> {
    /// HTTP status; 200 where a copy failed after it began to answer.
    pub(crate) status: u16,
    /// The error code, if the body had one.
    pub(crate) code: Option<&'a str>,
    /// The message beside it.
    pub(crate) message: &'a str,
    /// Whether the headers say that a delete marker is in the way.
    pub(crate) delete_marker: bool,
    /// The key that the call would write under, where it names one.
    pub(crate) target_key: Option<&'a str>,
}

/// The table.
pub(crate) fn classify(call: Call, failure: Failure<'_>) -> StoreErrorKind {
    match failure {
        Failure::Unbuildable => StoreErrorKind::Invalid,
        Failure::NoCredentials => StoreErrorKind::Credentials,
        Failure::NotSent => StoreErrorKind::Unavailable,
        Failure::NoAnswer => lost(call),
        Failure::Answer(answer) => by_code(call, &answer)
            .or_else(|| by_message(call, &answer))
            .unwrap_or_else(|| by_status(call, &answer)),
    }
}

/// A call whose effect nobody can tell from here.
fn lost(call: Call) -> StoreErrorKind {
    if call.mutates() { StoreErrorKind::Ambiguous } else { StoreErrorKind::Unavailable }
}

/// Codes that mean one thing whatever the message says.
fn by_code(call: Call, answer: &Answer<'_>) -> Option<StoreErrorKind> {
    let code = answer.code?;
    if let Some(kind) = by_kms_code(call, code, answer) {
        return Some(kind);
    }
    Some(match code {
        "SlowDown"
        | "ServiceUnavailable"
        | "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "BandwidthLimitExceeded" => throttled(call),
        "InternalError" | "InternalFailure" => lost(call),
        // The request didn't come through whole, so it wasn't carried out.
        "RequestTimeout" => StoreErrorKind::Unavailable,
        // Not our credentials' fault: the SDK has just learned the server's
        // time from this answer and signs the next request with it.
        "RequestTimeTooSkewed" => StoreErrorKind::Unavailable,
        "NoSuchKey" | "NoSuchVersion" => StoreErrorKind::Gone,
        "NoSuchUpload" => StoreErrorKind::UploadGone,
        "NoSuchBucket" => StoreErrorKind::BucketGone,
        "PreconditionFailed" => StoreErrorKind::PreconditionFailed,
        "ConditionalRequestConflict" | "OperationAborted" => StoreErrorKind::Conflict,
        "InvalidObjectState" | "ObjectNotInActiveTierError" => StoreErrorKind::Archived,
        "EntityTooLarge" => StoreErrorKind::TooLarge,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidToken"
        | "TokenRefreshRequired"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => StoreErrorKind::Credentials,
        "NotImplemented" | "UnknownOperationException" => StoreErrorKind::Unsupported,
        "MethodNotAllowed" => not_allowed(call, answer),
        _ => return None,
    })
}

/// KMS's codes: S3 passes them on behind `KMS.`, KMS sends them bare.
fn by_kms_code(call: Call, code: &str, answer: &Answer<'_>) -> Option<StoreErrorKind> {
    let bare = match code.strip_prefix("KMS.") {
        Some(bare) => bare,
        None if call == Call::Kms => code,
        None => return None,
    };
    Some(match bare {
        "ThrottlingException" | "LimitExceededException" | "RequestLimitExceeded" => {
            StoreErrorKind::Throttled(Throttler::KeyService)
        }
        "NotFoundException" => key_trouble(KeyTrouble::NotFound, answer),
        "DisabledException" => key_trouble(KeyTrouble::Disabled, answer),
        "KMSInvalidStateException" | "InvalidStateException" | "InvalidKeyUsageException" => {
            key_trouble(KeyTrouble::InvalidState, answer)
        }
        "AccessDeniedException" | "AccessDenied" => key_trouble(KeyTrouble::Denied, answer),
        "KeyUnavailableException"
        | "DependencyTimeoutException"
        | "KMSInternalException"
        | "InternalException" => lost(call),
        _ => return None,
    })
}

/// Cases that share a code with others and differ in the message only.
fn by_message(call: Call, answer: &Answer<'_>) -> Option<StoreErrorKind> {
    let message = answer.message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|w| message.contains(w));
    match answer.code? {
        "InvalidRequest" | "AccessDenied" if call == Call::Update && says(UPDATE_REFUSALS) => {
            Some(StoreErrorKind::UpdateRefused)
        }
        "InvalidRequest" if says(COPY_TOO_LARGE) => Some(StoreErrorKind::TooLarge),
        "InvalidRequest" if says(CUSTOMER_KEY) => Some(StoreErrorKind::CustomerKey),
        "InvalidRequest" if says(MARKER_AS_SOURCE) => Some(StoreErrorKind::Gone),
        "AccessDenied" if says(&["kms:"]) => Some(key_trouble(KeyTrouble::Denied, answer)),
        _ => None,
    }
}

/// What UpdateObjectEncryption says of objects and keys that it doesn't do,
/// by the list in its API reference (the apostrophe in "doesn't" varies).
const UPDATE_REFUSALS: &[&str] = &[
    "only source objects encrypted with sse-s3 or sse-kms are supported",
    "must be owned by the same account as the bucket",
    "isn't part of an organization",
    "isn\u{2019}t part of an organization",
    "same organization",
    "protected by s3 object lock",
];

/// "The specified copy source is larger than the maximum allowable size for a
/// copy source".
const COPY_TOO_LARGE: &[&str] =
    &["larger than the maximum allowable size", "copy source is larger"];

/// "The object was stored using a form of Server Side Encryption. The correct
/// parameters must be provided to retrieve the object."
const CUSTOMER_KEY: &[&str] = &["stored using a form of server side encryption"];

/// "The source of a copy request may not specifically refer to a delete marker
/// by version id": on suspended versioning whoever deletes the version `null`
/// leaves a marker of that name.
const MARKER_AS_SOURCE: &[&str] = &["may not specifically refer to a delete marker"];

fn by_status(call: Call, answer: &Answer<'_>) -> StoreErrorKind {
    match answer.status {
        // The reply began well, and then it could not be read.
        200..=299 => lost(call),
        // S3 redirects while a new bucket's name is not known everywhere.
        307 => StoreErrorKind::Unavailable,
        // With a code, it is about the request; HEAD has none for any reason.
        400 if call == Call::Head && answer.code.is_none() => StoreErrorKind::CustomerKey,
        403 if call == Call::Kms => StoreErrorKind::Key(KeyTrouble::Denied),
        401 | 403 => StoreErrorKind::Denied,
        404 if call == Call::Bucket => StoreErrorKind::BucketGone,
        404 => StoreErrorKind::Gone,
        405 => not_allowed(call, answer),
        408 => StoreErrorKind::Unavailable,
        409 if answer.code.is_none() => StoreErrorKind::Conflict,
        412 => StoreErrorKind::PreconditionFailed,
        429 | 503 => throttled(call),
        501 => StoreErrorKind::Unsupported,
        500.. => lost(call),
        _ => StoreErrorKind::Invalid,
    }
}

/// 405 is S3's answer to reading a delete marker by its version.
fn not_allowed(call: Call, answer: &Answer<'_>) -> StoreErrorKind {
    if call == Call::Head || answer.delete_marker {
        StoreErrorKind::Gone
    } else {
        StoreErrorKind::Unsupported
    }
}

fn throttled(call: Call) -> StoreErrorKind {
    match call {
        Call::Kms => StoreErrorKind::Throttled(Throttler::KeyService),
        // No budget of ours is for these.
        Call::Sts | Call::Stack => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Throttled(Throttler::ObjectStore),
    }
}

/// Trouble with the target key pauses the job. Where the message names
/// another key, it is the one that this object lies under: then the trouble is
/// this object's alone, and one lost key must not stop all the others.
fn key_trouble(trouble: KeyTrouble, answer: &Answer<'_>) -> StoreErrorKind {
    match answer.target_key {
        Some(target) if names_only_other_keys(answer.message, target) => StoreErrorKind::Denied,
        _ => StoreErrorKind::Key(trouble),
    }
}

fn names_only_other_keys(message: &str, target: &str) -> bool {
    let mut keys = message
        .split(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ',' | ';' | '(' | ')'))
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.starts_with("arn:") && word.contains(":kms:") && word.contains(":key/"))
        .peekable();
    keys.peek().is_some() && keys.all(|key| key != target)
}

#[cfg(test)]
mod tests;
