use serde_json::json;

use super::client::Sandbox;

#[test]
fn objects_can_be_seeded_in_any_state() {
    let sandbox = Sandbox::with_bucket();
    sandbox.admin("keys", &json!({ "alias": "alias/old" }));
    let seeded = sandbox.admin(
        "objects",
        &json!([
            { "bucket": "bbb", "key": "bare", "size": 6_442_450_944_u64 },
            { "bucket": "bbb", "key": "full", "parts": [5_242_880, 100], "encryption": "SSE-KMS",
              "kmsKey": "alias/old", "bucketKey": true, "storageClass": "GLACIER",
              "headers": { "content-type": "text/plain" }, "metadata": { "a": "b" },
              "tags": { "t": "u" }, "redirect": "/x", "legalHold": true,
              "retention": { "mode": "GOVERNANCE", "until": 1_900_000_000_000_i64 },
              "checksum": { "algorithm": "SHA256", "type": "COMPOSITE" },
              "lastModified": 1_600_000_000_000_i64 },
            { "bucket": "bbb", "key": "text", "text": "hello", "encryption": "DSSE-KMS",
              "kmsKey": "alias/old" },
        ]),
    );
    assert_eq!(seeded["versions"], json!(["null", "null", "null"]));
    let lines = sandbox.dump("bbb");
    assert_eq!(lines[0]["encryption"], "NOT-SSE");
    assert_eq!(lines[0]["size"], 6_442_450_944_u64);
    let head = sandbox.send("HEAD", "/bbb/full", &[], b"").ok();
    assert_eq!(head.header("x-amz-object-lock-mode"), Some("GOVERNANCE"));
    assert_eq!(head.header("x-amz-object-lock-legal-hold"), Some("ON"));
    assert_eq!(head.header("x-amz-storage-class"), Some("GLACIER"));
    assert_eq!(head.header("last-modified"), Some("Sun, 13 Sep 2020 12:26:40 GMT"));
    assert_eq!(lines[1]["parts"], json!([[1, 5_242_880], [2, 100]]));
    assert_eq!(lines[2]["encryption"], "DSSE-KMS");
}

#[test]
fn misspelt_fields_and_unknown_words_are_refused() {
    let sandbox = Sandbox::with_bucket();
    for wrong in [
        json!({ "bucket": "bbb", "key": "k", "sise": 5 }),
        json!({ "bucket": "bbb", "key": "k", "storageClass": "COLD" }),
        json!({ "bucket": "bbb", "key": "k", "size": 1, "text": "x" }),
        json!({ "bucket": "none", "key": "k" }),
    ] {
        let body = wrong.to_string();
        let answer = sandbox.send("POST", "/_sandbox/objects", &[], body.as_bytes());
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(answer.text().contains("error"));
    }
    assert_eq!(sandbox.get("/_sandbox/nothing").status, 400);
    assert_eq!(sandbox.get("/_sandbox/dump?bucket=none").status, 404);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the latency of the wire is real time")]
fn denials_limits_and_statistics() {
    let sandbox = Sandbox::with_bucket();
    sandbox.admin("deny", &json!({ "bucket": "bbb", "operations": ["PutObject"] }));
    assert_eq!(sandbox.send("PUT", "/bbb/k", &[], b"").status, 403);
    sandbox.admin("deny", &json!({ "bucket": "bbb", "operations": [] }));
    sandbox.admin("limits", &json!({ "mutationsPerSecond": 1 }));
    // More than one a second, were it only for a moment.
    let mut taken = 0;
    let slow = loop {
        let answer = sandbox.send("PUT", "/bbb/k", &[], b"");
        if answer.status != 200 || taken == 50 {
            break answer;
        }
        taken += 1;
    };
    assert_eq!((slow.status, slow.element("Code").as_deref()), (503, Some("SlowDown")));
    sandbox.admin("limits", &json!({ "latencyMs": 30 }));
    let began = std::time::Instant::now();
    sandbox.send("PUT", "/bbb/k", &[], b"").ok();
    assert!(began.elapsed() >= std::time::Duration::from_millis(30));
    let stats: serde_json::Value =
        serde_json::from_slice(&sandbox.get("/_sandbox/stats").body).expect("JSON");
    assert_eq!(
        stats["operations"]["PutObject"],
        json!({ "requests": taken + 3, "refused": 1, "slowDown": 1 })
    );
    assert_eq!(stats["slowDown"], 1);
}

#[test]
fn a_population_can_be_asked_for_and_dumped_whole() {
    let sandbox = Sandbox::start();
    let summary = sandbox.admin("populate", &json!({ "objects": 3000, "seed": 5 }));
    let lines = sandbox.dump("reseal-demo-a").len() + sandbox.dump("reseal-demo-b").len();
    let count = |name: &str| summary[name].as_u64().expect("a number");
    let expected = count("objects") + count("noncurrent") + count("deleteMarkers");
    assert_eq!(lines as u64, expected);
}

#[test]
fn keys_can_be_seeded_and_changed() {
    let sandbox = Sandbox::with_bucket();
    let key = json!({ "alias": "alias/foreign", "account": "444455556666", "state": "Disabled" });
    let arn = sandbox.admin("keys", &key)["arn"].as_str().expect("text").to_owned();
    assert!(arn.starts_with("arn:aws:kms:us-east-1:444455556666:key/"));
    let open = json!({ "key": arn, "state": "Enabled", "access": "any-account" });
    sandbox.admin("keys", &open);
    let headers = [
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", arn.as_str()),
    ];
    sandbox.send("PUT", "/bbb/k", &headers, b"").ok();
    sandbox.admin("keys", &json!({ "key": arn, "access": "nobody" }));
    assert_eq!(sandbox.send("PUT", "/bbb/k", &headers, b"").status, 403);
    let theirs = json!({ "name": "theirs", "owner": "444455556666", "versioning": "Enabled" });
    sandbox.admin("buckets", &theirs);
    assert_eq!(sandbox.send("HEAD", "/theirs", &[], b"").status, 403);
}
