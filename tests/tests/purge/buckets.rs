//! Buckets in which nothing is deleted at all.

use serde_json::json;

use crate::world::{BUCKET, Job, World, count};

fn refused(world: &World, job: &Job, word: &str) {
    let (before, deletes) = (world.versions(), world.deletes());
    let refused = world.purge(job, &[]).expect_code(2);
    assert!(refused.stderr.contains(word), "no {word} in {}", refused.stderr);
    assert!(world.deleted_since(&before).is_empty());
    assert_eq!(world.deletes(), deletes, "nothing was even tried");
}

#[test]
fn mfa_delete_and_versioning_that_is_not_on_refuse() {
    let world = World::new();
    world.puts("o", 3);
    let job = world.job(&[]);
    let mfa = |on: bool| {
        world.sandbox.admin("buckets", &json!({ "name": BUCKET, "mfaDelete": on }));
    };
    mfa(true);
    refused(&world, &job, "MFA delete");
    mfa(false);
    world.sandbox.set_versioning(BUCKET, "Suspended");
    refused(&world, &job, "versioning is not enabled");
    world.sandbox.set_versioning(BUCKET, "Enabled");
    let ended = world.purge(&job, &[]).expect_code(0);
    assert_eq!(count(&ended, "/deleted/versions"), 3);
}

#[test]
fn locks_or_settings_that_cannot_be_seen_refuse() {
    for (denied, word) in [
        ("GetObjectRetention", "s3:GetObjectRetention"),
        ("GetObjectLegalHold", "s3:GetObjectLegalHold"),
        ("GetObjectLockConfiguration", "Object Lock can't be told"),
        ("GetBucketVersioning", "versioning can't be read"),
    ] {
        let world = World::with_locks();
        world.puts("o", 3);
        let job = world.job(&[]);
        world.sandbox.admin("deny", &json!({ "bucket": null, "operations": [denied] }));
        refused(&world, &job, word);
    }
}

#[test]
fn one_bucket_that_refuses_keeps_no_other_from_being_purged() {
    let world = World::new();
    world.sandbox.bucket("other", Some("Enabled"));
    world.puts("o", 3);
    world.object(json!({ "bucket": "other", "key": "kept", "size": 1 }));
    let ended = world.run(&[BUCKET, "other"], &["--strategy", "copy"], &[]);
    let id = ended.json()["job"].as_str().expect("a job").to_owned();
    world.sandbox.admin("buckets", &json!({ "name": "other", "mfaDelete": true }));
    let ended = world.command(&id, &["--yes"]).run().expect_code(3);
    assert_eq!(count(&ended, "/deleted/versions"), 3);
    assert_eq!(ended.json()["left"], json!({ "bucket-refused": 1 }));
    let why = ended.json()["refused_buckets"]["other"].as_str().expect("why").to_owned();
    assert!(why.contains("MFA delete"), "{why}");
    assert_eq!(world.sandbox.dump("other").iter().filter(|v| v.key == "kept").count(), 2);
}
