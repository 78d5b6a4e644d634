//! A test per row of the table.

use reseal_core::StoreErrorKind as Kind;

use super::*;

const TARGET: &str = "arn:aws:kms:us-east-1:111122223333:key/target";
const OTHER: &str = "arn:aws:kms:us-east-1:111122223333:key/other";

fn answer(call: Call, status: u16, code: &str, message: &str) -> Kind {
    let code = (!code.is_empty()).then_some(code);
    let target_key = Some(TARGET);
    classify(
        call,
        Failure::Answer(Answer { status, code, message, delete_marker: false, target_key }),
    )
}

#[test]
fn failures_without_an_answer() {
    for (call, failure, kind) in [
        (Call::Write, Failure::Unbuildable, Kind::Invalid),
        (Call::Write, Failure::NoCredentials, Kind::Credentials),
        (Call::Write, Failure::NotSent, Kind::Unavailable),
        (Call::Write, Failure::NoAnswer, Kind::Ambiguous),
        (Call::Update, Failure::NoAnswer, Kind::Ambiguous),
        (Call::Head, Failure::NoAnswer, Kind::Unavailable),
        (Call::Read, Failure::NoAnswer, Kind::Unavailable),
        (Call::Bucket, Failure::NoAnswer, Kind::Unavailable),
        (Call::Kms, Failure::NoAnswer, Kind::Unavailable),
        (Call::Sts, Failure::NoAnswer, Kind::Unavailable),
    ] {
        assert_eq!(classify(call, failure), kind, "{call:?} {failure:?}");
    }
}

#[test]
fn answers_told_by_code_and_status() {
    let store = Kind::Throttled(Throttler::ObjectStore);
    let keys = Kind::Throttled(Throttler::KeyService);
    for (call, status, code, kind) in [
        (Call::Write, 503, "SlowDown", store),
        (Call::Write, 200, "SlowDown", store),
        (Call::Head, 503, "", store),
        (Call::Read, 429, "", store),
        (Call::Write, 503, "ServiceUnavailable", store),
        (Call::Read, 400, "ThrottlingException", store),
        (Call::Read, 503, "RequestLimitExceeded", store),
        (Call::Write, 400, "KMS.ThrottlingException", keys),
        (Call::Write, 503, "KMS.ThrottlingException", keys),
        (Call::Kms, 400, "ThrottlingException", keys),
        (Call::Kms, 400, "LimitExceededException", keys),
        (Call::Sts, 400, "Throttling", Kind::Unavailable),
        (Call::Write, 500, "InternalError", Kind::Ambiguous),
        (Call::Write, 200, "InternalError", Kind::Ambiguous),
        (Call::Update, 500, "InternalError", Kind::Ambiguous),
        (Call::Read, 500, "InternalError", Kind::Unavailable),
        (Call::Head, 500, "", Kind::Unavailable),
        (Call::Write, 502, "", Kind::Ambiguous),
        (Call::Write, 504, "", Kind::Ambiguous),
        (Call::Bucket, 504, "", Kind::Unavailable),
        (Call::Write, 200, "", Kind::Ambiguous),
        (Call::Read, 200, "", Kind::Unavailable),
        (Call::Write, 400, "RequestTimeout", Kind::Unavailable),
        (Call::Write, 403, "RequestTimeTooSkewed", Kind::Unavailable),
        (Call::Write, 307, "TemporaryRedirect", Kind::Unavailable),
        (Call::Write, 301, "PermanentRedirect", Kind::Invalid),
        (Call::Head, 404, "", Kind::Gone),
        (Call::Head, 404, "NotFound", Kind::Gone),
        (Call::Read, 404, "NoSuchKey", Kind::Gone),
        (Call::Write, 404, "NoSuchKey", Kind::Gone),
        (Call::Update, 404, "NoSuchVersion", Kind::Gone),
        (Call::Write, 404, "NoSuchUpload", Kind::UploadGone),
        (Call::Write, 404, "NoSuchBucket", Kind::BucketGone),
        (Call::Bucket, 404, "", Kind::BucketGone),
        (Call::Bucket, 404, "NotFound", Kind::BucketGone),
        (Call::Write, 412, "PreconditionFailed", Kind::PreconditionFailed),
        (Call::Write, 412, "", Kind::PreconditionFailed),
        (Call::Write, 409, "ConditionalRequestConflict", Kind::Conflict),
        (Call::Write, 409, "OperationAborted", Kind::Conflict),
        (Call::Write, 409, "", Kind::Conflict),
        (Call::Write, 409, "InvalidBucketState", Kind::Invalid),
        (Call::Write, 403, "InvalidObjectState", Kind::Archived),
        (Call::Write, 403, "ObjectNotInActiveTierError", Kind::Archived),
        (Call::Write, 400, "EntityTooLarge", Kind::TooLarge),
        (Call::Head, 400, "", Kind::CustomerKey),
        (Call::Read, 400, "", Kind::Invalid),
        (Call::Write, 400, "InvalidArgument", Kind::Invalid),
        (Call::Head, 403, "", Kind::Denied),
        (Call::Bucket, 403, "", Kind::Denied),
        (Call::Write, 403, "AccessDenied", Kind::Denied),
        (Call::Read, 400, "ExpiredToken", Kind::Credentials),
        (Call::Write, 403, "InvalidAccessKeyId", Kind::Credentials),
        (Call::Read, 400, "TokenRefreshRequired", Kind::Credentials),
        (Call::Sts, 403, "InvalidClientTokenId", Kind::Credentials),
        (Call::Kms, 400, "ExpiredTokenException", Kind::Credentials),
        (Call::Kms, 400, "UnrecognizedClientException", Kind::Credentials),
        (Call::Write, 403, "SignatureDoesNotMatch", Kind::Credentials),
        (Call::Update, 501, "NotImplemented", Kind::Unsupported),
        (Call::Update, 501, "", Kind::Unsupported),
        (Call::Update, 405, "MethodNotAllowed", Kind::Unsupported),
        (Call::Kms, 400, "UnknownOperationException", Kind::Unsupported),
        (Call::Head, 405, "", Kind::Gone),
        (Call::Head, 405, "MethodNotAllowed", Kind::Gone),
        (Call::Write, 418, "Teapot", Kind::Invalid),
    ] {
        assert_eq!(answer(call, status, code, ""), kind, "{call:?} {status} {code}");
    }
}

#[test]
fn a_delete_marker_is_gone_to_every_read() {
    let marker = Answer {
        status: 405,
        code: Some("MethodNotAllowed"),
        message: "",
        delete_marker: true,
        target_key: None,
    };
    assert_eq!(classify(Call::Read, Failure::Answer(marker)), Kind::Gone);
}

#[test]
fn key_troubles_by_code() {
    for (call, code, kind) in [
        (Call::Write, "KMS.NotFoundException", Kind::Key(KeyTrouble::NotFound)),
        (Call::Update, "KMS.DisabledException", Kind::Key(KeyTrouble::Disabled)),
        (Call::Write, "KMS.KMSInvalidStateException", Kind::Key(KeyTrouble::InvalidState)),
        (Call::Write, "KMS.InvalidKeyUsageException", Kind::Key(KeyTrouble::InvalidState)),
        (Call::Write, "KMS.KeyUnavailableException", Kind::Ambiguous),
        (Call::Kms, "NotFoundException", Kind::Key(KeyTrouble::NotFound)),
        (Call::Kms, "DisabledException", Kind::Key(KeyTrouble::Disabled)),
        (Call::Kms, "KMSInvalidStateException", Kind::Key(KeyTrouble::InvalidState)),
        (Call::Kms, "AccessDeniedException", Kind::Key(KeyTrouble::Denied)),
        (Call::Kms, "KMSInternalException", Kind::Unavailable),
        (Call::Kms, "DependencyTimeoutException", Kind::Unavailable),
        (Call::Kms, "InvalidArnException", Kind::Invalid),
        // S3 has no code of this name: bare KMS codes count at KMS only.
        (Call::Write, "NotFoundException", Kind::Invalid),
    ] {
        assert_eq!(answer(call, 400, code, ""), kind, "{call:?} {code}");
    }
}

#[test]
fn a_denial_that_speaks_of_kms_is_about_the_key() {
    let denied = |key: &str| {
        format!(
            "User: arn:aws:sts::111122223333:assumed-role/w/i is not authorized to perform: \
             kms:Decrypt on resource: {key} because no identity-based policy allows it"
        )
    };
    let kind = |key: &str| answer(Call::Write, 403, "AccessDenied", &denied(key));
    assert_eq!(kind(TARGET), Kind::Key(KeyTrouble::Denied));
    assert_eq!(kind("this resource"), Kind::Key(KeyTrouble::Denied));
    assert_eq!(kind(OTHER), Kind::Denied, "the source's key is this object's trouble only");
}

#[test]
fn a_lost_source_key_does_not_pause_the_job() {
    let disabled = |key: &str| {
        answer(Call::Write, 400, "KMS.DisabledException", &format!("{key} is disabled."))
    };
    assert_eq!(disabled(TARGET), Kind::Key(KeyTrouble::Disabled));
    assert_eq!(disabled(OTHER), Kind::Denied);
    let missing = format!("Key '{OTHER}' does not exist");
    assert_eq!(answer(Call::Write, 400, "KMS.NotFoundException", &missing), Kind::Denied);
    let both = format!("{OTHER}, {TARGET}");
    let kind = answer(Call::Write, 400, "KMS.DisabledException", &both);
    assert_eq!(kind, Kind::Key(KeyTrouble::Disabled));
}

/// The messages in the API reference, all of them.
#[test]
fn update_refusals_are_told_by_their_message() {
    for (code, message) in [
        (
            "InvalidRequest",
            "The UpdateObjectEncryption operation doesn't supported unencrypted source objects. Only source objects encrypted with SSE-S3 or SSE-KMS are supported.",
        ),
        (
            "InvalidRequest",
            "The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or SSE-C. Only source objects encrypted with SSE-S3 or SSE-KMS are supported.",
        ),
        (
            "AccessDenied",
            "The Amazon Web Services KMS key in the request must be owned by the same account as the bucket. Modify the request to specify a KMS key from the same account, and then try again.",
        ),
        (
            "AccessDenied",
            "The bucket owner's account was approved to make UpdateObjectEncryption requests that use any Amazon Web Services KMS key in their organization, but the bucket owner's account isn't part of an organization in Organizations.",
        ),
        (
            "AccessDenied",
            "The specified Amazon Web Services KMS key must be from the same organization in Organizations as the bucket.",
        ),
        (
            "AccessDenied",
            "The encryption type for the specified object can\u{2019}t be updated because that object is protected by S3 Object Lock.",
        ),
    ] {
        assert_eq!(answer(Call::Update, 400, code, message), Kind::UpdateRefused, "{message}");
    }
    for (status, code, message, kind) in [
        (403, "AccessDenied", "Access Denied", Kind::Denied),
        (
            403,
            "AccessDenied",
            "User: x is not authorized to perform: s3:UpdateObjectEncryption on resource: y",
            Kind::Denied,
        ),
        (
            403,
            "AccessDenied",
            "not authorized to perform: kms:ReEncryptFrom",
            Kind::Key(KeyTrouble::Denied),
        ),
        (
            400,
            "InvalidRequest",
            "Requests that modify an object's encryption type to SSE-KMS require a valid Amazon Web Services KMS key Amazon Resource Name (ARN).",
            Kind::Invalid,
        ),
    ] {
        assert_eq!(answer(Call::Update, status, code, message), kind, "{message}");
    }
}

#[test]
fn sizes_customer_keys_and_delete_markers_are_told_by_their_message() {
    let marker =
        "The source of a copy request may not specifically refer to a delete marker by version id.";
    assert_eq!(answer(Call::Write, 400, "InvalidRequest", marker), Kind::Gone);
    let large = "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120";
    assert_eq!(answer(Call::Write, 400, "InvalidRequest", large), Kind::TooLarge);
    let customer = "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.";
    assert_eq!(answer(Call::Read, 400, "InvalidRequest", customer), Kind::CustomerKey);
    assert_eq!(
        answer(Call::Write, 400, "InvalidRequest", "illegal copy onto itself"),
        Kind::Invalid
    );
}
