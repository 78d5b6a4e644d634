//! Sizes where the way of copying changes, and where S3 ends.

use reseal_tests::Rule;
use serde_json::json;

use crate::world::{GIB, World};

/// The largest object that one copy takes.
const LIMIT: u64 = 5 * GIB;

#[test]
fn sizes_at_the_limit_of_one_copy() {
    let sizes = [("zero", 0), ("below", LIMIT - 1), ("at", LIMIT), ("above", LIMIT + 1)];
    let put = |world: World, (key, size)| world.object(json!({ "key": key, "size": size }));
    let world = sizes.into_iter().fold(World::new("limit"), put);
    let ended = world.run(&[]).expect_code(0);
    let settled = world.settled(&ended, &[]);
    settled.all_are("re-encrypted");
    let action = |key: &str| settled.rows[key].action.clone();
    assert_eq!(sizes.map(|(key, _)| action(key)), ["copy", "copy", "copy", "multipart"]);
}

/// Where S3 draws the line elsewhere, it says so.
#[test]
fn too_large_for_one_copy_after_all_goes_in_parts() {
    let world = World::new("too-large").object(json!({ "key": "a", "size": 2 * GIB }));
    world.proxy.rule(Rule::on("CopyObject").answers(400, "EntityTooLarge"));
    let ended = world.run(&[]).expect_code(0);
    let settled = world.settled(&ended, &[]);
    assert_eq!(
        (settled.fate("a").0, settled.rows["a"].action.as_str()),
        ("re-encrypted", "multipart")
    );
    assert_eq!(world.proxy.faulted("CopyObject"), 1, "asked once");
}

/// What ten thousand parts of 5 GiB hold: more than the 50 TB that S3 documents
/// as the largest object. Every byte comes once and in its place: the content's
/// identity says so.
#[test]
fn fifty_tb_in_ten_thousand_parts() {
    const PARTS: u64 = 10_000;
    let world = World::new("huge").object(json!({ "key": "huge", "size": PARTS * LIMIT }));
    // Straight to the sandbox: ten thousand requests are enough without a proxy.
    let ended = world.command_at(world.sandbox.url(), &[]).run();
    let settled = world.settled(&ended.expect_code(0), &[]);
    assert_eq!(settled.rows["huge"].action, "multipart");
    let parts = settled.now["huge"][0].rest["parts"].as_array().expect("parts");
    assert_eq!(parts.len() as u64, PARTS);
}
