//! `guard --deny-untagged-reads`: the policy that it prints does what it says.

use reseal_tests::{Reseal, Sandbox, Scratch};
use serde_json::{Value, json};

const BUCKET: &str = "guarded";

fn status(request: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> u16 {
    match request {
        Ok(answer) => answer.status().as_u16(),
        Err(ureq::Error::StatusCode(status)) => status,
        Err(other) => panic!("{other}"),
    }
}

fn policy_of(ended: &reseal_tests::Ended) -> String {
    let printed: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    printed["buckets"][0]["policy"].to_string()
}

#[test]
fn what_is_not_marked_cannot_be_read_and_uploads_go_on() {
    let sandbox = Sandbox::start(&[]);
    sandbox.bucket(BUCKET, Some("Enabled"));
    let key = sandbox.key("alias/target");
    for name in ["copied", "updated"] {
        let encryption = if name == "copied" { "NOT-SSE" } else { "SSE-S3" };
        let object =
            json!({ "bucket": BUCKET, "key": name, "text": "x", "encryption": encryption });
        sandbox.admin("objects", &object);
    }
    let state = Scratch::new("guard");
    let _ = Reseal::new("run", &sandbox)
        .args([&format!("s3://{BUCKET}"), "--sse", "aws:kms", "--kms-key", &key, "--yes"])
        .args(["--tag", "sealed=yes"])
        .state(state.folder())
        .run()
        .expect_code(0);
    let ended = Reseal::without_endpoint("guard")
        .args([
            BUCKET,
            "--offline",
            "--deny-untagged-reads",
            "--tag",
            "sealed=yes",
            "--output",
            "json",
        ])
        .run()
        .expect_code(0);
    assert!(ended.stderr.contains("--exempt-role-arn"), "{}", ended.stderr);

    let url = |path: &str| format!("{}/{BUCKET}{path}", sandbox.url());
    let get = |path: &str| status(ureq::get(&url(path)).call());
    let old = sandbox.dump(BUCKET).into_iter().find(|v| v.key == "copied" && !v.is_latest);
    let old = format!("/copied?versionId={}", old.expect("an old version").version_id);
    assert_eq!((get("/copied"), get("/updated"), get(&old)), (200, 200, 200));
    ureq::put(&url("?policy")).send(policy_of(&ended)).expect("the sandbox takes it");
    assert_eq!((get("/copied"), get("/updated")), (200, 200), "marked");
    assert_eq!(get(&old), 403, "the old version keeps the old encryption");

    assert_eq!(status(ureq::put(&url("/new")).send("x")), 200, "uploads go on");
    assert_eq!(get("/new"), 403, "and can't be read until they are marked");
    let marked = ureq::put(&url("/marked")).header("x-amz-tagging", "sealed=yes");
    assert_eq!(status(marked.send("x")), 200);
    assert_eq!(get("/marked"), 200);
}

#[test]
fn nothing_is_asked_of_anybody_and_patterns_exempt_nobody() {
    let refused = Reseal::without_endpoint("guard")
        .args([BUCKET, "--offline", "--deny-untagged-reads", "--tag", "a=b"])
        .args(["--exempt-role-arn", "arn:aws:iam::111122223333:role/*"])
        .run()
        .expect_code(2);
    assert!(refused.stderr.contains("--exempt-role-arn"), "{}", refused.stderr);
    let role = "arn:aws:iam::111122223333:role/reseal";
    let exempting = Reseal::without_endpoint("guard")
        .args([
            BUCKET,
            "--offline",
            "--deny-untagged-reads",
            "--tag",
            "a=b",
            "--exempt-role-arn",
            role,
        ])
        .args(["--output", "json"])
        .run()
        .expect_code(0);
    let policy: Value = serde_json::from_str(&policy_of(&exempting)).expect("JSON");
    let condition = &policy["Statement"][0]["Condition"];
    assert_eq!(condition["StringNotEquals"]["aws:PrincipalArn"], json!([role]));
}
