use serde_json::json;

use super::client::{Answer, Sandbox};

const READER: &str = "arn:aws:iam::111122223333:role/reader";

fn sts(sandbox: &Sandbox, authorization: &str, body: &str) -> Answer {
    sandbox.send("POST", "/", &[("authorization", authorization)], body.as_bytes())
}

fn signed_by(access_key: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={access_key}/20261121/us-east-1/s3/aws4_request, \
         SignedHeaders=host, Signature=0"
    )
}

#[test]
fn a_role_is_assumed_and_held_to_what_keys_say() {
    let sandbox = Sandbox::with_bucket();
    sandbox.admin("keys", &json!({ "alias": "alias/k", "deniedRoles": [READER] }));
    sandbox.admin(
        "objects",
        &json!({ "bucket": "bbb", "key": "k", "text": "x", "encryption": "SSE-KMS",
                 "kmsKey": "alias/k" }),
    );
    let form = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleSessionName=reseal&RoleArn={}",
        READER.replace(':', "%3A").replace('/', "%2F")
    );
    let unknown = sts(&sandbox, &signed_by("test"), &form);
    assert_eq!(unknown.refusal(), (403, "AccessDenied".to_owned()));
    sandbox.admin("roles", &json!({ "arn": READER }));
    let assumed = sts(&sandbox, &signed_by("test"), &form).ok();
    for element in ["SecretAccessKey", "SessionToken", "Expiration"] {
        assert!(assumed.element(element).is_some_and(|text| !text.is_empty()), "{element}");
    }
    let role = signed_by(&assumed.element("AccessKeyId").expect("a key"));
    let identity = sts(&sandbox, &role, "Action=GetCallerIdentity").ok();
    let arn = "arn:aws:sts::111122223333:assumed-role/reader/reseal";
    assert_eq!(identity.element("Arn").as_deref(), Some(arn));
    let read = || sandbox.send("GET", "/bbb/k", &[("authorization", &role)], b"");
    let denied = read();
    assert_eq!(denied.refusal(), (403, "AccessDenied".to_owned()));
    assert!(denied.element("Message").is_some_and(|text| text.contains("kms:Decrypt")));
    assert_eq!(sandbox.get("/bbb/k").ok().text(), "x");
    sandbox.admin("keys", &json!({ "key": "alias/k", "onlyRoles": [READER] }));
    assert_eq!(read().ok().text(), "x");
    sandbox.admin("keys", &json!({ "key": "alias/k", "state": "Enabled" }));
    assert_eq!(read().ok().text(), "x", "nothing was said about roles");
    sandbox.admin("keys", &json!({ "key": "alias/k", "onlyRoles": [] }));
    assert_eq!(read().status, 403);
    let stranger = [("authorization", signed_by("ASIAUNKNOWNUNKNOWNXX"))];
    let stranger = stranger.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = sandbox.send("GET", "/bbb/k", &stranger, b"");
    assert_eq!(answer.refusal(), (403, "InvalidAccessKeyId".to_owned()));
    let other = sts(&sandbox, &role, "Action=GetSessionToken");
    assert_eq!(other.refusal(), (400, "InvalidAction".to_owned()));
}
