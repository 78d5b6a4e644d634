//! ACLs, locks and marker tags, as somebody else's S3 keeps them.

use std::collections::BTreeMap;

use reseal_tests::Seen;
use serde_json::{Value, json};

use crate::world::{PLAIN, UPDATABLE, VERSIONED, World, all_are_at_target, objects};

const ACCEPT: &str = "--accept-unfenced-copies";
const EVERYBODY: &str = "uri=http://acs.amazonaws.com/groups/global/AllUsers";

fn current(seen: &[Seen]) -> BTreeMap<String, Seen> {
    let latest = seen.iter().filter(|version| version.is_latest);
    latest.map(|version| (version.key.clone(), version.clone())).collect()
}

fn shared() -> (World, Vec<Seen>) {
    let bucket = json!([{ "name": "shared", "ownership": "ObjectWriter" }]);
    let mut seeds = objects("shared", 4, &UPDATABLE);
    for seed in seeds.iter_mut().step_by(2) {
        seed["put"]["GrantRead"] = EVERYBODY.into();
    }
    let world = World::with_buckets(&bucket, &seeds);
    let before = world.ministack.see(&["shared"]);
    (world, before)
}

#[test]
fn object_acls_are_restated() {
    let (world, before) = shared();
    let grants = |seen: &Seen| seen.content["grants"].clone();
    assert!(before.iter().any(|seen| grants(seen).to_string().contains("AllUsers")), "{before:?}");
    let target = world.kms();
    let ended = world.run(&["shared"], &target, &[ACCEPT]).expect_code(0);
    all_are_at_target(&ended, &target, &before, &world.ministack.see(&["shared"]));
}

#[test]
fn object_acls_are_reset_on_demand() {
    let (world, before) = shared();
    let target = world.kms();
    let _ = world.run(&["shared"], &target, &[ACCEPT, "--accept-acl-reset"]).expect_code(0);
    let (before, after) = (current(&before), current(&world.ministack.see(&["shared"])));
    assert!(after.values().all(|seen| !seen.content["grants"].to_string().contains("AllUsers")));
    assert_ne!(before.len(), 0);
    for (key, seen) in after {
        let without = |mut content: BTreeMap<String, Value>| {
            content.remove("grants");
            content
        };
        assert_eq!(without(seen.content), without(before[&key].content.clone()), "{key}");
    }
}

#[test]
fn held_objects_are_left_alone_or_copied_under_their_hold() {
    let bucket = json!([{ "name": "locked", "lock": true }]);
    let mut seeds = objects("locked", 4, &UPDATABLE);
    for seed in seeds.iter_mut().step_by(2) {
        seed["put"]["ObjectLockLegalHoldStatus"] = "ON".into();
    }
    let world = World::with_buckets(&bucket, &seeds);
    let (before, target) = (current(&world.ministack.see(&["locked"])), world.kms());
    let is_held = |seen: &Seen| seen.content["lock"] == json!(["ON"]);
    assert_eq!(before.values().filter(|seen| is_held(seen)).count(), 2, "{before:?}");
    let _ = world.run(&["locked"], &target, &[ACCEPT]).expect_code(3);
    for (key, seen) in current(&world.ministack.see(&["locked"])) {
        let free = !is_held(&before[&key]);
        assert_eq!(target.is_met_by(&seen), free, "{key}");
        assert_eq!(seen.content(), before[&key].content(), "{key}");
    }
    let _ = world.run(&["locked"], &target, &[ACCEPT, "--locked", "copy"]).expect_code(0);
    for (key, seen) in current(&world.ministack.see(&["locked"])) {
        assert!(target.is_met_by(&seen), "{key}");
        assert_eq!(seen.content(), before[&key].content(), "{key}");
    }
}

#[test]
fn what_is_at_the_target_is_marked() {
    let seeds = [PLAIN, VERSIONED].map(|bucket| objects(bucket, 6, &UPDATABLE)).concat();
    let world = World::new(&seeds);
    let (before, target) = (world.see(), world.kms());
    let tagged = [ACCEPT, "--tag", "sealed=yes"];
    let _ = world.run(&[PLAIN, VERSIONED], &target, &tagged).expect_code(0);
    let tags = |seen: &Seen| seen.content["tags"].as_object().cloned().unwrap_or_default();
    for bucket in [PLAIN, VERSIONED] {
        let of = |seen: &[Seen]| -> BTreeMap<String, Seen> {
            let own: Vec<Seen> = seen.iter().filter(|s| s.bucket == bucket).cloned().collect();
            current(&own)
        };
        let before = of(&before);
        for (key, seen) in of(&world.see()) {
            let mut wanted = tags(&before[&key]);
            wanted.insert("sealed".to_owned(), "yes".into());
            assert_eq!(tags(&seen), wanted, "{key}");
        }
    }
}
