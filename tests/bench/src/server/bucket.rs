//! What is read of a bucket before work begins, and the two other services:
//! STS and KMS. Always the same answers.

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, StatusCode};

use super::state::State;
use super::wire::{Call, Reply, S3_NAMESPACE, XML_START, empty, not_implemented, set, xml};
use super::{listing, scratch};

/// Whose buckets these are.
const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";

/// Settings that a bucket has by default, with their document.
const DOCUMENTS: &[(&str, &str, &str)] = &[
    ("versioning", "VersioningConfiguration", ""),
    (
        "encryption",
        "ServerSideEncryptionConfiguration",
        "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>",
    ),
    ("location", "LocationConstraint", ""),
    (
        "ownershipControls",
        "OwnershipControls",
        "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>",
    ),
    ("notification", "NotificationConfiguration", ""),
    ("requestPayment", "RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>"),
    ("logging", "BucketLoggingStatus", ""),
    ("accelerate", "AccelerateConfiguration", ""),
    ("uploads", "ListMultipartUploadsResult", "<IsTruncated>false</IsTruncated>"),
];

/// Settings that a bucket has only once somebody made them.
const UNSET: &[(&str, &str)] = &[
    ("lifecycle", "NoSuchLifecycleConfiguration"),
    ("object-lock", "ObjectLockConfigurationNotFoundError"),
    ("website", "NoSuchWebsiteConfiguration"),
    ("replication", "ReplicationConfigurationNotFoundError"),
    ("tagging", "NoSuchTagSet"),
    ("policy", "NoSuchBucketPolicy"),
    ("policyStatus", "NoSuchBucketPolicy"),
    ("cors", "NoSuchCORSConfiguration"),
    ("publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
];

/// Whether this lists objects or versions, rather than reading a setting.
pub(super) fn is_listing(call: &Call<'_>) -> bool {
    let settings = DOCUMENTS.iter().map(|(name, ..)| *name);
    let mut settings = settings.chain(UNSET.iter().map(|(name, _)| *name));
    *call.method == Method::GET && !call.bucket.is_empty() && !settings.any(|name| call.asks(name))
}

/// A page of the bucket, or of the scratch folder.
pub(super) fn list(state: &State, call: &Call<'_>) -> Reply {
    if call.asks("versions") || scratch::is_listed(call) {
        return state.scratches.borrow().list(call);
    }
    listing::page(state, call)
}

/// A setting.
pub(super) fn answer(call: &Call<'_>) -> Reply {
    match *call.method {
        Method::HEAD => {
            let mut reply = empty(StatusCode::OK);
            set(reply.headers_mut(), "x-amz-bucket-region", REGION);
            reply
        }
        // Some tools make the destination's bucket first.
        Method::PUT => empty(StatusCode::OK),
        Method::GET => setting(call),
        _ => not_implemented(call),
    }
}

fn setting(call: &Call<'_>) -> Reply {
    if let Some((_, root, content)) = DOCUMENTS.iter().find(|(name, ..)| call.asks(name)) {
        return xml(format!("{XML_START}<{root} xmlns=\"{S3_NAMESPACE}\">{content}</{root}>"));
    }
    match UNSET.iter().find(|(name, _)| call.asks(name)) {
        Some((_, code)) => {
            super::wire::error(call, StatusCode::NOT_FOUND, code, "Nothing is configured")
        }
        None => not_implemented(call),
    }
}

/// STS and KMS, both at `POST /`.
pub(super) fn service(call: &Call<'_>, body: &Bytes) -> Reply {
    match call.header("x-amz-target") {
        Some("TrentService.DescribeKey") => describe_key(body),
        Some(_) => not_implemented(call),
        None => caller_identity(),
    }
}

fn caller_identity() -> Reply {
    xml(format!(
        "{XML_START}<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/bench</Arn><UserId>AIDABENCH</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    ))
}

/// Any key that is asked for exists and can be used.
fn describe_key(body: &Bytes) -> Reply {
    let asked: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let asked = asked["KeyId"].as_str().unwrap_or("bench");
    let arn = if asked.starts_with("arn:") {
        asked.to_owned()
    } else {
        format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{asked}")
    };
    let document = serde_json::json!({ "KeyMetadata": {
        "AWSAccountId": ACCOUNT,
        "KeyId": arn.rsplit('/').next(),
        "Arn": arn,
        "Enabled": true,
        "KeyState": "Enabled",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyManager": "CUSTOMER",
        "Origin": "AWS_KMS",
    } });
    let mut reply = Reply::new(http_body_util::Full::from(document.to_string()));
    let json = HeaderValue::from_static("application/x-amz-json-1.1");
    reply.headers_mut().insert(CONTENT_TYPE, json);
    reply
}
