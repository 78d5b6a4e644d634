//! The way back of the default encryption, where others change it as well.

use serde_json::{Value, json};

use crate::world::World;

fn applied(world: &World, key: &str) {
    let apply = ["--default-encryption", "--sse", "aws:kms", "--kms-key", key, "--apply", "--yes"];
    let _ = world.json(&apply);
    assert!(world.rule().contains(key));
}

/// Ours, ours taken back, and the same set by somebody for himself.
fn somebodys_own(world: &World) -> String {
    applied(world, &world.key);
    let own = world.rule();
    let _ = world.json(&["--remove", "--yes"]);
    assert_ne!(world.rule(), own);
    ureq::put(world.url("?encryption")).send(&own).expect("taken");
    own
}

fn note(removed: &Value) -> &str {
    removed["buckets"][0]["notes"][0].as_str().expect("a note")
}

#[test]
fn what_somebody_set_between_two_of_ours_comes_back_and_nothing_older() {
    let world = World::new(None);
    let own = somebodys_own(&world);
    let other = world.sandbox.key("alias/other");
    applied(&world, &other);
    let _ = world.json(&["--remove", "--yes"]);
    assert_eq!(world.rule(), own);
    let again = world.json(&["--remove", "--yes"]);
    assert_eq!(again["buckets"][0]["state"], "nothing-to-do");
    assert_eq!(world.rule(), own);
}

#[test]
fn a_change_whose_end_is_not_known_is_no_ground_for_a_guess() {
    let world = World::new(None);
    let _ = somebodys_own(&world);
    // As if it had been killed before it could say so.
    let removal = world.backups().pop().expect("a backup");
    let mut backup: Value =
        serde_json::from_slice(&std::fs::read(&removal).expect("a file")).expect("JSON");
    assert_eq!((&backup["action"], &backup["done"]), (&json!("remove"), &json!(true)));
    backup["done"] = json!(false);
    std::fs::write(&removal, backup.to_string()).expect("written");
    let other = world.sandbox.key("alias/other");
    applied(&world, &other);
    let ours = world.rule();
    let left = world.json(&["--remove", "--yes"]);
    assert_eq!(world.rule(), ours);
    assert!(note(&left).contains("left alone") && note(&left).contains("by hand"), "{left}");
}

#[test]
fn a_removal_that_failed_is_done_by_the_next_one() {
    let world = World::new(None);
    let rule = world.rule();
    applied(&world, &world.key);
    world.put_policy(
        r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutEncryptionConfiguration","Resource":"arn:aws:s3:::guarded"}]}"#,
    );
    let failed = world.guard(&["--remove", "--yes"]);
    assert_ne!(failed.code, Some(0), "{failed:?}");
    ureq::delete(world.url("?policy")).call().expect("deleted");
    let _ = world.json(&["--remove", "--yes"]);
    assert_eq!(world.rule(), rule);
}
