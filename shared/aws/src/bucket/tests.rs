//! Preflight's reads.

use reseal_core::ports::Setting;

use super::*;
use crate::canned::{Canned, KEY, OWNER, answer, error};

fn bucket() -> BucketName {
    "my-bucket".parse().expect("a bucket")
}

fn found() -> Vec<u8> {
    answer("200 OK", &[("x-amz-bucket-region", "us-east-1")], "")
}

fn versioned(status: &str) -> Vec<u8> {
    let body = format!("<VersioningConfiguration>{status}</VersioningConfiguration>");
    answer("200 OK", &[], &body)
}

/// The four settings of a bucket that has none of them, in the order in which
/// they are read.
fn no_settings() -> [Vec<u8>; 4] {
    [
        "OwnershipControlsNotFoundError",
        "ObjectLockConfigurationNotFoundError",
        "NoSuchLifecycleConfiguration",
        "NoSuchWebsiteConfiguration",
    ]
    .map(|code| error("404 Not Found", code, "none"))
}

fn serve(facts: [Vec<u8>; 3]) -> Canned {
    Canned::serve(facts.into_iter().chain(no_settings()))
}

#[tokio::test]
async fn facts_are_read_in_the_owners_name() {
    let default = format!(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
         <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{KEY}</KMSMasterKeyID>\
         </ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule>\
         </ServerSideEncryptionConfiguration>"
    );
    let default = answer("200 OK", &[], &default);
    let server = serve([found(), versioned("<Status>Suspended</Status>"), default]);
    let facts = server.store().await.inspect(&bucket()).await.expect("facts");
    assert_eq!((facts.region.as_str(), facts.versioning), ("us-east-1", Versioning::Suspended));
    let key = Some(KEY.to_owned());
    assert_eq!(facts.default_encryption, Some(Encryption::SseKms { key, bucket_key: true }));
    // Buckets without ownership controls are old ones, in which ACLs count.
    assert_eq!((facts.acls, facts.object_lock), (Setting::Yes, Setting::No));
    assert_eq!((facts.transitions, facts.website), (Setting::No, Setting::No));
    let sent = server.sent();
    assert_eq!(sent.len(), 7);
    for sent in sent {
        assert_eq!(sent.header("x-amz-expected-bucket-owner"), Some(OWNER), "{}", sent.target);
    }
}

#[tokio::test]
async fn a_default_encryption_that_may_not_be_read_is_not_told() {
    for refusal in [
        error("404 Not Found", "ServerSideEncryptionConfigurationNotFoundError", "none"),
        error("403 Forbidden", "AccessDenied", "no"),
        error("501 Not Implemented", "NotImplemented", "never"),
    ] {
        let server = serve([found(), versioned(""), refusal]);
        let facts = server.store().await.inspect(&bucket()).await.expect("facts");
        assert_eq!((facts.versioning, facts.default_encryption), (Versioning::Never, None));
    }
    let server = Canned::serve([found(), versioned(""), error("503 Slow", "SlowDown", "please")]);
    assert!(server.store().await.inspect(&bucket()).await.is_err(), "not read is not absent");
}

#[tokio::test]
async fn buckets_that_are_not_ours_to_work_on() {
    let region = [("x-amz-bucket-region", "eu-west-1")];
    for (refusal, kind) in [
        (answer("403 Forbidden", &[], ""), StoreErrorKind::Denied),
        (answer("404 Not Found", &[], ""), StoreErrorKind::BucketGone),
        (answer("301 Moved Permanently", &region, ""), StoreErrorKind::Invalid),
        (answer("400 Bad Request", &region, ""), StoreErrorKind::Invalid),
    ] {
        let server = Canned::serve([refusal]);
        let error = server.store().await.inspect(&bucket()).await.expect_err("refused");
        assert_eq!(error.kind, kind);
        assert_eq!(kind == StoreErrorKind::Invalid, error.message.contains("lies in eu-west-1"));
    }
}
