//! What somebody writes while an object is marked or its annotations are
//! carried over: PutObjectTagging and annotations know no condition.

use reseal_tests::{Call, Rule};
use serde_json::json;

use crate::somebody::tags_of;
use crate::world::World;

const TAG: [&str; 2] = ["--tag", "sealed=yes"];

fn key_of(call: &Call) -> &str {
    call.key.as_deref().expect("a key")
}

/// The copy that would have carried the tag never came to be.
#[test]
fn a_write_of_somebodys_that_is_at_the_target_is_marked() {
    let world = World::new("marked").objects("o", 3);
    let (somebody, kms) = (world.somebody(), world.key.clone());
    let rule = Rule::on("CopyObject").first_of_each_key(1);
    world.proxy.rule(rule.first(move |call| somebody.put_under(key_of(call), "theirs", &kms)));
    let ended = world.run(&TAG).expect_code(0);
    let keys: Vec<_> = world.before().keys().map(String::as_str).collect();
    let settled = world.settled(&ended, &keys);
    settled.all_are("already-compliant");
    for versions in settled.now.values() {
        assert_eq!(tags_of(&versions[0]).get("sealed").map(String::as_str), Some("yes"));
    }
}

/// Without versions of its own the tag may land on somebody's newer object,
/// which isn't at the target: then that is brought there.
#[test]
fn a_tag_that_meets_a_newer_write_is_noticed() {
    for versioning in [None, Some("Suspended")] {
        let world = World::with_versioning("tag-race", versioning);
        let world = world.object(json!({ "key": "a", "size": 9, "encryption": "SSE-S3" }));
        let somebody = world.somebody();
        let rule = Rule::on("PutObjectTagging").first_of_each_key(1);
        world.proxy.rule(rule.first(move |call| somebody.put(key_of(call), "theirs")));
        let ended = world.run(&["--strategy", "auto", TAG[0], TAG[1]]).expect_code(0);
        let settled = world.settled(&ended, &["a"]);
        settled.all_are("re-encrypted");
        let now = &settled.now["a"][0];
        assert!(world.is_at_target(now), "{versioning:?}: {now:?}");
        assert_eq!(world.somebody().get("a").as_deref(), Some("theirs"));
        assert_eq!(tags_of(now).get("sealed").map(String::as_str), Some("yes"));
    }
}

fn annotated_while_parts_are_copied(versioning: Option<&str>) -> World {
    let world = World::with_versioning("annotated", versioning).large("a");
    let somebody = world.somebody();
    let rule = Rule::on("UploadPartCopy").first_of_each_key(1);
    world.proxy.rule(rule.first(move |call| somebody.annotate(key_of(call), "note", "theirs")));
    world
}

#[test]
fn annotations_added_while_parts_are_copied_are_carried_over() {
    let world = annotated_while_parts_are_copied(Some("Enabled"));
    let ended = world.run(&[]).expect_code(0);
    let settled = world.settled(&ended, &["a"]);
    settled.all_are("re-encrypted");
    assert_eq!(settled.now["a"][0].rest["annotations"], json!({ "note": "theirs" }));
}

/// Where they would be lost, the object is left as it is.
#[test]
fn annotations_added_while_parts_are_copied_are_not_lost_without_versions() {
    let world = annotated_while_parts_are_copied(None);
    let ended = world.run(&[]).expect_code(3);
    let settled = world.settled(&ended, &["a"]);
    assert_eq!(settled.fate("a"), ("skipped", "annotations"));
    assert_eq!(settled.now["a"][0].rest["annotations"], json!({ "note": "theirs" }));
}
