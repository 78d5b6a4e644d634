//! Objects that only their owners, or nobody, could re-encrypt: left as they
//! are, with the reason in the report; and DSSE, which looks like one of them.

use serde_json::{Value, json};

use crate::world::World;

/// A century from now, in milliseconds.
const LATER: i64 = 4_900_000_000_000;

fn fates_are(world: &World, expected: &[(&str, &str, &str)]) {
    let ended = world.run(&[]).expect_code(3);
    let settled = world.settled(&ended, &[]);
    let fates: Vec<_> = settled
        .rows
        .keys()
        .map(|key| (key.as_str(), settled.fate(key).0, settled.fate(key).1))
        .collect();
    assert_eq!(fates, expected);
}

fn with(seeds: &[Value]) -> World {
    seeds.iter().cloned().fold(World::new("left-alone"), World::object)
}

#[test]
fn archived_objects_are_left_alone() {
    let seed = |key, class| json!({ "key": key, "size": 9, "storageClass": class });
    let mut tiered = seed("tiered", "INTELLIGENT_TIERING");
    tiered["archive"] = "ARCHIVE_ACCESS".into();
    let classes = [("deep", "DEEP_ARCHIVE"), ("frozen", "GLACIER"), ("instant", "GLACIER_IR")];
    let mut seeds = classes.map(|(key, class)| seed(key, class)).to_vec();
    seeds.push(tiered);
    let skipped = |key| (key, "skipped", "archived");
    let instant = ("instant", "re-encrypted", "");
    let world = with(&seeds);
    fates_are(&world, &[skipped("deep"), skipped("frozen"), instant, skipped("tiered")]);
    let asked = world.proxy.log().into_iter().filter(|entry| entry.call.operation == "CopyObject");
    let asked: Vec<_> = asked.filter_map(|entry| entry.call.key).collect();
    assert!(asked.iter().all(|key| key == "instant" || key.starts_with('.')), "{asked:?}");
}

#[test]
fn objects_under_a_customers_key_are_left_alone() {
    let md5 = "1B2M2Y8AsgTpgAmY7PhCfg==";
    let customer = json!({
        "key": "customer", "size": 9, "encryption": "SSE-C", "customerKeyMd5": md5,
    });
    let large = json!({
        "key": "large", "size": 6_u64 << 30, "encryption": "SSE-C", "customerKeyMd5": md5,
    });
    let world = with(&[customer, large, json!({ "key": "ours", "size": 9 })]);
    let skipped = |key| (key, "skipped", "sse-c");
    fates_are(&world, &[skipped("customer"), skipped("large"), ("ours", "re-encrypted", "")]);
}

#[test]
fn locked_objects_are_left_alone() {
    let retained = |key: &str, mode: &str| {
        let retention = json!({ "mode": mode, "until": LATER });
        json!({ "key": key, "size": 9, "retention": retention })
    };
    let held = json!({ "key": "held", "size": 9, "legalHold": true });
    let mut over = retained("over", "GOVERNANCE");
    over["retention"]["until"] = 1_000.into();
    let seeds = [retained("compliance", "COMPLIANCE"), retained("governance", "GOVERNANCE"), held];
    let world = with(&seeds);
    let skipped = |key| (key, "skipped", "locked");
    fates_are(&world, &[skipped("compliance"), skipped("governance"), skipped("held")]);
}

#[test]
fn dsse_is_copied_like_anything_else() {
    let dsse = json!({ "key": "a", "size": 9, "encryption": "DSSE-KMS", "kmsKey": "alias/old" });
    let world = with(&[dsse]);
    let ended = world.run(&["--strategy", "auto"]).expect_code(0);
    let settled = world.settled(&ended, &[]);
    let row = &settled.rows["a"];
    let told = (row.outcome.as_str(), row.action.as_str(), row.before_encryption.as_str());
    assert_eq!(told, ("re-encrypted", "copy", "DSSE-KMS"));
}
