//! Copies in parts, which inherit nothing.

use serde_json::{Value, json};

use crate::world::{GIB, World, kept};

const MIB: u64 = 1 << 20;

fn everything(key: &str, content: (&str, Value), checksum: (&str, &str)) -> Value {
    let mut object = json!({
        "key": key, "storageClass": "ONEZONE_IA",
        "metadata": { "a": "1", "b": "zwei" }, "tags": { "t": "2" },
        "headers": {
            "content-type": "text/x", "content-encoding": "gzip", "content-language": "de",
            "content-disposition": "attachment", "cache-control": "no-cache",
            "expires": "some day",
        },
        "redirect": "/elsewhere",
        "checksum": { "algorithm": checksum.0, "type": checksum.1 },
        "grants": [
            { "to": "111122223333", "permission": "FULL_CONTROL" },
            { "to": "AuthenticatedUsers", "permission": "READ" },
        ],
        "annotations": { "note": "kept", "zweite": "auch" },
    });
    object[content.0] = content.1;
    object
}

#[test]
fn a_copy_in_parts_keeps_every_attribute() {
    let world = World::new(Some("Enabled"), "ObjectWriter");
    world.put(everything("whole", ("size", (6 * GIB).into()), ("CRC64NVME", "FULL_OBJECT")));
    let before = world.current("whole");
    let ended = world.run(&["--strategy", "copy"]).expect_code(0);
    let after = world.current("whole");
    assert_eq!(world.rows(&ended)["whole"].action, "multipart");
    assert_eq!(kept(&after), kept(&before));
    assert_eq!(after.rest["checksum"][0], before.rest["checksum"][0]);
    assert_eq!(after.rest["checksum"][1], before.rest["checksum"][1]);
    // Large parts where nothing depends on them: a dozen for 6 GiB.
    assert_eq!(after.rest["parts"].as_array().map(Vec::len), Some(12));
}

/// A checksum of the parts' checksums is the same again only over the same parts.
#[test]
fn a_composite_checksum_is_kept_by_the_same_parts() {
    let world = World::new(Some("Enabled"), "BucketOwnerEnforced");
    let sizes: Vec<u64> = vec![100 * MIB; 60].into_iter().chain([7 * MIB]).collect();
    let mut object = everything("parts", ("parts", sizes.clone().into()), ("SHA256", "COMPOSITE"));
    object.as_object_mut().expect("an object").remove("grants");
    world.put(object);
    let before = world.current("parts");
    let ended = world.run(&["--strategy", "copy"]).expect_code(0);
    let after = world.current("parts");
    assert_eq!(world.rows(&ended)["parts"].action, "multipart");
    assert_eq!(after.rest["parts"], before.rest["parts"]);
    assert_eq!(after.rest["checksum"], before.rest["checksum"]);
    assert_eq!(kept(&after), kept(&before));
}

#[test]
fn annotations_that_a_crash_could_lose_keep_the_object_as_it_is() {
    let world = World::new(None, "BucketOwnerEnforced");
    world.put(json!({ "key": "noted", "size": 6 * GIB, "annotations": { "note": "1" } }));
    world.put(json!({ "key": "plain", "size": 6 * GIB }));
    let before = world.versions("noted");
    let ended = world.run(&["--strategy", "copy"]).expect_code(3);
    assert_eq!(world.outcomes(&ended)["noted"], "skipped(annotations)");
    assert_eq!(world.outcomes(&ended)["plain"], "re-encrypted");
    assert_eq!(world.versions("noted"), before);
}
