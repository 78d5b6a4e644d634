//! What is deleted, and nothing else.

use serde_json::{Value, json};

use crate::world::{BUCKET, World, count, fates};

const GIB: u64 = 1 << 30;

/// Objects with older versions, a deleted key, one at the target already, one
/// from before versioning, one in parts, and keys that trip clients up.
fn mixed() -> World {
    let world = World::new();
    world.sandbox.bucket("plain", None);
    world.sandbox.set_versioning(BUCKET, "Suspended");
    world.put("from-before");
    world.sandbox.set_versioning(BUCKET, "Enabled");
    world.puts("o", 20);
    for key in ["deep", "deep", "deep", "gone", "a b+c", "k?versionId=null", "é/=1+1"] {
        world.put(key);
    }
    world.object(json!({ "key": "gone", "deleteMarker": true, "encryption": null }));
    world.object(json!({ "key": "large", "size": 6 * GIB, "tags": { "a": "b" } }));
    world.put("compliant");
    let fine = json!({ "key": "compliant", "size": 1, "encryption": "SSE-KMS",
                       "kmsKey": "alias/target", "bucketKey": true });
    world.object(fine);
    world
}

#[test]
fn exactly_the_superseded_versions_go_and_a_second_purge_finds_them_gone() {
    let world = mixed();
    let job = world.job(&[]);
    let superseded = job.superseded();
    assert_eq!(superseded.len(), 20 + 1 + 4 + 1 + 1 - 1, "{superseded:?}");
    assert!(superseded.contains(&("from-before".to_owned(), "null".to_owned())));
    let (before, deletes) = (world.versions(), world.deletes());
    let (path, out) = world.file("purged.csv");

    let ended = world.purge(&job, &["--out", &out]).expect_code(0);
    assert_eq!(world.deleted_since(&before), superseded);
    assert_eq!(world.deletes() - deletes, superseded.len() as u64);
    assert_eq!(count(&ended, "/deleted/versions"), superseded.len() as u64);
    assert!(count(&ended, "/deleted/bytes") > 6 * GIB);
    let told = fates(&path);
    assert!(told.len() == superseded.len() && told.values().all(|fate| fate == "deleted"));
    let markers = world.versions().into_values().filter(|v| v.is_delete_marker).count();
    assert_eq!(markers, 1, "the one that was there");

    let (before, deletes) = (world.versions(), world.deletes());
    let again = world.purge(&job, &[]).expect_code(0);
    assert_eq!(count(&again, "/gone"), superseded.len() as u64);
    assert!(world.deleted_since(&before).is_empty() && world.deletes() == deletes);
}

#[test]
fn a_dry_run_says_what_would_go_and_changes_nothing() {
    let world = mixed();
    let job = world.job(&[]);
    world.delete(&format!("{BUCKET}/o0003"));
    let (before, mutations) = (world.versions(), world.sandbox.mutations());
    let (path, out) = world.file("dry.csv");
    let ended = world.command(&job.id, &["--dry-run", "--out", &out]).run().expect_code(3);
    assert!(world.deleted_since(&before).is_empty());
    assert_eq!(world.sandbox.mutations(), mutations);
    let count_of = job.superseded().len() as u64;
    assert_eq!(count(&ended, "/would_delete/versions"), count_of - 1);
    assert_eq!(ended.json()["left"], json!({ "delete-marker": 1 }));
    assert_eq!(ended.json()["listed"].as_array().map(Vec::len), Some(count_of as usize));
    let told = fates(&path);
    assert_eq!(told.values().filter(|fate| *fate == "would-delete").count() as u64, count_of - 1);
    // What is there already may be the only record of what was deleted.
    let refused = world.purge(&job, &["--out", &out]).expect_code(2);
    assert!(refused.stderr.contains("--out"), "{}", refused.stderr);
    assert!(world.deleted_since(&before).is_empty());
}

#[test]
fn an_update_leaves_nothing_to_purge() {
    let world = World::new();
    world.puts("o", 5);
    let ended = world.run(&[BUCKET], &["--strategy", "update"], &[]).expect_code(0);
    let (id, before) = (ended.json()["job"].clone(), world.versions());
    let purged = world.command(id.as_str().expect("a job"), &["--yes"]).run().expect_code(0);
    assert_eq!(purged.json()["superseded"], json!({ "versions": 0, "bytes": 0 }));
    assert!(world.deleted_since(&before).is_empty());
}

/// What the job copied was somebody's later write: the version before that
/// was superseded by him, and isn't the job's to purge.
#[test]
fn a_version_that_somebody_else_superseded_stays() {
    let world = World::new();
    world.put("rewritten");
    let first = world.versions();
    let url = format!("{}/{BUCKET}/rewritten", world.sandbox.url());
    let overwrite = reseal_tests::Rule::on("CopyObject").first_of_each_key(1);
    world.proxy.rule(overwrite.first(move |_| {
        ureq::put(&url).send("x".repeat(100)).expect("written");
    }));
    let job = world.job(&[]);
    assert_eq!(job.rows["rewritten"].outcome, "re-encrypted");
    let before = world.versions();
    assert_eq!(before.len(), 3);
    let _ = world.purge(&job, &[]).expect_code(0);
    let deleted = world.deleted_since(&before);
    assert_eq!(deleted, job.superseded());
    assert!(first.keys().all(|id| !deleted.contains(id)), "{deleted:?}");
}

#[test]
fn nothing_goes_unconfirmed_or_beyond_the_limit_or_before_the_job_is_over() {
    let world = World::new();
    world.puts("o", 5);
    let job = world.job(&[]);
    let before = world.versions();
    let refused = world.command(&job.id, &[]).run().expect_code(2);
    assert!(refused.stderr.contains("--dry-run"), "{}", refused.stderr);
    let refused = world.purge(&job, &["--max-objects", "4"]).expect_code(2);
    assert!(refused.stderr.contains("--max-objects 4"), "{}", refused.stderr);
    let _ = world.command("no-such-job", &["--yes"]).run().expect_code(2);
    let _ = world.command(&job.id, &["--yes", "--dry-run"]).run().expect_code(2);
    assert!(world.deleted_since(&before).is_empty());

    world.puts("p", 1);
    let refused = reseal_tests::Reseal::without_endpoint("run")
        .args(["--endpoint-url", world.proxy.url(), &format!("s3://{BUCKET}"), "--yes"])
        .args(["--sse", "AES256", "--strategy", "copy", "--max-objects", "1"])
        .state(world.scratch.folder())
        .run();
    let _ = refused.expect_code(2);
    let jobs = reseal_tests::Reseal::without_endpoint("status")
        .args(["--output", "json"])
        .state(world.scratch.folder())
        .run()
        .json();
    let planned = jobs["jobs"].as_array().expect("jobs").iter().find(|j| j["state"] == "planned");
    let planned = planned.and_then(|job| job["job"].as_str()).map(str::to_owned);
    let planned =
        planned.unwrap_or_else(|| panic!("no unfinished job: {}", Value::to_string(&jobs)));
    let refused = world.command(&planned, &["--yes"]).run().expect_code(2);
    assert!(refused.stderr.contains("isn't over"), "{}", refused.stderr);
    let _ = world.purge(&job, &["--max-objects", "5"]).expect_code(0);
}
