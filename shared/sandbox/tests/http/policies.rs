use serde_json::json;

use super::client::Sandbox;

#[test]
fn a_policy_travels_as_json_and_counts_at_once() {
    let sandbox = Sandbox::with_bucket();
    sandbox.send("PUT", "/bbb/k", &[], b"x").ok();
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "Sealed",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": "arn:aws:s3:::bbb/*",
            "Condition": { "StringNotEquals": { "s3:ExistingObjectTag/reseal": "done" } },
        }],
    })
    .to_string();
    assert_eq!(sandbox.get("/bbb?policy").refusal(), (404, "NoSuchBucketPolicy".to_owned()));
    sandbox.send("PUT", "/bbb?policy", &[], policy.as_bytes()).ok();
    assert_eq!(sandbox.get("/bbb?policy").ok().text(), policy);
    let status = sandbox.get("/bbb?policyStatus").ok();
    assert_eq!(status.element("IsPublic").as_deref(), Some("false"));
    let denied = sandbox.get("/bbb/k");
    assert_eq!(denied.refusal(), (403, "AccessDenied".to_owned()));
    assert!(denied.element("Message").is_some_and(|text| text.contains("explicit deny")));
    assert_eq!(sandbox.send("HEAD", "/bbb/k", &[], b"").status, 403);
    let tags =
        b"<Tagging><TagSet><Tag><Key>reseal</Key><Value>done</Value></Tag></TagSet></Tagging>";
    sandbox.send("PUT", "/bbb/k?tagging", &[], tags).ok();
    assert_eq!(sandbox.get("/bbb/k").ok().text(), "x");
    sandbox.send("PUT", "/bbb/other", &[], b"uploads go on").ok();
    let unknown = policy.replace("StringNotEquals", "DateLessThan");
    let refused = sandbox.send("PUT", "/bbb?policy", &[], unknown.as_bytes());
    assert_eq!(refused.refusal(), (501, "NotImplemented".to_owned()));
    let broken = sandbox.send("PUT", "/bbb?policy", &[], b"{");
    assert_eq!(broken.refusal(), (400, "MalformedPolicy".to_owned()));
    sandbox.send("DELETE", "/bbb?policy", &[], b"").ok();
    assert_eq!(sandbox.get("/bbb/other").ok().text(), "uploads go on");
}

#[test]
fn a_public_policy_lets_strangers_in_and_the_wire_can_count_as_open() {
    let sandbox = Sandbox::with_bucket();
    sandbox.send("PUT", "/bbb/k", &[], b"x").ok();
    let policy = |condition: serde_json::Value| {
        let statement = json!({
            "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::bbb/*", "Condition": condition,
        });
        let document = json!({ "Statement": statement }).to_string();
        sandbox.send("PUT", "/bbb?policy", &[], document.as_bytes()).ok();
    };
    let authorization = "AWS4-HMAC-SHA256 Credential=444455556666/20261121/us-east-1/s3/\
                         aws4_request, SignedHeaders=host, Signature=0";
    let read = || sandbox.send("GET", "/bbb/k", &[("authorization", authorization)], b"").status;
    assert_eq!(read(), 403);
    policy(json!({}));
    assert_eq!(read(), 200);
    let status = sandbox.get("/bbb?policyStatus").ok();
    assert_eq!(status.element("IsPublic").as_deref(), Some("true"));
    policy(json!({ "Bool": { "aws:SecureTransport": true } }));
    assert_eq!(read(), 200);
    sandbox.admin("transport", &json!({ "secure": false }));
    assert_eq!(read(), 403);
}

const CUSTOMER_KEY: [(&str, &str); 3] = [
    ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
    ("x-amz-server-side-encryption-customer-key", "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="),
    ("x-amz-server-side-encryption-customer-key-md5", "kM7UlHWhDpGxbvJV5ZVhUA=="),
];

#[test]
fn customers_keys_are_refused_by_a_policy_and_by_the_buckets_own_setting() {
    let sandbox = Sandbox::with_bucket();
    let put = || sandbox.send("PUT", "/bbb/k", &CUSTOMER_KEY, b"x");
    assert_eq!(put().status, 200);
    let rule = |blocked: &str| {
        format!(
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>\
             <BlockedEncryptionTypes>{blocked}</BlockedEncryptionTypes></Rule>\
             </ServerSideEncryptionConfiguration>"
        )
    };
    let blocked = rule("<EncryptionType>SSE-C</EncryptionType>");
    sandbox.send("PUT", "/bbb?encryption", &[], blocked.as_bytes()).ok();
    let told = sandbox.get("/bbb?encryption").ok();
    assert_eq!(told.element("EncryptionType").as_deref(), Some("SSE-C"));
    assert_eq!(put().refusal(), (403, "AccessDenied".to_owned()));
    assert_eq!(sandbox.send("PUT", "/bbb/k", &[], b"x").status, 200, "others go on");
    for wrong in ["", "<EncryptionType>AES256</EncryptionType>"] {
        let refused = sandbox.send("PUT", "/bbb?encryption", &[], rule(wrong).as_bytes());
        assert_eq!(refused.refusal(), (400, "MalformedXML".to_owned()), "{wrong}");
    }
    sandbox.send("DELETE", "/bbb?encryption", &[], b"").ok();
    assert_eq!(put().status, 200);

    let policy = json!({ "Statement": {
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::bbb/*",
        "Condition": { "Null": { "s3:x-amz-server-side-encryption-customer-algorithm": "false" } },
    } });
    sandbox.send("PUT", "/bbb?policy", &[], policy.to_string().as_bytes()).ok();
    assert_eq!(put().refusal(), (403, "AccessDenied".to_owned()));
    assert_eq!(sandbox.send("PUT", "/bbb/k", &[], b"x").status, 200);
}
