//! Looking, updating and copying, hostile keys included.

use reseal_core::ports::{
    CopyReceipt, CopyRequest, CopyTags, DestinationGuard, ListRequest, Lister, ObjectDetails,
    ObjectStore, SourceGuard,
};
use reseal_core::{
    Encryption, ObjectHead, ObjectRef, StoreError, StoreErrorKind, Target, Versions,
};
use reseal_sandbox::model::{SeedEncryption, SeedObject};

use crate::world::{BUCKET_A, BUCKET_B, World, object};

async fn copy(
    world: &World,
    object: &ObjectRef,
    head: &ObjectHead,
    target: &Target,
    tags: CopyTags,
) -> Result<CopyReceipt, StoreError> {
    let request = CopyRequest {
        from: object,
        to: object,
        size: 5,
        source: SourceGuard::ETag(head.etag.clone()),
        destination: DestinationGuard::ETag(head.etag.clone()),
        target,
        attributes: &head.attributes,
        protection: &reseal_core::Protection::default(),
        tags,
    };
    world.store.copy(&request).await
}

async fn hostile(world: &World, bucket: &str) -> Vec<ObjectRef> {
    let name = bucket.parse().expect("a bucket");
    let request = ListRequest {
        bucket: &name,
        prefix: "",
        versions: Versions::Current,
        after: None,
        limit: 1_000,
    };
    let page = world.store.list(&request).await.expect("a page");
    assert!(!page.truncated);
    let keys = page.entries.into_iter().map(|entry| object(bucket, entry.key.as_str()));
    keys.filter(|object| object.key.as_str().contains("hostile")).collect()
}

#[tokio::test]
async fn hostile_keys_are_copied_onto_themselves() {
    let world = World::new().await;
    for bucket in [BUCKET_A, BUCKET_B] {
        let objects = hostile(&world, bucket).await;
        assert!(objects.len() >= 30, "the sandbox has them all");
        for object in objects {
            let head = match world.store.head(&object).await {
                Ok(head) => head,
                Err(error) => {
                    assert_eq!(error.kind, StoreErrorKind::CustomerKey, "{object}: {error}");
                    continue;
                }
            };
            let done = copy(&world, &object, &head, &world.target(), CopyTags::Keep).await;
            let receipt = done.unwrap_or_else(|e| panic!("{object}: {e}"));
            let after = world.head(&object).await;
            assert!(world.target().is_met_by(&after.encryption), "{object}");
            assert_eq!((receipt.etag, receipt.version), (after.etag, after.version), "{object}");
            assert_eq!(receipt.source_version, head.version, "{object}");
            assert_eq!(receipt.encryption, Some(after.encryption), "{object}");
            assert_eq!(after.attributes, head.attributes, "{object}");
        }
    }
}

#[tokio::test]
async fn hostile_keys_are_updated_in_place() {
    let world = World::new().await;
    let mut updated = 0;
    for object in hostile(&world, BUCKET_B).await {
        let Ok(head) = world.store.head(&object).await else { continue };
        let object = object.at(head.version.clone());
        let update = world.store.update_encryption(&object, &world.kms()).await;
        match head.encryption {
            Encryption::SseS3 | Encryption::SseKms { .. } => {
                update.unwrap_or_else(|e| panic!("{object}: {e}"));
                updated += 1;
                let after = world.head(&object).await;
                assert!(world.target().is_met_by(&after.encryption), "{object}");
                assert_eq!(ObjectHead { encryption: head.encryption.clone(), ..after }, head);
            }
            _ => {
                let kind = update.expect_err("refused").kind;
                assert_eq!(kind, StoreErrorKind::UpdateRefused, "{object}");
            }
        }
    }
    assert!(updated > 10);
}

/// An object with everything that a copy could lose.
fn rich(key: &str) -> SeedObject {
    let mut seed = SeedObject::new(BUCKET_B, key, 10).encrypted(SeedEncryption::SseS3);
    seed.storage_class = reseal_sandbox::model::StorageClass::StandardIa;
    seed.headers.content_type = Some("text/x-rich".to_owned());
    seed.headers.cache_control = Some("no-cache".to_owned());
    seed.headers.expires = Some("whenever".to_owned());
    seed.metadata = [("a".to_owned(), "1".to_owned())].into();
    seed.tags = [("t 1".to_owned(), "é+&=".to_owned())].into_iter().collect();
    seed.redirect = Some("/elsewhere".to_owned());
    seed
}

#[tokio::test]
async fn a_copy_loses_nothing() {
    let world = World::new().await;
    let object = world.seed(rich("rich"));
    let head = world.head(&object).await;
    assert_eq!(head.attributes.expires.as_deref(), Some("whenever"));
    let tags = world.store.tags(&object).await.expect("tags");
    assert_eq!(tags, [("t 1".to_owned(), "é+&=".to_owned())].into());

    let kept = copy(&world, &object, &head, &world.target(), CopyTags::Keep).await.expect("copied");
    assert_eq!(world.store.tags(&object).await.expect("tags"), tags);
    let after = world.head(&object).await;
    assert_eq!(after.attributes, head.attributes);
    assert_eq!(after.version, kept.version);

    let mut marked = tags;
    marked.insert("reseal".to_owned(), "20261121-1".to_owned());
    let replace = CopyTags::Replace(marked.clone());
    copy(&world, &object, &after, &Target::SseS3, replace).await.expect("copied");
    assert_eq!(world.store.tags(&object).await.expect("tags"), marked);
    let last = world.head(&object).await;
    assert_eq!((last.attributes, last.encryption), (head.attributes, Encryption::SseS3));
}

#[tokio::test]
async fn guards_hold_back_what_changed() {
    let world = World::new().await;
    let object = world.seed(rich("guarded"));
    let head = world.head(&object).await;
    world.seed(SeedObject::new(BUCKET_B, "guarded", 99));
    let stale = copy(&world, &object, &head, &world.target(), CopyTags::Keep).await;
    assert_eq!(stale.expect_err("held back").kind, StoreErrorKind::PreconditionFailed);

    let now = world.head(&object).await;
    let request = CopyRequest {
        from: &object,
        to: &object,
        size: 5,
        source: SourceGuard::UnmodifiedSince(reseal_core::Timestamp::from_millis(0)),
        destination: DestinationGuard::ETag(now.etag.clone()),
        target: &world.target(),
        attributes: &now.attributes,
        protection: &reseal_core::Protection::default(),
        tags: CopyTags::Keep,
    };
    let stale = world.store.copy(&request).await.expect_err("held back");
    assert_eq!(stale.kind, StoreErrorKind::PreconditionFailed);
    let source = SourceGuard::UnmodifiedSince(now.last_modified);
    world.store.copy(&CopyRequest { source, ..request }).await.expect("copied");
}
