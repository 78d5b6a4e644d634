//! Objects that a run must leave alone, each with its reason in the report.

use std::collections::BTreeMap;

use reseal_tests::{Seen, read_report};
use serde_json::Value;

use crate::world::{PLAIN, World, object};

fn archived(key: &str, class: &str) -> Value {
    let mut object = object(PLAIN, key, 1, "SSE-S3");
    object["put"]["StorageClass"] = class.into();
    object
}

/// ministack would copy archived ones: it is reseal that must not ask.
#[test]
fn archived_and_customer_key_objects_are_left_alone() {
    let seeds = [
        archived("deep-frozen", "DEEP_ARCHIVE"),
        archived("frozen", "GLACIER"),
        archived("cold but not frozen", "GLACIER_IR"),
        object(PLAIN, "customer", 1, "SSE-C"),
        object(PLAIN, "free", 1, "SSE-S3"),
    ];
    let world = World::new(&seeds);
    let (before, target) = (world.see(), world.kms());
    let ended = world.run(&[PLAIN], &target, &["--accept-unfenced-copies"]).expect_code(3);
    let after = world.see();

    let rows = read_report(&ended.report());
    let fates: BTreeMap<_, _> = rows
        .iter()
        .map(|row| (row.key.as_str(), [row.outcome.as_str(), row.reason.as_str()]))
        .collect();
    let expected = [
        ("cold but not frozen", ["re-encrypted", ""]),
        ("customer", ["skipped", "sse-c"]),
        ("deep-frozen", ["skipped", "archived"]),
        ("free", ["re-encrypted", ""]),
        ("frozen", ["skipped", "archived"]),
    ];
    assert_eq!(fates, BTreeMap::from(expected));
    assert_eq!(before.len(), after.len());
    for (was, is) in before.iter().zip(&after) {
        agrees(fates[was.key.as_str()][0], was, is, target.is_met_by(is));
    }
}

fn agrees(outcome: &str, was: &Seen, is: &Seen, at_target: bool) {
    if outcome == "skipped" {
        assert_eq!(was, is);
        return;
    }
    assert!(at_target, "{is:?}");
    assert_eq!(was.content(), is.content());
}
