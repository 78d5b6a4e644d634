//! Identity, keys, buckets, listings, scratch objects.

use std::collections::BTreeSet;

use reseal_core::ports::{
    Inspector, KeyService, KeyStatus, ListEntry, ListRequest, Lister, ObjectStore, Scratch,
};
use reseal_core::{Encryption, KeyTrouble, StoreErrorKind, Target, Versioning, Versions};
use reseal_sandbox::model::{KeyScope, KeyState};
use reseal_sandbox::population::{NEW_KEY, OLD_KEY};

use crate::world::{BUCKET_A, BUCKET_B, World, now, object};

#[tokio::test]
async fn keys_are_described_by_alias_and_arn() {
    let world = World::new().await;
    let keys = world.aws.keys();
    let facts = keys.describe(NEW_KEY).await.expect("described");
    assert_eq!(facts.arn.as_str(), world.summary.new_key);
    assert_eq!(facts, keys.describe(facts.arn.as_str()).await.expect("described"));
    assert_eq!((facts.status, facts.symmetric_encryption), (KeyStatus::Enabled, true));
    assert!(!facts.aws_managed);
    world.change(|m| m.set_key(OLD_KEY, Some(KeyState::Disabled), None)).expect("set");
    assert_eq!(keys.describe(OLD_KEY).await.expect("described").status, KeyStatus::Disabled);
    let missing = keys.describe("alias/nobody").await.expect_err("none");
    assert_eq!(missing.kind, StoreErrorKind::Key(KeyTrouble::NotFound));
}

#[tokio::test]
async fn buckets_are_inspected_unless_they_are_not_ours() {
    let world = World::new().await;
    let inspect = async |name: &str| world.store.inspect(&name.parse().expect("a name")).await;
    let plain = inspect(BUCKET_A).await.expect("facts");
    assert_eq!((plain.region.as_str(), plain.versioning), ("us-east-1", Versioning::Never));
    assert_eq!(inspect(BUCKET_B).await.expect("facts").versioning, Versioning::Enabled);
    let foreign = KeyScope { account: "999999999999".into(), region: "us-east-1".into() };
    world.change(|m| m.seed_bucket("somebody-elses", Some(foreign), None, now()));
    assert_eq!(inspect("somebody-elses").await.expect_err("refused").kind, StoreErrorKind::Denied);
    assert_eq!(inspect("never-was").await.expect_err("none").kind, StoreErrorKind::BucketGone);
}

async fn listed(world: &World, bucket: &str, versions: Versions, limit: u32) -> Vec<ListEntry> {
    let bucket = bucket.parse().expect("a bucket");
    let mut all: Vec<ListEntry> = Vec::new();
    loop {
        let last = all.last().cloned();
        let after = last.as_ref().map(|e| (e.key.as_str(), e.version.as_ref()));
        let request = ListRequest { bucket: &bucket, prefix: "", versions, after, limit };
        let page = world.store.list(&request).await.expect("a page");
        assert!(page.entries.len() <= limit as usize);
        all.extend(page.entries);
        if !page.truncated {
            return all;
        }
    }
}

#[tokio::test]
async fn listings_resume_without_skipping_or_repeating() {
    let world = World::new().await;
    for (bucket, versions) in [
        (BUCKET_A, Versions::Current),
        (BUCKET_B, Versions::Current),
        (BUCKET_A, Versions::All),
        (BUCKET_B, Versions::All),
    ] {
        let whole = listed(&world, bucket, versions, 1_000).await;
        for limit in [1, 3, 7] {
            let paged = listed(&world, bucket, versions, limit).await;
            assert_eq!(paged, whole, "{bucket} {versions:?} in pages of {limit}");
        }
        let ids: BTreeSet<_> = whole.iter().map(|e| (&e.key, &e.version)).collect();
        assert_eq!(ids.len(), whole.len());
    }
}

/// Also when all of a key's versions were written within one second.
#[tokio::test]
async fn versions_of_one_second_are_all_listed() {
    let world = World::new().await;
    world.change(|model| {
        for _ in 0..4 {
            let seed = reseal_sandbox::model::SeedObject::new(BUCKET_B, "busy", 1);
            model.seed_object(seed, now()).expect("seeded");
            model.seed_marker(BUCKET_B, "busy", now()).expect("marked");
        }
    });
    let busy = |all: Vec<ListEntry>| {
        let busy: BTreeSet<_> = all
            .into_iter()
            .filter(|e| e.key.as_str() == "busy")
            .map(|e| (e.version, e.is_delete_marker))
            .collect();
        busy
    };
    let whole = busy(listed(&world, BUCKET_B, Versions::All, 1_000).await);
    assert_eq!(whole.len(), 8);
    for limit in [1, 2, 3] {
        assert_eq!(busy(listed(&world, BUCKET_B, Versions::All, limit).await), whole, "{limit}");
    }
}

#[tokio::test]
async fn every_listed_version_can_be_looked_at() {
    let world = World::new().await;
    for entry in listed(&world, BUCKET_B, Versions::All, 100).await {
        let version = object(BUCKET_B, entry.key.as_str()).at(entry.version.clone());
        match world.store.head(&version).await {
            Ok(head) => {
                assert!(!entry.is_delete_marker);
                assert_eq!((Some(head.size), head.version), (entry.size, entry.version));
                assert_eq!(Some(head.etag), entry.etag);
            }
            Err(error) if entry.is_delete_marker => assert_eq!(error.kind, StoreErrorKind::Gone),
            Err(error) => assert_eq!(error.kind, StoreErrorKind::CustomerKey, "{version}: {error}"),
        }
    }
}

#[tokio::test]
async fn scratch_objects_come_and_go() {
    let world = World::new().await;
    for bucket in [BUCKET_A, BUCKET_B] {
        let scratch = object(bucket, ".reseal-probe/it");
        let version = world.store.put(&scratch, b"probe", &world.target()).await.expect("written");
        assert_eq!(version.is_some(), bucket == BUCKET_B);
        let again = world.store.put(&scratch, b"other", &Target::SseS3).await;
        assert_eq!(again.expect_err("taken").kind, StoreErrorKind::PreconditionFailed);
        let scratch = scratch.at(version);
        assert_eq!(world.store.get(&scratch).await.expect("read"), b"probe");
        let head = world.head(&scratch).await;
        assert!(matches!(head.encryption, Encryption::SseKms { bucket_key: true, .. }));
        world.store.delete(&scratch).await.expect("deleted");
        assert_eq!(world.store.head(&scratch).await.expect_err("gone").kind, StoreErrorKind::Gone);
    }
}
