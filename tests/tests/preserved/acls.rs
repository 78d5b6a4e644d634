//! Grants and owners.

use serde_json::json;

use crate::world::{World, kept};

#[test]
fn an_object_of_another_owner_is_left_alone() {
    let world = World::new(Some("Enabled"), "ObjectWriter");
    world.put(json!({ "key": "ours", "size": 1 }));
    world.put(json!({
        "key": "theirs", "size": 1, "owner": "999900001111",
        "grants": [
            { "to": "999900001111", "permission": "FULL_CONTROL" },
            { "to": "111122223333", "permission": "FULL_CONTROL" },
        ],
    }));
    let before = world.versions("theirs");
    let ended = world.run(&["--strategy", "copy"]).expect_code(3);
    let outcomes = world.outcomes(&ended);
    assert_eq!(outcomes["theirs"], "skipped(foreign-owner)");
    assert_eq!(outcomes["ours"], "re-encrypted");
    assert_eq!(world.versions("theirs"), before);
}

#[test]
fn grants_are_given_up_only_on_demand() {
    let world = World::new(None, "ObjectWriter");
    let grants = json!([
        { "to": "111122223333", "permission": "FULL_CONTROL" },
        { "to": "AllUsers", "permission": "READ" },
    ]);
    world.put(json!({ "key": "public", "size": 1, "grants": grants }));
    let before = world.current("public");
    let _ = world.run(&["--strategy", "copy", "--accept-acl-reset"]).expect_code(0);
    let after = world.current("public");
    assert_ne!(kept(&after), kept(&before));
    assert!(!after.rest.contains_key("grants"), "{after:?}");
}

#[test]
fn grants_that_may_not_be_read_refuse_the_run() {
    let world = World::new(Some("Enabled"), "ObjectWriter");
    world.put(json!({ "key": "k", "size": 1 }));
    world.sandbox.admin("deny", &json!({ "bucket": null, "operations": ["GetObjectAcl"] }));
    let before = world.versions("k");
    let ended = world.run(&["--strategy", "copy"]).expect_code(2);
    assert!(ended.stderr.contains("s3:GetObjectAcl"), "{}", ended.stderr);
    assert_eq!(world.versions("k"), before);
}
