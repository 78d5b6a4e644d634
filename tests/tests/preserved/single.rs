//! CopyObject.

use serde_json::json;

use crate::world::{World, kept};

/// One object with everything that an object can have but a lock.
#[test]
fn a_single_copy_keeps_every_attribute() {
    for versioning in [Some("Enabled"), None] {
        let world = World::new(versioning, "ObjectWriter");
        world.put(json!({
            "key": "all", "size": 1_000, "storageClass": "STANDARD_IA",
            "metadata": { "a": "1" }, "tags": { "t": "2", "u": "" },
            "headers": {
                "content-type": "text/x", "content-encoding": "gzip", "content-language": "de",
                "content-disposition": "attachment", "cache-control": "no-cache",
                "expires": "some day",
            },
            "redirect": "/elsewhere", "checksum": { "algorithm": "SHA256", "type": "FULL_OBJECT" },
            "grants": [
                { "to": "111122223333", "permission": "FULL_CONTROL" },
                { "to": "AllUsers", "permission": "READ" },
                { "to": "999900001111", "permission": "READ_ACP" },
            ],
            "annotations": { "note": "kept" },
        }));
        let before = world.current("all");
        let ended = world.run(&["--strategy", "copy"]).expect_code(0);
        let after = world.current("all");
        assert_eq!(after.encryption.as_deref(), Some("SSE-KMS"), "{}", ended.stderr);
        assert_eq!(kept(&after), kept(&before), "{versioning:?}");
        let algorithm = |v: &reseal_tests::Version| v.rest["checksum"][0].clone();
        assert_eq!(algorithm(&after), algorithm(&before));
        assert_eq!(world.rows(&ended)["all"].action, "copy");
    }
}
