//! `--tag`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::world::World;

fn tags(world: &World, key: &str) -> BTreeMap<String, String> {
    let tags = world.current(key).rest.get("tags").cloned().unwrap_or(json!([]));
    let pairs: Vec<(String, String)> = serde_json::from_value(tags).expect("pairs");
    pairs.into_iter().collect()
}

fn ten() -> Value {
    (0..10).map(|i| (format!("t{i}"), Value::from("x"))).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn whatever_is_at_the_target_is_marked() {
    let world = World::new(Some("Enabled"), "BucketOwnerEnforced");
    let key = world.key.clone();
    world.put(json!({ "key": "copied", "size": 1, "tags": { "a": "1" } }));
    world.put(json!({ "key": "updated", "size": 1, "encryption": "SSE-S3", "tags": { "a": "1" } }));
    world.put(json!({
        "key": "was-there", "size": 1, "encryption": "SSE-KMS", "kmsKey": key, "bucketKey": true,
    }));
    world.put(json!({ "key": "large", "size": 6 * crate::world::GIB, "tags": { "a": "1" } }));
    let old = world.versions("copied");
    let ended = world.run(&["--tag", "sealed=yes"]).expect_code(0);
    let rows = world.rows(&ended);
    let actions = ["copied", "updated", "large"].map(|key| rows[key].action.clone());
    assert_eq!(actions, ["copy", "update", "multipart"]);
    for key in ["copied", "updated", "large"] {
        let wanted = [("a", "1"), ("sealed", "yes")].map(|(k, v)| (k.into(), v.into()));
        assert_eq!(tags(&world, key), BTreeMap::from(wanted), "{key}");
    }
    assert_eq!(tags(&world, "was-there"), BTreeMap::from([("sealed".into(), "yes".into())]));
    // In the copy, never onto the version that it leaves behind.
    assert_eq!(world.versions("copied")[1].rest.get("tags"), old[0].rest.get("tags"));

    let requests = world.sandbox.requests();
    let again = world.run(&["--tag", "sealed=yes"]).expect_code(0);
    assert!(world.outcomes(&again).values().all(|outcome| outcome == "already-compliant"));
    let puts = |requests: &BTreeMap<String, u64>| requests.get("PutObjectTagging").copied();
    assert_eq!(puts(&world.sandbox.requests()), puts(&requests), "nothing to add");
}

#[test]
fn ten_tags_leave_no_room_and_the_user_says_what_then() {
    let world = World::new(Some("Enabled"), "BucketOwnerEnforced");
    for (key, encryption) in [("copied", "NOT-SSE"), ("updated", "SSE-S3")] {
        world.put(json!({ "key": key, "size": 1, "encryption": encryption, "tags": ten() }));
    }
    let strict = world.run(&["--tag", "sealed=yes", "--tag-full", "fail"]).expect_code(3);
    for (key, outcome) in world.outcomes(&strict) {
        assert_eq!(outcome, "failed(too-many-tags)", "{key}");
        assert_eq!(world.versions(&key).len(), 1);
        assert_ne!(world.current(&key).encryption.as_deref(), Some("SSE-KMS"));
    }
    let lenient = world.run(&["--tag", "sealed=yes"]).expect_code(0);
    for (key, outcome) in world.outcomes(&lenient) {
        assert_eq!(outcome, "re-encrypted", "{key}");
        assert_eq!(tags(&world, &key).len(), 10);
        assert!(!tags(&world, &key).contains_key("sealed"));
    }
}

#[test]
fn a_tag_that_may_not_be_set_is_said_though_the_object_is_at_the_target() {
    let world = World::new(None, "BucketOwnerEnforced");
    world.put(json!({ "key": "updated", "size": 1, "encryption": "SSE-S3" }));
    // Of this object only: the probe must be able to mark its scratch objects.
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObjectTagging",
        "Resource": format!("arn:aws:s3:::{}/updated", crate::world::BUCKET),
    }] });
    let url = format!("{}/{}?policy", world.sandbox.url(), crate::world::BUCKET);
    ureq::put(&url).send(policy.to_string()).expect("the sandbox takes it");
    let ended = world.run(&["--tag", "sealed=yes"]).expect_code(3);
    assert_eq!(world.outcomes(&ended)["updated"], "failed(not-tagged)");
    assert_eq!(world.current("updated").encryption.as_deref(), Some("SSE-KMS"));
}
