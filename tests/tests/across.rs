//! Over the borders of an account: keys and buckets of another one.

use reseal_tests::{Reseal, Sandbox, Scratch, Version};
use serde_json::json;

const OTHER: &str = "999900001111";
const BUCKET: &str = "across";

fn current(sandbox: &Sandbox) -> Version {
    sandbox.dump(BUCKET).into_iter().find(|version| version.is_latest).expect("is there")
}

/// UpdateObjectEncryption takes keys of the buckets' owner only.
#[test]
fn a_key_of_another_account_is_copied_to() {
    let sandbox = Sandbox::start(&[]);
    sandbox.bucket(BUCKET, None);
    let key = sandbox.admin("keys", &json!({ "account": OTHER, "access": "any-account" }));
    let key = key["arn"].as_str().expect("an ARN").to_owned();
    sandbox.admin("objects", &json!({
        "bucket": BUCKET, "key": "k", "size": 5, "encryption": "SSE-S3", "metadata": { "a": "1" },
    }));
    let before = current(&sandbox);
    let state = Scratch::new("across");
    let ended = Reseal::new("run", &sandbox)
        .args([&format!("s3://{BUCKET}"), "--sse", "aws:kms", "--kms-key", &key, "--yes"])
        .state(state.folder())
        .run()
        .expect_code(0);
    assert!(ended.stderr.contains("the key belongs to account"), "{}", ended.stderr);
    let after = current(&sandbox);
    assert_eq!(after.kms_key.as_deref(), Some(key.as_str()));
    assert_eq!(after.content(), before.content());
    assert!(!sandbox.requests().contains_key("UpdateObjectEncryption"));
}

/// Its owner lets this account in, and lets requesters pay.
#[test]
fn a_bucket_whose_requesters_pay_needs_the_callers_word() {
    let sandbox = Sandbox::start(&[]);
    sandbox.admin("buckets", &json!({ "name": BUCKET, "owner": OTHER }));
    sandbox.admin("objects", &json!({ "bucket": BUCKET, "key": "k", "size": 5 }));
    let as_owner = |query: &str, body: &str| {
        let credential =
            format!("AWS4-HMAC-SHA256 Credential={OTHER}/20261122/us-east-1/s3/aws4_request");
        let url = format!("{}/{BUCKET}?{query}", sandbox.url());
        ureq::put(&url).header("authorization", &credential).send(body).expect("taken");
    };
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "s3:*",
        "Resource": [format!("arn:aws:s3:::{BUCKET}"), format!("arn:aws:s3:::{BUCKET}/*")],
    }] });
    as_owner("policy", &policy.to_string());
    as_owner(
        "requestPayment",
        "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
    );
    let run = |arguments: &[&str]| {
        let state = Scratch::new("payer");
        Reseal::new("run", &sandbox)
            .args([&format!("s3://{BUCKET}"), "--sse", "AES256", "--bucket-owner", OTHER, "--yes"])
            .args(arguments)
            .state(state.folder())
            .run()
    };
    let unpaid = run(&[]).expect_code(2);
    assert!(unpaid.stderr.contains(BUCKET), "{}", unpaid.stderr);
    assert_eq!(current(&sandbox).encryption.as_deref(), Some("NOT-SSE"));
    let _ = run(&["--request-payer"]).expect_code(0);
    assert_eq!(current(&sandbox).encryption.as_deref(), Some("SSE-S3"));
}
