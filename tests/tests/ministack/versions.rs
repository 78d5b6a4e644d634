//! A versioned bucket: one new version for each object, none for the rest.

use reseal_tests::{Seen, read_report};
use serde_json::{Value, json};

use crate::world::{
    EVERY_ENCRYPTION, HOSTILE, UPDATABLE, VERSIONED, World, all_are_at_target, by_place, object,
    objects,
};

/// Objects from before versioning, objects with several versions, and keys
/// that are deleted.
fn seeds() -> Vec<Value> {
    let mut seeds = objects(VERSIONED, 40, &EVERY_ENCRYPTION);
    seeds.push(json!({ "bucket": VERSIONED, "versioning": true }));
    for n in 0..12 {
        let encryption = UPDATABLE[n % UPDATABLE.len()];
        seeds.extend((0..3).map(|v| object(VERSIONED, &format!("deep/{n}"), n + v, encryption)));
        let gone = format!("gone/{n}");
        seeds.push(object(VERSIONED, &gone, n, encryption));
        seeds.push(json!({ "bucket": VERSIONED, "key": gone, "delete": true }));
    }
    // One that was deleted and came back.
    seeds.push(object(VERSIONED, "gone/0", 1, "NOT-SSE"));
    seeds
}

fn world(seeds: &[Value]) -> World {
    World::with_buckets(&json!([{ "name": VERSIONED }]), seeds)
}

#[test]
fn each_object_gets_exactly_one_new_version() {
    let world = world(&seeds());
    let (before, target) = (world.ministack.see(&[VERSIONED]), world.kms());
    let arguments = ["--strategy", "copy", "--accept-unfenced-copies"];
    let ended = world.run(&[VERSIONED], &target, &arguments).expect_code(0);
    let after = world.ministack.see(&[VERSIONED]);
    all_are_at_target(&ended, &target, &before, &after);

    let (was, is) = (by_place(&before), by_place(&after));
    assert!(was.keys().eq(is.keys()), "a key came or went");
    let mut copied = 0;
    for (place, old) in &was {
        let latest = old.iter().find(|v| v.is_latest).expect("a latest version");
        let untouched = latest.is_delete_marker || target.is_met_by(latest);
        copied += usize::from(!untouched);
        assert_eq!(is[place].len(), old.len() + usize::from(!untouched), "{place:?}");
        for version in old {
            is_still_there(version, &is[place]);
        }
    }
    assert_eq!(copied, 30 + 12 + 1);
}

/// As it was, but for its being the latest.
fn is_still_there(version: &Seen, now: &[&Seen]) {
    let same = now.iter().find(|other| other.version == version.version).expect("is still there");
    let latest = Seen { is_latest: version.is_latest, ..(*same).clone() };
    assert_eq!(*version, latest);
}

/// Old versions are told of, with delete markers, and not copied: that would
/// bring them back. Keys are hostile: ministack lists versions unencoded.
#[test]
fn old_versions_are_reported_and_left_alone() {
    let mut seeds = vec![json!({ "bucket": VERSIONED, "versioning": true })];
    for (n, key) in HOSTILE.iter().enumerate() {
        seeds.extend((0..2).map(|v| object(VERSIONED, key, n + v, "NOT-SSE")));
    }
    seeds.push(json!({ "bucket": VERSIONED, "key": HOSTILE[0], "delete": true }));
    let world = world(&seeds);
    let (before, target) = (world.ministack.see(&[VERSIONED]), world.kms());
    let arguments = ["--versions", "all", "--accept-unfenced-copies"];
    let ended = world.run(&[VERSIONED], &target, &arguments).expect_code(3);
    let mut expected: Vec<_> = before.iter().map(|seen| (seen.key.clone(), fate(seen))).collect();
    let rows = read_report(&ended.report());
    let mut found: Vec<_> =
        rows.iter().map(|row| (row.key.clone(), [row.outcome.as_str(), &row.reason])).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    let after = world.ministack.see(&[VERSIONED]);
    assert_eq!(after.len(), before.len() + HOSTILE.len() - 1);
    let is = by_place(&after);
    for version in &before {
        is_still_there(version, &is[&version.place()]);
    }
}

fn fate(seen: &Seen) -> [&'static str; 2] {
    match (seen.is_delete_marker, seen.is_latest) {
        (true, _) => ["skipped", "delete-marker"],
        (false, true) => ["re-encrypted", ""],
        (false, false) => ["skipped", "noncurrent"],
    }
}
