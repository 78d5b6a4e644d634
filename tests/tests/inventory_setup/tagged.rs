//! Buckets by their own tag.

use serde_json::json;

use crate::world::{TO, World};

fn tag(world: &World, bucket: &str, value: &str) {
    let body = format!(
        "<Tagging><TagSet><Tag><Key>team</Key><Value>{value}</Value></Tag></TagSet></Tagging>"
    );
    world.put(&format!("{bucket}?tagging"), &body);
}

#[test]
fn all_with_exactly_that_tag_and_what_cannot_be_told_is_named() {
    let world = World::new(None);
    for (bucket, value) in [
        ("source-one", "data"),
        ("source-two", "data"),
        ("source-three", "database"),
        ("reports", "data"),
    ] {
        tag(&world, bucket, value);
    }
    let deny = json!({ "Statement": {
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetBucketTagging",
        "Resource": "arn:aws:s3:::source-two",
    } });
    world.put("source-two?policy", &deny.to_string());
    world.sandbox.admin("buckets", &json!({ "name": "source-far", "region": "eu-west-1" }));
    let enable = ["enable", "--bucket-tag", "team=data", "--to", TO, "--yes", "--output", "json"];
    let enabled = world.inventory(&enable).expect_code(3).json();
    let buckets = enabled["buckets"].as_array().expect("buckets");
    assert_eq!(buckets.len(), 1, "not the destination itself: {buckets:?}");
    assert_eq!(buckets[0]["bucket"], "source-one");
    let left = enabled["left_out"].as_array().expect("those left out");
    let left: Vec<_> = left.iter().filter_map(|left| left["bucket"].as_str()).collect();
    assert_eq!(left, ["source-far", "source-two"]);
    assert!(world.setup("source-one", "reseal").is_some());
    assert!(world.setup("source-three", "reseal").is_none());
    let none = world.inventory(&["list", "--bucket-tag", "team=nobody"]).expect_code(2);
    assert!(none.stderr.contains("--bucket-tag"), "{}", none.stderr);
}
