//! Retentions and legal holds.

use serde_json::json;

use crate::world::{World, kept};

/// Long after any test, and long before.
const LATER: i64 = 4_000_000_000_000;
const LONG_AGO: i64 = 1_000_000_000_000;

fn locked() -> World {
    let world = World::with_locks("");
    let retention = |mode: &str, until: i64| json!({ "mode": mode, "until": until });
    world.put(json!({ "key": "free", "size": 1, "encryption": "SSE-S3" }));
    world.put(json!({ "key": "held", "size": 2, "encryption": "SSE-S3", "legalHold": true }));
    world.put(json!({
        "key": "governed", "size": 3, "encryption": "SSE-S3",
        "retention": retention("GOVERNANCE", LATER), "tags": { "a": "b" },
    }));
    world.put(json!({
        "key": "compliant", "size": 4, "encryption": "SSE-S3",
        "retention": retention("COMPLIANCE", LATER),
    }));
    world.put(json!({
        "key": "ran-out", "size": 5, "encryption": "SSE-S3",
        "retention": retention("COMPLIANCE", LONG_AGO),
    }));
    world
}

#[test]
fn locked_objects_are_left_alone_unless_asked() {
    let world = locked();
    let before: Vec<_> =
        ["held", "governed", "compliant"].map(|key| (key, world.versions(key))).into();
    let ended = world.run(&[]).expect_code(3);
    let outcomes = world.outcomes(&ended);
    for (key, versions) in before {
        assert_eq!(outcomes[key], "skipped(locked)");
        assert_eq!(world.versions(key), versions);
    }
    assert_eq!((&*outcomes["free"], &*outcomes["ran-out"]), ("re-encrypted", "re-encrypted"));
}

#[test]
fn locked_copy_makes_a_version_under_the_same_lock_and_lifts_none() {
    let world = locked();
    let before: Vec<_> = ["held", "governed"].map(|key| (key, world.current(key))).into();
    let ended = world.run(&["--locked", "copy"]).expect_code(3);
    let outcomes = world.outcomes(&ended);
    for (key, old) in before {
        assert_eq!(outcomes[key], "re-encrypted", "{}", ended.stderr);
        assert_eq!(world.rows(&ended)[key].action, "copy");
        let versions = world.versions(key);
        assert_eq!(versions.len(), 2, "{versions:?}");
        assert_eq!(kept(&versions[0]), kept(&old));
        assert_eq!(versions[0].encryption.as_deref(), Some("SSE-KMS"));
        assert_eq!(versions[1].rest["etag"], old.rest["etag"]);
        assert_eq!(kept(&versions[1]), kept(&old));
    }
    assert_eq!(outcomes["compliant"], "skipped(locked)");
    // An update of what is free moves nothing.
    assert_eq!(world.versions("free").len(), 1);
}

#[test]
fn a_large_locked_object_keeps_its_lock_in_parts() {
    let world = World::with_locks("");
    world.put(json!({
        "key": "large", "size": 6 * crate::world::GIB, "encryption": "SSE-S3",
        "retention": { "mode": "GOVERNANCE", "until": LATER }, "legalHold": true,
    }));
    let before = world.current("large");
    let ended = world.run(&["--locked", "copy"]).expect_code(0);
    assert_eq!(world.rows(&ended)["large"].action, "multipart");
    assert_eq!(kept(&world.current("large")), kept(&before));
}

#[test]
fn annotations_of_a_large_locked_object_keep_it_as_it_is() {
    let world = World::with_locks("");
    world.put(json!({
        "key": "large", "size": 6 * crate::world::GIB, "encryption": "SSE-S3",
        "legalHold": true, "annotations": { "note": "1" },
    }));
    let before = world.versions("large");
    let ended = world.run(&["--locked", "copy"]).expect_code(3);
    assert_eq!(world.outcomes(&ended)["large"], "skipped(annotations)");
    assert_eq!(world.versions("large"), before);
}

#[test]
fn locks_that_cannot_be_seen_refuse_the_run() {
    for denied in ["GetObjectRetention", "GetObjectLegalHold"] {
        let world = locked();
        world.sandbox.admin("deny", &json!({ "bucket": null, "operations": [denied] }));
        let before = world.versions("governed");
        let ended = world.run(&["--strategy", "copy"]).expect_code(2);
        assert!(ended.stderr.contains(denied), "{}", ended.stderr);
        assert_eq!(world.versions("governed"), before);
    }
}

#[test]
fn a_bucket_that_locks_every_new_version_is_refused() {
    let world = World::with_locks(
        "<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule>",
    );
    let mutations = world.sandbox.mutations();
    let ended = world.run(&[]).expect_code(2);
    assert!(ended.stderr.contains("retention of its own"), "{}", ended.stderr);
    assert_eq!(world.sandbox.mutations(), mutations);
}
