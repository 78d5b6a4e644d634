//! What is sent to read and to replace a bucket's safeguards.

use super::*;
use crate::canned::{Canned, KEY, OWNER, Sent, answer, error};

fn bucket() -> BucketName {
    "my-bucket".parse().expect("a bucket")
}

fn in_the_owners_name(sent: &[Sent]) {
    for sent in sent {
        assert_eq!(sent.header("x-amz-expected-bucket-owner"), Some(OWNER), "{}", sent.target);
    }
}

#[tokio::test]
async fn a_policy_is_taken_and_given_byte_for_byte() {
    let text = "{ \"Version\":\t\"2012-10-17\",\n \"Statement\" : [ {\"Sid\":\"\\u0041\"} ] }\n";
    let server = Canned::serve([
        answer("200 OK", &[], text),
        error("404 Not Found", "NoSuchBucketPolicy", "none"),
        answer("204 No Content", &[], ""),
        answer("204 No Content", &[], ""),
    ]);
    let store = server.store().await;
    assert_eq!(store.policy(&bucket()).await.expect("read").as_deref(), Some(text));
    assert_eq!(store.policy(&bucket()).await.expect("read"), None);
    store.put_policy(&bucket(), text).await.expect("written");
    store.delete_policy(&bucket()).await.expect("removed");
    let sent = server.sent();
    in_the_owners_name(&sent);
    assert_eq!((sent[2].method.as_str(), sent[2].body.as_str()), ("PUT", text));
    assert_eq!(sent[2].header("x-amz-confirm-remove-self-bucket-access"), None);
    assert_eq!(sent[3].method, "DELETE");
    assert!(sent.iter().all(|sent| sent.target.contains("policy")));
}

#[tokio::test]
async fn what_cannot_be_read_is_no_absent_policy() {
    let server = Canned::serve([error("403 Forbidden", "AccessDenied", "no")]);
    let refused = server.store().await.policy(&bucket()).await.expect_err("denied");
    assert_eq!(refused.kind, StoreErrorKind::Denied);
}

fn rule() -> EncryptionRule {
    EncryptionRule {
        algorithm: Some("aws:kms".to_owned()),
        key: Some(KEY.to_owned()),
        bucket_key: Some(true),
        blocked: Some(vec!["SSE-C".to_owned()]),
    }
}

fn document(rules: usize) -> String {
    let rule = format!(
        "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>\
         <KMSMasterKeyID>{KEY}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>\
         <BucketKeyEnabled>true</BucketKeyEnabled><BlockedEncryptionTypes>\
         <EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes></Rule>"
    );
    let rules = rule.repeat(rules);
    format!("<ServerSideEncryptionConfiguration>{rules}</ServerSideEncryptionConfiguration>")
}

#[tokio::test]
async fn the_rule_is_read_and_written_whole() {
    let server = Canned::serve([
        answer("200 OK", &[], &document(1)),
        answer("200 OK", &[], ""),
        answer("204 No Content", &[], ""),
    ]);
    let store = server.store().await;
    assert_eq!(store.encryption(&bucket()).await.expect("read"), rule());
    store.put_encryption(&bucket(), &rule()).await.expect("written");
    store.put_encryption(&bucket(), &EncryptionRule::default()).await.expect("removed");
    let sent = server.sent();
    in_the_owners_name(&sent);
    for part in [
        "<SSEAlgorithm>aws:kms</SSEAlgorithm>",
        KEY,
        "<BucketKeyEnabled>true</BucketKeyEnabled>",
        "<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>",
    ] {
        assert!(sent[1].body.contains(part), "{part}: {}", sent[1].body);
    }
    assert_eq!(sent[2].method, "DELETE");
}

#[tokio::test]
async fn absent_rules_and_several_are_told_apart() {
    let none = "ServerSideEncryptionConfigurationNotFoundError";
    let server =
        Canned::serve([error("404 Not Found", none, "none"), answer("200 OK", &[], &document(2))]);
    let store = server.store().await;
    assert_eq!(store.encryption(&bucket()).await.expect("read"), EncryptionRule::default());
    let two = store.encryption(&bucket()).await.expect_err("which one?");
    assert_eq!(two.kind, StoreErrorKind::Invalid);
}
