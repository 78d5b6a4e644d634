//! What is sent to delete a version, and what its answers mean.

use reseal_core::ports::Setting;

use super::*;
use crate::canned::{Canned, OWNER, answer, error, object};

fn version() -> VersionRef {
    VersionRef::new(&object("a b?versionId=x", Some("v+1"))).expect("named")
}

async fn delete(reply: Vec<u8>) -> (Result<Deletion, StoreError>, crate::canned::Sent) {
    let server = Canned::serve([reply]);
    let result = server.store().await.delete_version(&version()).await;
    (result, server.sent().remove(0))
}

#[tokio::test]
async fn a_delete_names_its_version_and_bypasses_nothing() {
    let (result, sent) = delete(answer("204 No Content", &[("x-amz-version-id", "v+1")], "")).await;
    assert_eq!(result.expect("deleted"), Deletion::Deleted);
    assert_eq!(sent.method, "DELETE");
    let (path, query) = sent.target.split_once('?').expect("a query");
    assert_eq!(path, "/my-bucket/a%20b%3FversionId%3Dx");
    assert!(query.split('&').any(|pair| pair == "versionId=v%2B1"), "{query}");
    assert_eq!(sent.header("x-amz-expected-bucket-owner"), Some(OWNER));
    assert_eq!(sent.header("x-amz-bypass-governance-retention"), None);
    assert_eq!(sent.header("x-amz-mfa"), None);
}

/// As of an endpoint that ignores the version and hides the object instead.
#[tokio::test]
async fn an_answer_about_anything_else_is_no_success() {
    let marker = [("x-amz-version-id", "new"), ("x-amz-delete-marker", "true")];
    let odd = [("x-amz-version-id", "v+1"), ("x-amz-delete-marker", "true")];
    for headers in [&marker[..], &marker[..1], &odd[..], &[]] {
        let (result, _) = delete(answer("204 No Content", headers, "")).await;
        assert_eq!(result.expect_err("not ours").code, WRONG_DELETE, "{headers:?}");
    }
}

#[tokio::test]
async fn a_lock_is_told_from_other_denials() {
    let locked = "Access Denied because object protected by object lock.";
    let (result, _) = delete(error("403 Forbidden", "AccessDenied", locked)).await;
    assert_eq!(result.expect("answered"), Deletion::Locked);
    let (result, _) = delete(error("403 Forbidden", "AccessDenied", "Access Denied")).await;
    assert_eq!(result.expect_err("denied").kind, StoreErrorKind::Denied);
    let (result, _) = delete(error("500 Internal Server Error", "InternalError", "x")).await;
    assert_eq!(result.expect_err("nobody knows").kind, StoreErrorKind::Ambiguous);
}

fn versioning(inner: &str) -> Vec<u8> {
    let body = format!("<VersioningConfiguration>{inner}</VersioningConfiguration>");
    answer("200 OK", &[], &body)
}

#[tokio::test]
async fn a_bucket_tells_its_versioning_its_second_factor_and_its_locks() {
    let none = || error("404 Not Found", "ObjectLockConfigurationNotFoundError", "none");
    let enabled = "<Status>Enabled</Status>";
    for (inner, expected) in [
        (enabled.to_owned(), (Versioning::Enabled, false)),
        (format!("{enabled}<MfaDelete>Disabled</MfaDelete>"), (Versioning::Enabled, false)),
        (format!("{enabled}<MfaDelete>Enabled</MfaDelete>"), (Versioning::Enabled, true)),
        // Words that we don't know never allow anything.
        (format!("{enabled}<MfaDelete>Later</MfaDelete>"), (Versioning::Enabled, true)),
        ("<Status>Odd</Status>".to_owned(), (Versioning::Suspended, false)),
        (String::new(), (Versioning::Never, false)),
    ] {
        let server = Canned::serve([versioning(&inner), none()]);
        let bucket = "my-bucket".parse().expect("a bucket");
        let terms = server.store().await.terms(&bucket).await.expect("told");
        assert_eq!((terms.versioning, terms.mfa_delete), expected, "{inner}");
        assert_eq!(terms.object_lock, Setting::No);
    }
}

async fn lock_of(retention: Vec<u8>, hold: Vec<u8>) -> ObjectLock {
    let server = Canned::serve([retention, hold]);
    server.store().await.lock(&version()).await.expect("told")
}

#[tokio::test]
async fn locks_that_are_not_understood_hold() {
    let none = || error("404 Not Found", NO_LOCK, "none");
    let retention = |inner: &str| answer("200 OK", &[], &format!("<Retention>{inner}</Retention>"));
    let hold = |word: &str| {
        answer("200 OK", &[], &format!("<LegalHold><Status>{word}</Status></LegalHold>"))
    };
    assert_eq!(lock_of(none(), none()).await, ObjectLock::default());
    assert_eq!(lock_of(none(), hold("OFF")).await, ObjectLock::default());
    assert!(lock_of(none(), hold("ON")).await.legal_hold);
    assert!(lock_of(none(), hold("MAYBE")).await.legal_hold);
    let told = "<Mode>GOVERNANCE</Mode><RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate>";
    let governed = lock_of(retention(told), none()).await.retention.expect("a retention");
    assert_eq!(governed.mode, LockMode::Governance);
    assert_eq!(governed.until.to_string(), "2030-01-01T00:00:00Z");
    let odd = lock_of(retention("<Mode>NEW</Mode>"), none()).await.retention.expect("a retention");
    assert_eq!((odd.mode, odd.until), (LockMode::Compliance, Timestamp::from_millis(i64::MAX)));
}

#[tokio::test]
async fn locks_that_may_not_be_seen_are_an_error() {
    let server = Canned::serve([error("403 Forbidden", "AccessDenied", "Access Denied")]);
    let refused = server.store().await.lock(&version()).await.expect_err("hidden");
    assert_eq!(refused.kind, StoreErrorKind::Denied);
}
