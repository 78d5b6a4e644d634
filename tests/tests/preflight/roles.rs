//! `--reader-role-arn`: a reader that the new key locks out refuses the run.

use serde_json::json;

use crate::world::{BUCKET, Target, World};

const READER: &str = "arn:aws:iam::111122223333:role/reader";
const OTHER: &str = "arn:aws:iam::111122223333:role/other";

fn world() -> World {
    let world = World::new();
    for role in [READER, OTHER] {
        world.sandbox.admin("roles", &json!({ "arn": role }));
    }
    world
}

impl World {
    fn lock_out(&self, roles: &[&str]) {
        self.sandbox.admin("keys", &json!({ "key": "alias/new", "deniedRoles": roles }));
    }

    fn encryption(&self) -> String {
        let dump = self.sandbox.dump(BUCKET);
        assert_eq!(dump.len(), 1, "{dump:#?}");
        dump[0].encryption.clone().expect("an encryption")
    }
}

#[test]
fn a_reader_that_the_key_locks_out_refuses_the_run() {
    let world = world();
    world.lock_out(&[OTHER]);
    let named = ["--reader-role-arn", READER, "--reader-role-arn", OTHER];
    for strategy in ["auto", "update", "copy"] {
        let ended = world.run(Target::Kms, &[&named[..], &["--strategy", strategy]].concat());
        let ended = ended.expect_code(2);
        let last = ended.stderr.lines().last().unwrap_or_default();
        for word in [OTHER, &world.key, "kms:Decrypt is missing"] {
            assert!(last.contains(word), "{strategy}: no '{word}' in {}", ended.stderr);
        }
        assert!(!last.contains(READER), "{last}");
        assert_eq!(world.encryption(), "NOT-SSE", "{strategy}");
    }
}

#[test]
fn readers_that_the_key_serves_let_the_run_go_on() {
    let world = world();
    let named = ["--reader-role-arn", READER, "--reader-role-arn", OTHER];
    let probe = world.reseal("probe", Target::Kms).args(named).run().expect_code(0);
    for role in [READER, OTHER] {
        assert!(probe.stdout.contains(&format!("{role} reads what is under")), "{}", probe.stdout);
    }
    let _ = world.run(Target::Kms, &named).expect_code(0);
    assert_eq!(world.encryption(), "SSE-KMS");
}

#[test]
fn a_role_that_can_not_be_assumed_refuses_the_run() {
    let world = World::new();
    let ended = world.run(Target::Kms, &["--reader-role-arn", READER]).expect_code(2);
    for word in [READER, "sts:AssumeRole"] {
        assert!(ended.stderr.contains(word), "no '{word}' in {}", ended.stderr);
    }
    assert_eq!(world.encryption(), "NOT-SSE");
}

/// Readers are no part of what makes a job this job: whoever is named at a
/// resumed run is tried, and can stop it.
#[test]
fn readers_are_tried_again_when_a_job_is_resumed() {
    let world = world();
    let many: Vec<_> = (0..400)
        .map(|n| json!({ "bucket": BUCKET, "key": format!("k{n:03}"), "size": 1 }))
        .collect();
    world.sandbox.admin("objects", &json!(many));
    let resumed = |more: &[&str]| world.run(Target::Kms, &[more, &["--output", "json"]].concat());
    let slow = ["--rate", "20", "--reader-role-arn", READER];
    let running = world.reseal("run", Target::Kms).args(slow).args(["--yes"]).start();
    let copies = || world.sandbox.requests().get("CopyObject").copied().unwrap_or(0);
    reseal_tests::wait_until("the first objects", || copies() > 20);
    running.kill_9();
    world.lock_out(&[READER]);
    let refused = resumed(&["--reader-role-arn", READER]).expect_code(2);
    assert!(refused.stderr.contains("kms:Decrypt is missing"), "{}", refused.stderr);
    world.lock_out(&[]);
    let ended = resumed(&["--reader-role-arn", READER]).expect_code(0);
    assert!(ended.stderr.contains("resuming job"), "{}", ended.stderr);
}

#[test]
fn what_is_no_role_and_targets_without_a_key() {
    let world = world();
    let refused = |target, role: &str| {
        let ended = world.run(target, &["--reader-role-arn", role]).expect_code(2);
        assert!(ended.stderr.contains("--reader-role-arn"), "{}", ended.stderr);
    };
    refused(Target::Kms, "arn:aws:iam::111122223333:user/reader");
    refused(Target::S3, READER);
}
