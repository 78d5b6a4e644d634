//! `kill -9` in mid-run, ten times, and the same command again each time.

use std::collections::BTreeMap;

use reseal_tests::{Reseal, Sandbox, Scratch, read_report, wait_until};
use serde_json::json;

const BUCKET: &str = "killed";
const OBJECTS: u32 = 1_500;
const KILLS: u32 = 10;
const GIB: u64 = 1 << 30;

/// A versioned bucket, where a repeated copy would show as a version too many.
fn world() -> Sandbox {
    let sandbox = Sandbox::start(&[]);
    sandbox.bucket(BUCKET, Some("Enabled"));
    let _ = sandbox.key("alias/target");
    let plain = (0..OBJECTS).map(|n| {
        json!({ "bucket": BUCKET, "key": format!("d{}/o{n:05}", n % 7), "size": 1000 + n,
                "encryption": if n % 3 == 0 { "NOT-SSE" } else { "SSE-S3" },
                "tags": { "n": n.to_string() } })
    });
    let large = (0..3).map(|n| {
        json!({ "bucket": BUCKET, "key": format!("large/{n}"), "size": 6 * GIB + n,
                "encryption": "NOT-SSE" })
    });
    let objects: Vec<_> = plain.chain(large).collect();
    sandbox.admin("objects", &json!(objects));
    sandbox.admin("limits", &json!({ "latencyMs": 10 }));
    sandbox
}

fn command(sandbox: &Sandbox, scratch: &Scratch) -> Reseal {
    Reseal::new("run", sandbox)
        .args([&format!("s3://{BUCKET}"), "--sse", "aws:kms", "--kms-key", "alias/target"])
        // Copies only: the action that could be repeated with harm.
        .args(["--strategy", "copy", "--concurrency", "16", "--chunk-rows", "200"])
        .args(["--yes", "--output", "json"])
        .state(scratch.folder())
}

/// Waits until this many more mutations were seen, so that every kill lands
/// in the middle of work, however fast the machine is.
fn wait_for_progress(sandbox: &Sandbox, running: &mut reseal_tests::Running, more: u64) -> bool {
    let goal = sandbox.mutations() + more;
    wait_until("more mutations", || sandbox.mutations() >= goal || running.has_ended());
    !running.has_ended()
}

#[test]
fn ten_kills_cost_no_object_and_make_no_version_too_many() {
    let (sandbox, scratch) = (world(), Scratch::new("kill"));
    let mut kills = 0;
    for round in 0..KILLS {
        // So slowly that a kill may take its time.
        let mut running = command(&sandbox, &scratch).args(["--rate", "60"]).start();
        // Beyond the probe's own requests, and at another place each time.
        if wait_for_progress(&sandbox, &mut running, 60 + u64::from(round) * 7) {
            running.kill_9();
            kills += 1;
        } else {
            break;
        }
    }
    assert_eq!(kills, KILLS, "the job ended before it was killed often enough");

    let ended = command(&sandbox, &scratch).run().expect_code(0);
    let rows = read_report(&ended.report());
    let mut outcomes: BTreeMap<&str, u32> = BTreeMap::new();
    for row in &rows {
        *outcomes.entry(row.outcome.as_str()).or_default() += 1;
    }
    assert_eq!(rows.len() as u32, OBJECTS + 3, "{outcomes:?}");
    let settled: u32 = outcomes.values().sum();
    assert_eq!(settled, OBJECTS + 3);
    let total = &ended.json()["totals"]["overall"];
    assert_eq!(total["re_encrypted"], *outcomes.get("re-encrypted").unwrap_or(&0));

    let mut versions: BTreeMap<String, u32> = BTreeMap::new();
    for version in sandbox.dump(BUCKET) {
        *versions.entry(version.key.clone()).or_default() += 1;
        if version.is_latest {
            assert_eq!(version.encryption.as_deref(), Some("SSE-KMS"), "{version:?}");
        }
    }
    versions.retain(|key, _| !key.starts_with(".reseal-probe/"));
    assert_eq!(versions.len() as u32, OBJECTS + 3);
    let doubled: Vec<_> = versions.iter().filter(|(_, count)| **count != 2).collect();
    assert!(doubled.is_empty(), "old and new version each, but: {doubled:?}");
    assert_eq!(unfinished_uploads(&sandbox), 0);
}

fn unfinished_uploads(sandbox: &Sandbox) -> u64 {
    let requests = sandbox.requests();
    let count = |name: &str| requests.get(name).copied().unwrap_or(0);
    count("CreateMultipartUpload")
        .saturating_sub(count("CompleteMultipartUpload") + count("AbortMultipartUpload"))
}
