//! What S3 refuses, sorted into what the engine must do.

use reseal_core::ports::{
    CopyRequest, CopyTags, DestinationGuard, Inspector, ObjectDetails, ObjectStore, SourceGuard,
};
use reseal_core::{ETag, KeyTrouble, ObjectRef, StoreErrorKind, Throttler, VersionId};
use reseal_sandbox::model::{
    KeyScope, KeyState, Limits, Lock, SeedEncryption, SeedObject, StorageClass,
};
use reseal_sandbox::population::{NEW_KEY, OLD_KEY};

use crate::world::{BUCKET_A, BUCKET_B, World, now, object};

/// Why this object can't be copied onto itself.
async fn copy_refused(world: &World, object: &ObjectRef) -> StoreErrorKind {
    let head = world.head(object).await;
    let request = CopyRequest {
        from: object,
        to: object,
        size: 5,
        source: SourceGuard::ETag(head.etag.clone()),
        destination: DestinationGuard::ETag(head.etag.clone()),
        target: &world.target(),
        attributes: &head.attributes,
        protection: &reseal_core::Protection::default(),
        tags: CopyTags::Keep,
    };
    world.store.copy(&request).await.expect_err("refused").kind
}

async fn update_refused(world: &World, object: &ObjectRef) -> StoreErrorKind {
    world.store.update_encryption(object, &world.kms()).await.expect_err("refused").kind
}

#[tokio::test]
async fn what_is_gone() {
    let world = World::new().await;
    let missing = object(BUCKET_B, "never-was");
    let head = world.store.head(&missing).await.expect_err("gone");
    assert_eq!(head.kind, StoreErrorKind::Gone);
    let tags = world.store.tags(&missing).await.expect_err("gone");
    assert_eq!(tags.kind, StoreErrorKind::Gone);
    assert_eq!(update_refused(&world, &missing).await, StoreErrorKind::Gone);
    let there = world.seed(SeedObject::new(BUCKET_B, "deleted", 1));
    let head = world.head(&there).await;
    world.change(|m| m.seed_marker(BUCKET_B, "deleted", now())).expect("marked");
    let request = CopyRequest {
        from: &there,
        to: &there,
        size: 5,
        source: SourceGuard::ETag(head.etag.clone()),
        destination: DestinationGuard::ETag(head.etag.clone()),
        target: &world.target(),
        attributes: &head.attributes,
        protection: &reseal_core::Protection::default(),
        tags: CopyTags::Keep,
    };
    let copied = world.store.copy(&request).await.expect_err("never recreated");
    assert!(matches!(copied.kind, StoreErrorKind::Gone | StoreErrorKind::PreconditionFailed));
    let bucket = object("never-was", "k");
    let gone = world.store.tags(&bucket).await.expect_err("no bucket");
    assert_eq!(gone.kind, StoreErrorKind::BucketGone);
}

#[tokio::test]
async fn what_only_the_message_tells() {
    let world = World::new().await;
    let seed =
        |key: &str, encryption| world.seed(SeedObject::new(BUCKET_A, key, 1).encrypted(encryption));
    let plain = seed("plain", SeedEncryption::None);
    assert_eq!(update_refused(&world, &plain).await, StoreErrorKind::UpdateRefused);
    let dsse = seed("dsse", SeedEncryption::Dsse { key: OLD_KEY.to_owned() });
    assert_eq!(update_refused(&world, &dsse).await, StoreErrorKind::UpdateRefused);
    let mut held = SeedObject::new(BUCKET_A, "held", 1).encrypted(SeedEncryption::SseS3);
    held.lock = Some(Lock { retention: None, legal_hold: true });
    let held = world.seed(held);
    assert!(world.head(&held).await.lock.legal_hold);
    assert_eq!(update_refused(&world, &held).await, StoreErrorKind::UpdateRefused);
    let huge = object(BUCKET_A, "huge/6-GiB.bin");
    assert_eq!(copy_refused(&world, &huge).await, StoreErrorKind::TooLarge);
    let key_md5 = "1B2M2Y8AsgTpgAmY7PhCfg==".to_owned();
    let theirs = seed("theirs", SeedEncryption::CustomerKey { key_md5 });
    let error = world.store.head(&theirs).await.expect_err("unseen");
    assert_eq!(error.kind, StoreErrorKind::CustomerKey);
}

#[tokio::test]
async fn what_is_archived() {
    let world = World::new().await;
    let mut seed = SeedObject::new(BUCKET_A, "cold", 1).encrypted(SeedEncryption::SseS3);
    seed.storage_class = StorageClass::Glacier;
    let cold = world.seed(seed);
    assert_eq!(copy_refused(&world, &cold).await, StoreErrorKind::Archived);
    world.store.update_encryption(&cold, &world.kms()).await.expect("archived or not");
}

#[tokio::test]
async fn a_target_key_that_cannot_be_used_is_the_jobs_trouble() {
    let world = World::new().await;
    let object = world.seed(SeedObject::new(BUCKET_A, "k", 1).encrypted(SeedEncryption::SseS3));
    for (state, trouble) in [
        (KeyState::Disabled, KeyTrouble::Disabled),
        (KeyState::PendingDeletion, KeyTrouble::InvalidState),
    ] {
        world.change(|m| m.set_key(NEW_KEY, Some(state), None)).expect("set");
        assert_eq!(copy_refused(&world, &object).await, StoreErrorKind::Key(trouble));
        assert_eq!(update_refused(&world, &object).await, StoreErrorKind::Key(trouble));
    }
}

#[tokio::test]
async fn a_source_key_that_cannot_be_used_is_the_objects_trouble() {
    let world = World::new().await;
    let encryption = SeedEncryption::Kms { key: OLD_KEY.to_owned(), bucket_key: false };
    let object = world.seed(SeedObject::new(BUCKET_A, "k", 1).encrypted(encryption));
    world.change(|m| m.set_key(OLD_KEY, Some(KeyState::Disabled), None)).expect("set");
    assert_eq!(copy_refused(&world, &object).await, StoreErrorKind::Denied);
}

#[tokio::test]
async fn buckets_of_another_owner_are_out_of_reach() {
    let world = World::new().await;
    let foreign = KeyScope { account: "999999999999".into(), region: "us-east-1".into() };
    world.change(|m| m.seed_bucket("somebody-elses", Some(foreign), None, now()));
    let theirs = world.seed(SeedObject::new("somebody-elses", "k", 1));
    assert_eq!(world.store.head(&theirs).await.expect_err("denied").kind, StoreErrorKind::Denied);
    assert_eq!(update_refused(&world, &theirs).await, StoreErrorKind::Denied);
}

#[tokio::test]
async fn what_is_denied_by_policy() {
    let world = World::new().await;
    let object = world.seed(SeedObject::new(BUCKET_A, "k", 1).encrypted(SeedEncryption::SseS3));
    let operations = ["CopyObject", "UpdateObjectEncryption", "GetBucketEncryption"];
    world.change(|m| m.deny(Some(BUCKET_A), operations.map(str::to_owned)));
    assert_eq!(copy_refused(&world, &object).await, StoreErrorKind::Denied);
    assert_eq!(update_refused(&world, &object).await, StoreErrorKind::Denied);
    let facts = world.store.inspect(&object.bucket).await.expect("facts");
    assert_eq!(facts.default_encryption, None);
}

#[tokio::test]
async fn slow_down_is_told() {
    let world = World::new().await;
    let object = world.seed(SeedObject::new(BUCKET_A, "k", 1).encrypted(SeedEncryption::SseS3));
    world.change(|m| m.set_limits(Limits { mutations_per_second: Some(0) }));
    // The sandbox lets a burst of one pass.
    world.store.update_encryption(&object, &world.kms()).await.expect("the first");
    let throttled = StoreErrorKind::Throttled(Throttler::ObjectStore);
    assert_eq!(copy_refused(&world, &object).await, throttled);
    assert_eq!(update_refused(&world, &object).await, throttled);
}

#[tokio::test]
async fn a_version_that_is_not_there() {
    let world = World::new().await;
    let object = world.seed(SeedObject::new(BUCKET_B, "k", 1).encrypted(SeedEncryption::SseS3));
    let head = world.head(&object).await;
    assert_ne!(head.etag, ETag::new(""));
    let null = object.at(Some(VersionId::null()));
    assert_eq!(world.store.head(&null).await.expect_err("gone").kind, StoreErrorKind::Gone);
    assert_eq!(update_refused(&world, &null).await, StoreErrorKind::Gone);
}
