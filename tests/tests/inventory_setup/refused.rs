//! What is refused before anything is changed.

use crate::world::{POLICY, TO, World};

#[test]
fn refusals_name_the_flag_and_change_nothing() {
    let world = World::new(Some(POLICY));
    let before = world.sandbox.mutations();
    let refused = |arguments: &[&str], words: &[&str]| {
        let ended = world.inventory(arguments).expect_code(2);
        for word in words {
            assert!(ended.stderr.contains(word), "{arguments:?}: {}", ended.stderr);
        }
    };
    let one = "source-one";
    refused(&["enable", one, "--to", TO], &["no terminal", "--yes"]);
    refused(&["disable", one], &["no terminal", "--yes"]);
    refused(&["enable", "--to", TO, "--yes"], &["BUCKET"]);
    refused(&["enable", one, "--bucket-tag", "a=b", "--to", TO], &["--bucket-tag"]);
    refused(&["list", "--bucket-tag", "ab"], &["--bucket-tag"]);
    refused(&["enable", one, "--to", "reports", "--yes"], &["--to"]);
    refused(&["enable", one, "--to", "s3://source-one", "--yes"], &["--to", "itself"]);
    refused(&["enable", one, "--to", TO, "--kms-key", "alias/k", "--yes"], &["--kms-key", "ARN"]);
    refused(&["enable", one, "--to", "s3://no-such-bucket", "--yes"], &["not exist"]);
    refused(&["enable", "no-such-bucket", "--to", TO, "--yes"], &["no-such-bucket"]);
    let foreign = ["enable", one, "--to", TO, "--yes", "--bucket-owner", "999988887777"];
    refused(&foreign, &["--bucket-owner"]);
    assert_eq!(world.sandbox.mutations(), before);
    assert_eq!(world.backups(), 0);
    assert_eq!(world.get("reports?policy").as_deref(), Some(POLICY));
}

#[test]
fn a_destination_that_is_gone_keeps_nobody_from_calling_reports_off() {
    let world = World::new(None);
    let _ = world.json(&["enable", "source-one", "--to", TO, "--yes"]);
    world.sandbox.delete_bucket("reports");
    let disabled = world.json(&["disable", "source-one", "--yes"]);
    let note = disabled["buckets"][0]["notes"][0].as_str().expect("a note").to_owned();
    assert!(note.contains("reports does not exist"), "{note}");
    assert_eq!(world.setup("source-one", "reseal"), None);
}
