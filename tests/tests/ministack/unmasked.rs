//! ministack takes UpdateObjectEncryption for an upload and replaces the
//! object's bytes with the request's XML. Only the probe may find that out,
//! and only on a scratch object.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::world::{BUCKETS, UPDATABLE, World, all_are_at_target, objects};

const ACCEPT: &str = "--accept-unfenced-copies";

fn world() -> World {
    World::new(&BUCKETS.map(|bucket| objects(bucket, 20, &UPDATABLE)).concat())
}

fn finding<'a>(probe: &'a Value, tried: &str) -> &'a Value {
    let findings = probe["findings"].as_array().expect("findings");
    let is_meant = |f: &&Value| f["tried"].as_str().is_some_and(|words| words.contains(tried));
    findings.iter().find(is_meant).expect("was tried")
}

#[test]
fn the_probe_unmasks_an_update_that_replaces_the_bytes() {
    let world = world();
    let before = world.see();
    let probe = world.reseal("probe", &BUCKETS, &world.kms()).args([ACCEPT]);
    let probes = probe.run().expect_code(0).json();
    let probes = probes.as_array().expect("one for each bucket");
    assert_eq!(probes.len(), BUCKETS.len());
    for probe in probes {
        let update = finding(probe, "UpdateObjectEncryption");
        let seen = update["seen"].as_str().expect("words");
        assert!(seen.contains("replaced the object's bytes"), "{probe}");
        assert_eq!(update["as_documented"], false);
        assert_eq!(finding(probe, "If-Match on the destination")["as_documented"], false);
        assert_eq!(finding(probe, "bucket-key")["as_documented"], false);
        assert_eq!(finding(probe, "tags")["as_documented"], true);
        for capability in ["update", "destination_guard", "bucket_key_reported"] {
            assert_eq!(probe["capabilities"][capability], false, "{capability}: {probe}");
        }
    }
    assert_eq!(world.see(), before, "something was changed or left behind");
    world.only_scratch_was_written(&BUCKETS);
}

/// Copies in parts are fenced there, unlike single ones. In versioned buckets
/// they lose tags: what only they could copy is then left alone.
#[test]
fn the_probe_finds_out_about_copies_in_parts() {
    let world = world();
    let before = world.see();
    let probe = world.reseal("probe", &BUCKETS, &world.kms()).args([ACCEPT]);
    for probe in probe.run().expect_code(0).json().as_array().expect("one for each bucket") {
        assert_eq!(finding(probe, "completion of parts")["as_documented"], true, "{probe}");
        assert_eq!(probe["capabilities"]["parts_guard"], true);
        let kept = probe["bucket"] != "versioned";
        assert_eq!(probe["capabilities"]["parts"], kept, "{probe}");
        let seen = finding(probe, "a copy in parts")["seen"].as_str().expect("words");
        assert!(kept || seen.contains("lost the scratch object's tags"), "{seen}");
    }
    assert_eq!(world.see(), before, "something was changed or left behind");
}

/// Every object here is one that UpdateObjectEncryption would be chosen for.
#[test]
fn auto_copies_where_update_replaces_the_bytes() {
    let world = world();
    let (before, target) = (world.see(), world.kms());
    let ended = world.run(&BUCKETS, &target, &["--strategy", "auto", ACCEPT]).expect_code(0);
    all_are_at_target(&ended, &target, &before, &world.see());
    let mut writes: BTreeMap<String, u32> = BTreeMap::new();
    for request in world.writes_to_objects() {
        *writes.entry(request.path).or_default() += 1;
    }
    assert_eq!(writes.len(), 2 * 20);
    assert!(writes.values().all(|count| *count == 1), "more than the one copy each: {writes:?}");
}
