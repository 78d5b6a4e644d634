//! On a server that isn't ours, which shows each account its own buckets only.

use reseal_tests::{Ministack, Reseal, Scratch, read_report};
use serde_json::{Value, json};

const OTHER: &str = "222233334444";
const ROLE: &str = "arn:aws:iam::222233334444:role/reseal";
const EACH: usize = 30;

fn account(bucket: &str) -> Value {
    let objects: Vec<Value> = (0..EACH)
        .map(|n| {
            json!({ "bucket": bucket, "key": format!("o{n:03}"), "body": format!("body {n}"),
                    "tags": { "n": n.to_string() } })
        })
        .collect();
    json!({ "keys": [], "buckets": [{ "name": bucket }], "objects": objects })
}

#[test]
fn on_ministack_one_job_spans_two_accounts() {
    let ministack = Ministack::start();
    let _ = ministack.seed(&account("central"));
    let _ = ministack.seed_as(OTHER, &account("team-a-data"));
    let scratch = Scratch::new("accounts-ministack");
    let run = |more: &[&str]| {
        Reseal::without_endpoint("run")
            .args(["--endpoint-url", ministack.url(), "s3://central", "s3://team-a-data"])
            .args(["--sse", "AES256", "--strategy", "copy", "--accept-unfenced-copies"])
            .args(["--yes", "--output", "json"])
            .args(more)
            .state(scratch.folder())
            .run()
    };
    let alone = run(&[]).expect_code(2);
    assert!(alone.stderr.contains("team-a-data"), "{}", alone.stderr);
    let before = ministack.see_as(OTHER, &["team-a-data"]);
    assert!(before.iter().all(|seen| seen.encryption.as_deref() == Some("NOT-SSE")));
    let ended = run(&["--assume-role-arn", &format!("team-*={ROLE}")]).expect_code(0);
    assert_eq!(read_report(&ended.report()).len(), 2 * EACH);
    let here = ministack.see(&["central"]);
    let there = ministack.see_as(OTHER, &["team-a-data"]);
    assert_eq!((here.len(), there.len()), (EACH, EACH));
    for seen in here.iter().chain(&there) {
        assert_eq!(seen.encryption.as_deref(), Some("SSE-S3"), "{seen:?}");
    }
    for (before, after) in before.iter().zip(&there) {
        assert_eq!(before.content(), after.content());
    }
}
