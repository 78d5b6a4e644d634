//! Grants that somebody edits while an object is copied. No condition of S3's
//! sees that.

use reseal_tests::{Rule, Version};
use serde_json::json;

use crate::world::{BUCKET, World};

fn with_acls(label: &str) -> World {
    let world = World::new(label);
    let bucket = json!({ "name": BUCKET, "versioning": "Enabled", "ownership": "ObjectWriter" });
    world.sandbox.admin("buckets", &bucket);
    world
}

/// Makes the object public just before or after the first such request.
fn shares_once(world: &World, call: &'static str, before: bool) {
    let somebody = world.somebody();
    let share = move |call: &reseal_tests::Call| {
        somebody.share(call.key.as_deref().expect("a key"));
    };
    let rule = Rule::on(call).first_of_each_key(1);
    world.proxy.rule(if before { rule.first(share) } else { rule.then(share) });
}

fn is_public(version: &Version) -> bool {
    version.rest.get("grants").is_some_and(|grants| grants.to_string().contains("AllUsers"))
}

#[test]
fn grants_edited_while_parts_are_copied_begin_the_copy_anew() {
    let world = with_acls("acl-parts").large("a");
    shares_once(&world, "UploadPartCopy", true);
    let ended = world.run(&[]).expect_code(0);
    let settled = world.settled(&ended, &["a"]);
    settled.all_are("re-encrypted");
    assert!(is_public(&settled.now["a"][0]), "{:?}", settled.now["a"]);
    assert_eq!(settled.rows["a"].drift, "false");
    assert_eq!(world.proxy.requests("CompleteMultipartUpload"), 1, "not over stale grants");
}

#[test]
fn grants_edited_in_the_last_instant_are_drift() {
    for call in ["CopyObject", "CompleteMultipartUpload"] {
        for before in [true, false] {
            let world = with_acls("acl-drift");
            let (world, key) = match call {
                "CopyObject" => (world.objects("o", 1), "o000"),
                _ => (world.large("a"), "a"),
            };
            shares_once(&world, call, before);
            let ended = world.run(&["--strategy", "copy"]).expect_code(3);
            let settled = world.settled(&ended, &[key]);
            settled.all_are("re-encrypted");
            let row = &settled.rows[key];
            assert_eq!(row.drift, "true", "{row:?}");
            let edited = &settled.now[key][usize::from(before)];
            assert!(is_public(edited), "{call} {before}: {:?}", settled.now[key]);
            assert!(row.detail.contains("ACL"), "{row:?}");
        }
    }
}
