//! Buckets by their own tag, on a server that isn't ours.

use reseal_tests::{Reseal, read_report};
use serde_json::json;

use crate::world::{PLAIN, UPDATABLE, VERSIONED, World, objects};

const OBJECTS: usize = 12;

#[test]
fn buckets_found_by_their_tag_are_counted_and_worked_on() {
    let seeds = [objects(PLAIN, OBJECTS, &UPDATABLE), objects(VERSIONED, OBJECTS, &UPDATABLE)];
    let world = World::new(&seeds.concat());
    for (bucket, value) in [(PLAIN, "database"), (VERSIONED, "data")] {
        let body = format!(
            "<Tagging><TagSet><Tag><Key>team</Key><Value>{value}</Value></Tag></TagSet></Tagging>"
        );
        let url = format!("{}/{bucket}?tagging", world.ministack.url());
        ureq::put(&url).send(body).expect("it is tagged");
    }
    let census = |sources: &[&str]| {
        let census = Reseal::without_endpoint("census").args(sources);
        let connected = census.args(["--endpoint-url", world.ministack.url(), "--output", "json"]);
        connected.run().expect_code(0).json()
    };
    let tag = ["--bucket-tag", "team=data"];
    let counted = census(&tag);
    assert_eq!(counted["sources"], json!([format!("s3://{VERSIONED}/, listed live")]));
    assert_eq!(counted["objects"], OBJECTS);
    assert_eq!(census(&["--all-buckets"])["objects"], 2 * OBJECTS);

    let copy = ["--strategy", "copy", "--accept-unfenced-copies"];
    let ended = world.run(&[], &world.kms(), &[tag.as_slice(), &copy].concat()).expect_code(0);
    let rows = read_report(&ended.report());
    assert_eq!(rows.len(), OBJECTS);
    assert!(rows.iter().all(|row| row.bucket == VERSIONED && row.outcome == "re-encrypted"));
    let target = world.kms();
    let current = |bucket| world.ministack.see(&[bucket]).into_iter().filter(|seen| seen.is_latest);
    assert!(current(VERSIONED).all(|seen| target.is_met_by(&seen)));
    assert!(!current(PLAIN).any(|seen| target.is_met_by(&seen)), "it has another tag");
}
