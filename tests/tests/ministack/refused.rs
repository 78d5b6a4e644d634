//! What a run refuses there, and that a refusal costs no object anything.

use serde_json::json;

use crate::world::{
    BUCKETS, EVERY_ENCRYPTION, PLAIN, UPDATABLE, VERSIONED, World, all_are_at_target, objects,
};

const ACCEPT: &str = "--accept-unfenced-copies";

/// ministack ignores If-Match on a copy's destination: only the probe can know.
#[test]
fn copies_that_cannot_be_fenced_are_refused() {
    let seeds = BUCKETS.map(|bucket| objects(bucket, 12, &EVERY_ENCRYPTION)).concat();
    let world = World::new(&seeds);
    let before = world.see();
    for target in [world.kms(), World::sse_s3()] {
        for strategy in ["copy", "auto"] {
            let ended = world.run(&BUCKETS, &target, &["--strategy", strategy]).expect_code(2);
            let last = ended.stderr.lines().last().unwrap_or_default();
            assert!(last.contains(ACCEPT), "{}", ended.stderr);
            assert!(ended.stdout.is_empty(), "{}", ended.stdout);
        }
    }
    assert_eq!(world.see(), before, "something was changed or left behind");
    world.only_scratch_was_written(&BUCKETS);
}

#[test]
fn update_only_is_refused_where_update_replaces_the_bytes() {
    let seeds = BUCKETS.map(|bucket| objects(bucket, 6, &UPDATABLE)).concat();
    let world = World::new(&seeds);
    let before = world.see();
    for bucket in [PLAIN, VERSIONED] {
        let ended = world.run(&[bucket], &world.kms(), &["--strategy", "update"]).expect_code(2);
        assert!(ended.stderr.contains("--strategy update needs"), "{}", ended.stderr);
    }
    assert_eq!(world.see(), before, "something was changed or left behind");
    world.only_scratch_was_written(&BUCKETS);
}

/// ministack knows no DSSE. A run must not take SSE-KMS for it.
#[test]
fn a_target_that_the_endpoint_does_not_know_is_refused() {
    let world = World::new(&objects(PLAIN, 4, &UPDATABLE));
    let before = world.see();
    let mut target = world.kms();
    target.arguments[1] = "aws:kms:dsse".to_owned();
    let ended = world.run(&[PLAIN], &target, &[ACCEPT]).expect_code(2);
    assert!(ended.stderr.contains("dsse"), "{}", ended.stderr);
    assert_eq!(world.see(), before, "something was changed or left behind");
}

/// A copy and the probe's scratch objects would fall under its retention.
#[test]
fn a_bucket_with_object_lock_is_refused() {
    let bucket = json!([{ "name": "locked", "lock": true }]);
    let world = World::with_buckets(&bucket, &objects("locked", 4, &UPDATABLE));
    let before = world.ministack.see(&["locked"]);
    let ended = world.run(&["locked"], &world.kms(), &[ACCEPT]).expect_code(2);
    assert!(ended.stderr.contains("has Object Lock on"), "{}", ended.stderr);
    assert_eq!(world.ministack.see(&["locked"]), before);
    assert_eq!(world.writes(), [], "not even a scratch object");
}

/// A copy resets object ACLs.
#[test]
fn a_bucket_with_object_acls_is_refused_unless_that_is_accepted() {
    let bucket = json!([{ "name": "shared", "ownership": "ObjectWriter" }]);
    let world = World::with_buckets(&bucket, &objects("shared", 4, &UPDATABLE));
    let (before, target) = (world.ministack.see(&["shared"]), world.kms());
    let ended = world.run(&["shared"], &target, &[ACCEPT]).expect_code(2);
    assert!(ended.stderr.contains("--accept-acl-reset"), "{}", ended.stderr);
    assert_eq!(world.ministack.see(&["shared"]), before);
    assert_eq!(world.writes(), [], "not even a scratch object");

    let ended = world.run(&["shared"], &target, &[ACCEPT, "--accept-acl-reset"]).expect_code(0);
    all_are_at_target(&ended, &target, &before, &world.ministack.see(&["shared"]));
}
