use serde_json::json;

use super::client::Sandbox;

const NS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

#[test]
fn a_restore_is_asked_for_and_told_in_a_header() {
    let sandbox = Sandbox::with_bucket();
    sandbox.admin(
        "objects",
        &json!({ "bucket": "bbb", "key": "k", "text": "x", "storageClass": "GLACIER" }),
    );
    let request = |days: u32| {
        format!(
            "<RestoreRequest {NS}><Days>{days}</Days><GlacierJobParameters><Tier>Bulk</Tier>\
             </GlacierJobParameters></RestoreRequest>"
        )
    };
    let ask = || sandbox.send("POST", "/bbb/k?restore", &[], request(2).as_bytes());
    let state = || {
        let head = sandbox.send("HEAD", "/bbb/k", &[], b"").ok();
        head.header("x-amz-restore").map(str::to_owned)
    };
    assert_eq!(sandbox.get("/bbb/k").refusal(), (403, "InvalidObjectState".to_owned()));
    assert_eq!(state(), None);
    assert_eq!(ask().status, 202);
    assert_eq!(state().as_deref(), Some("ongoing-request=\"true\""));
    assert_eq!(ask().refusal(), (409, "RestoreAlreadyInProgress".to_owned()));
    sandbox.admin("restores", &json!({ "millis": 0 }));
    sandbox.admin(
        "objects",
        &json!({ "bucket": "bbb", "key": "k", "text": "x", "storageClass": "GLACIER",
                 "restore": { "ready": 0, "expiry": 4_102_444_800_000_i64 } }),
    );
    let done = "ongoing-request=\"false\", expiry-date=\"Fri, 01 Jan 2100 00:00:00 GMT\"";
    assert_eq!(state().as_deref(), Some(done));
    assert_eq!(sandbox.get("/bbb/k").ok().text(), "x");
    assert_eq!(ask().status, 200, "prolonged, or cut short");
    assert_ne!(state().as_deref(), Some(done));
    assert_eq!(sandbox.dump("bbb")[0]["restore"].as_array().map(Vec::len), Some(2));
}

#[test]
fn archive_tiers_and_wrong_requests() {
    let sandbox = Sandbox::with_bucket();
    sandbox.admin("restores", &json!({ "millis": 0 }));
    sandbox.admin(
        "objects",
        &json!({ "bucket": "bbb", "key": "k", "text": "x",
                 "storageClass": "INTELLIGENT_TIERING", "archive": "DEEP_ARCHIVE_ACCESS" }),
    );
    let head = || sandbox.send("HEAD", "/bbb/k", &[], b"").ok();
    assert_eq!(head().header("x-amz-archive-status"), Some("DEEP_ARCHIVE_ACCESS"));
    let post = |body: &str| {
        let body = format!("<RestoreRequest {NS}>{body}</RestoreRequest>");
        sandbox.send("POST", "/bbb/k?restore", &[], body.as_bytes())
    };
    assert_eq!(post("<Days>1</Days>").refusal().1, "InvalidArgument");
    assert_eq!(post("<Days>one</Days>").refusal().1, "MalformedXML");
    assert_eq!(post("<Tier>Slow</Tier>").refusal().1, "MalformedXML");
    assert_eq!(post("<Type>SELECT</Type>").status, 501);
    assert_eq!(post("<Tier>Standard</Tier>").status, 202);
    assert_eq!(head().header("x-amz-archive-status"), None);
    assert_eq!(head().header("x-amz-restore"), None);
    assert_eq!(post("").refusal(), (403, "InvalidObjectState".to_owned()));
}
