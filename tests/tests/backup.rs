//! `--backup-to`: what a copy replaces for good is copied first, and the report
//! says where.

use std::collections::BTreeMap;

use reseal_tests::{ReportRow, Reseal, Sandbox, Scratch, Version, read_report, wait_until};
use serde_json::json;

const DATA: &str = "data";
const BACKUPS: &str = "backups";
const GIB: u64 = 1 << 30;

struct World {
    sandbox: Sandbox,
    scratch: Scratch,
}

impl World {
    fn new(versioning: Option<&str>) -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket(DATA, versioning);
        sandbox.bucket(BACKUPS, None);
        Self { sandbox, scratch: Scratch::new("backup") }
    }

    fn put(&self, key: &str, size: u64, encryption: &str) {
        self.sandbox.admin(
            "objects",
            &json!([{
                "bucket": DATA, "key": key, "size": size, "encryption": encryption,
                "metadata": { "of": key }, "tags": { "team": "a b" },
                "storageClass": "STANDARD_IA",
            }]),
        );
    }

    fn run(&self, arguments: &[&str]) -> Reseal {
        Reseal::new("run", &self.sandbox)
            .args([&format!("s3://{DATA}"), "--sse", "AES256", "--yes", "--output", "json"])
            .args(arguments)
            .state(self.scratch.folder())
    }

    fn contents(&self, bucket: &str) -> BTreeMap<String, Version> {
        let versions = self.sandbox.dump(bucket).into_iter();
        versions.filter(|v| v.is_latest).map(|v| (v.key.clone(), v)).collect()
    }
}

fn backup_key(row: &ReportRow) -> &str {
    row.backup.strip_prefix(&format!("s3://{BACKUPS}/")).expect("a backup in that bucket")
}

#[test]
fn what_is_replaced_lies_where_the_report_says() {
    let world = World::new(None);
    for (key, size) in [("small", 10), ("a b?c#é", 0), ("large", 6 * GIB)] {
        world.put(key, size, "NOT-SSE");
    }
    let long = "k".repeat(1_024);
    world.put(&long, 5, "NOT-SSE");
    world.put("done", 10, "SSE-S3");
    let before = world.contents(DATA);

    let to = format!("s3://{BACKUPS}/old");
    let ended = world.run(&["--backup-to", &to]).run().expect_code(0);
    let job = ended.json()["job"].as_str().expect("a job").to_owned();
    let rows = read_report(&ended.report());
    let (after, backups) = (world.contents(DATA), world.contents(BACKUPS));
    assert_eq!(rows.len(), before.len());
    let mut backed_up = 0;
    for row in &rows {
        assert_eq!(before[&row.key].content(), after[&row.key].content(), "{row:?}");
        assert_eq!(after[&row.key].encryption.as_deref(), Some("SSE-S3"), "{row:?}");
        if row.outcome == "already-compliant" {
            assert_eq!(row.backup, "", "nothing was replaced");
            continue;
        }
        backed_up += 1;
        let key = backup_key(row);
        let plain = format!("old/{job}/{DATA}/{}", row.key);
        assert!(key == plain || row.key == long, "{row:?}");
        let backup = &backups[key];
        assert_eq!(backup.content(), before[&row.key].content(), "{row:?}");
        assert_eq!(backup.encryption.as_deref(), Some("SSE-S3"), "no new plain copy");
    }
    assert_eq!(backed_up, 4);
    assert_eq!(backups.len(), backed_up, "and nothing else is left in there");
}

#[test]
fn a_bucket_that_keeps_old_versions_needs_none() {
    let world = World::new(Some("Enabled"));
    world.put("a", 10, "NOT-SSE");
    let ended = world.run(&["--backup-to", &format!("s3://{BACKUPS}")]).run().expect_code(0);
    let rows = read_report(&ended.report());
    assert_eq!((rows[0].outcome.as_str(), rows[0].backup.as_str()), ("re-encrypted", ""));
    assert_eq!(world.contents(BACKUPS).len(), 0);
}

#[test]
fn an_object_that_cannot_be_backed_up_is_left_alone() {
    let world = World::new(None);
    for n in 0..100 {
        world.put(&format!("o{n:03}"), 10, "NOT-SSE");
    }
    let before = world.contents(DATA);
    let to = format!("s3://{BACKUPS}/old");
    let limits = ["--rate", "8", "--failure-threshold", "100%"];
    let running = world.run(&["--backup-to", &to]).args(limits).start();
    wait_until("10 backups", || world.contents(BACKUPS).len() >= 10);
    let deny = json!({ "bucket": BACKUPS, "operations": ["CopyObject"] });
    world.sandbox.admin("deny", &deny);
    let rows = read_report(&running.wait().expect_code(3).report());

    let after = world.contents(DATA);
    let failed: Vec<_> = rows.iter().filter(|row| row.outcome == "failed").collect();
    assert!((1..=90).contains(&failed.len()), "{} failed", failed.len());
    for row in failed {
        assert_eq!(row.reason, "denied", "{row:?}");
        assert_eq!(after[&row.key], before[&row.key], "{row:?}");
    }
    for row in rows.iter().filter(|row| row.outcome == "re-encrypted") {
        let backup = &world.contents(BACKUPS)[backup_key(row)];
        assert_eq!(backup.content(), before[&row.key].content(), "{row:?}");
    }

    // The probe finds out beforehand, next time.
    let fresh = Scratch::new("backup-denied");
    let ended = Reseal::new("run", &world.sandbox)
        .args([&format!("s3://{DATA}"), "--sse", "AES256", "--yes", "--backup-to", &to])
        .state(fresh.folder())
        .run()
        .expect_code(2);
    assert!(ended.stderr.contains(BACKUPS), "{}", ended.stderr);
}

#[test]
fn a_place_that_will_not_do_is_refused_before_anything_is_touched() {
    let world = World::new(None);
    world.put("a", 10, "NOT-SSE");
    for (to, word) in [
        (format!("s3://{DATA}/old"), "works on that bucket itself"),
        ("s3://nobodys-bucket".to_owned(), "does not exist"),
        ("backups".to_owned(), "must look like s3://"),
    ] {
        let mutations = world.sandbox.mutations();
        let ended = world.run(&["--backup-to", &to]).run().expect_code(2);
        assert!(ended.stderr.contains(word), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        assert_eq!(world.sandbox.mutations(), mutations);
    }
}

/// Versioning was suspended after a version with an id lay above `null`: a
/// copy would take the place of `null`.
#[test]
fn an_older_version_named_null_is_not_replaced() {
    let world = World::new(None);
    for key in ["covered", "free"] {
        if key == "covered" {
            world.put(key, 10, "NOT-SSE");
        }
        world.sandbox.set_versioning(DATA, "Enabled");
        world.put(key, 20, "NOT-SSE");
        world.sandbox.set_versioning(DATA, "Suspended");
    }
    let ended = world.run(&[]).run().expect_code(3);
    let rows = read_report(&ended.report());
    let told = |key: &str| {
        let row = rows.iter().find(|row| row.key == key).expect("a row");
        (row.outcome.clone(), row.reason.clone())
    };
    let words = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(told("covered"), words("skipped", "replaces-version"));
    assert_eq!(told("free"), words("re-encrypted", ""));
    let covered = world.sandbox.dump(DATA).into_iter().filter(|v| v.key == "covered").count();
    assert_eq!(covered, 2, "both versions are there");
}

/// What was judged when the job began no longer holds.
#[test]
fn a_job_does_not_go_on_once_its_bucket_keeps_no_versions() {
    let world = World::new(None);
    for n in 0..60 {
        world.put(&format!("o{n:02}"), 10, "NOT-SSE");
    }
    world.sandbox.set_versioning(DATA, "Enabled");
    for n in 0..60 {
        world.put(&format!("o{n:02}"), 20, "NOT-SSE");
    }
    let nulls = || {
        let versions = world.sandbox.dump(DATA).into_iter();
        let nulls = versions.filter(|v| v.version_id == "null" && v.rest["size"] == 10);
        nulls.count()
    };
    let copies = || world.sandbox.requests().get("CopyObject").copied().unwrap_or(0);
    let slowly = ["--strategy", "copy", "--rate", "4"];
    let running = world.run(&slowly).start();
    wait_until("20 copies", || copies() >= 20);
    running.signal("INT");
    let interrupted = running.wait().expect_code(130).json();
    assert_eq!(interrupted["exit_code"], 130);
    world.sandbox.set_versioning(DATA, "Suspended");
    let ended = world.run(&slowly).run().expect_code(2);
    assert!(ended.stderr.contains("its versioning changed"), "{}", ended.stderr);
    assert_eq!(nulls(), 60, "every old version is there");
}

/// At most what is in flight is lost when it happens in mid-run.
#[test]
fn a_run_pauses_once_its_bucket_keeps_no_versions() {
    let world = World::new(Some("Enabled"));
    for n in 0..100 {
        world.put(&format!("o{n:03}"), 10, "NOT-SSE");
    }
    let copies = || world.sandbox.requests().get("CopyObject").copied().unwrap_or(0);
    let slowly = ["--strategy", "copy", "--rate", "5", "--concurrency", "2"];
    let running = world.run(&slowly).start();
    wait_until("20 copies", || copies() >= 20);
    world.sandbox.set_versioning(DATA, "Suspended");
    let ended = running.wait().expect_code(1);
    assert_eq!(ended.json()["state"], json!({ "paused": "versioning" }));
    assert!(ended.stderr.contains("versioning"), "{}", ended.stderr);
}
