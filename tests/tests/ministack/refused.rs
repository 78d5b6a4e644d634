//! What a run refuses there, and that a refusal costs no object anything.

use crate::world::{BUCKETS, EVERY_ENCRYPTION, PLAIN, UPDATABLE, VERSIONED, World, objects};

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
