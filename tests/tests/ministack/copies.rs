//! Whole runs: every object at the target, and nothing else about it changed.

use serde_json::Value;

use crate::world::{
    BUCKETS, EVERY_ENCRYPTION, HOSTILE, PLAIN, Target, UNSPEAKABLE, VERSIONED, World,
    all_are_at_target, object, objects,
};

const COPY: [&str; 3] = ["--strategy", "copy", "--accept-unfenced-copies"];

fn seeds() -> Vec<Value> {
    let mut seeds = BUCKETS.map(|bucket| objects(bucket, 120, &EVERY_ENCRYPTION)).concat();
    let keys = HOSTILE.iter().enumerate();
    seeds.extend(keys.clone().map(|(n, key)| object(VERSIONED, key, n, "NOT-SSE")));
    // ministack can't list the rest where it must list versions.
    let keys = keys.chain(UNSPEAKABLE.iter().enumerate());
    seeds.extend(keys.map(|(n, key)| object(PLAIN, key, n, "NOT-SSE")));
    seeds
}

fn runs_to(target: impl Fn(&World) -> Target) {
    let seeds = seeds();
    let world = World::new(&seeds);
    let (before, target) = (world.see(), target(&world));
    assert_eq!(before.len(), seeds.len(), "ministack lost a seed");
    let ended = world.run(&BUCKETS, &target, &COPY).expect_code(0);
    let after = world.see();
    all_are_at_target(&ended, &target, &before, &after);
    let scratch = after.iter().filter(|seen| seen.key.starts_with(".reseal-probe/"));
    assert_eq!(scratch.count(), 0, "scratch objects were left behind");

    // The same again finds everything done.
    let writes = world.writes_to_objects();
    let ended = world.run(&BUCKETS, &target, &COPY).expect_code(0);
    assert_eq!(ended.json()["totals"]["overall"]["already_compliant"], seeds.len());
    assert_eq!(world.writes_to_objects(), writes);
}

#[test]
fn everything_ends_under_the_kms_key() {
    runs_to(World::kms);
}

#[test]
fn everything_ends_under_sse_s3() {
    runs_to(|_| World::sse_s3());
}
