//! What stays, and why.

use reseal_tests::Rule;
use serde_json::json;

use crate::world::{BUCKET, World, count, fates};

/// Every way in which somebody can have changed what the job left, and one
/// newer version that is at the target, which keeps nothing.
#[test]
fn whatever_is_not_superseded_any_more_stays_with_its_reason() {
    let world = World::new();
    let keys = ["fine", "overwritten", "at-target", "deleted", "again", "re-encrypted", "rekeyed"];
    keys.iter().for_each(|key| world.put(key));
    let job = world.job(&[]);
    assert_eq!(job.superseded().len(), keys.len());

    world.put("overwritten");
    let fine = json!({ "key": "at-target", "size": 5, "encryption": "SSE-KMS",
                       "kmsKey": "alias/target", "bucketKey": true });
    world.object(fine);
    world.delete(&format!("{BUCKET}/deleted"));
    world.delete(&job.made("again"));
    let update = |key: &str| {
        format!(
            "<ObjectEncryption><SSE-KMS><KMSKeyArn>{key}</KMSKeyArn><BucketKeyEnabled>true</BucketKeyEnabled></SSE-KMS></ObjectEncryption>"
        )
    };
    let other = world.sandbox.key("alias/other");
    world.send(&job.old("re-encrypted", "encryption"), &update(&world.key));
    world.send(&job.old("rekeyed", "encryption"), &update(&other));
    let (path, out) = world.file("left.csv");

    let before = world.versions();
    let ended = world.purge(&job, &["--out", &out]).expect_code(3);
    let deleted: Vec<_> = world.deleted_since(&before).into_iter().map(|(key, _)| key).collect();
    assert_eq!(deleted, ["at-target", "fine"]);
    let expected = [
        ("fine", "deleted"),
        ("at-target", "deleted"),
        ("overwritten", "current-not-at-target"),
        ("deleted", "delete-marker"),
        ("again", "not-superseded"),
        ("re-encrypted", "at-target"),
        ("rekeyed", "changed"),
    ];
    let told = fates(&path);
    for (key, fate) in expected {
        assert_eq!(told[key], fate, "{key}");
    }
    assert_eq!(count(&ended, "/deleted/versions"), 2);
    assert_eq!(ended.json()["listed"].as_array().map(Vec::len), Some(5));
}

/// The new version is somebody's re-encryption to another key: the old one is
/// all that is left of the job's target's source.
#[test]
fn a_new_version_that_left_the_target_supersedes_nothing() {
    let world = World::new();
    world.put("moved");
    let job = world.job(&[]);
    let other = world.sandbox.key("alias/other");
    let (path, _) = world.old_and_new(&job);
    world.send(
        &path,
        &format!(
            "<ObjectEncryption><SSE-KMS><KMSKeyArn>{other}</KMSKeyArn></SSE-KMS></ObjectEncryption>"
        ),
    );
    let before = world.versions();
    let ended = world.purge(&job, &[]).expect_code(3);
    assert_eq!(ended.json()["left"], json!({ "not-superseded": 1 }));
    assert!(world.deleted_since(&before).is_empty());
}

impl World {
    fn old_and_new(&self, job: &crate::world::Job) -> (String, String) {
        let new = job.made("moved").replace('?', "?encryption&");
        (new, job.old("moved", ""))
    }
}

#[test]
fn locked_versions_stay() {
    let world = World::with_locks();
    ["free", "held", "governed", "ran-out"].iter().for_each(|key| world.put(key));
    let job = world.job(&[]);
    world.send(&job.old("held", "legal-hold"), "<LegalHold><Status>ON</Status></LegalHold>");
    let retention = "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>";
    world.send(&job.old("governed", "retention"), retention);
    let (before, deletes) = (world.versions(), world.deletes());
    let ended = world.purge(&job, &[]).expect_code(3);
    assert_eq!(ended.json()["left"], json!({ "locked": 2 }), "{}", ended.stdout);
    let deleted: Vec<_> = world.deleted_since(&before).into_iter().map(|(key, _)| key).collect();
    assert_eq!(deleted, ["free", "ran-out"]);
    assert_eq!(world.deletes() - deletes, 2, "what is locked is not even tried");
}

/// Somebody puts a hold on it in the instant of the delete.
#[test]
fn a_lock_that_comes_last_is_told_as_one() {
    let world = World::with_locks();
    world.put("held");
    let job = world.job(&[]);
    let url = format!("{}/{}", world.sandbox.url(), job.old("held", "legal-hold"));
    world.proxy.rule(Rule::on("DeleteObject").first(move |_| {
        ureq::put(&url).send("<LegalHold><Status>ON</Status></LegalHold>").expect("held");
    }));
    let ended = world.purge(&job, &[]).expect_code(3);
    assert_eq!(ended.json()["left"], json!({ "locked": 1 }), "{}", ended.stdout);
    assert_eq!(world.versions().len(), 2);
}

#[test]
fn denied_deletes_are_counted_and_change_nothing() {
    let world = World::new();
    world.puts("o", 5);
    let job = world.job(&[]);
    world.sandbox.admin("deny", &json!({ "bucket": null, "operations": ["DeleteObject"] }));
    let before = world.versions();
    let ended = world.purge(&job, &[]).expect_code(3);
    assert_eq!(ended.json()["left"], json!({ "denied": 5 }));
    assert!(world.deleted_since(&before).is_empty());
}

/// A copy whose answer was lost may have been somebody else's write.
#[test]
fn what_no_answer_proved_stays() {
    let world = World::new();
    world.puts("o", 3);
    world.proxy.rule(Rule::on("CopyObject").key("o0001").nth(1).loses_the_reply());
    let job = world.job(&[]);
    assert_eq!(job.superseded().len(), 3);
    let ended = world.purge(&job, &[]).expect_code(3);
    assert_eq!(ended.json()["left"], json!({ "unproved": 1 }));
    assert_eq!(count(&ended, "/deleted/versions"), 2);
}
