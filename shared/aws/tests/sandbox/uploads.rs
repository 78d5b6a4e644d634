//! Copies in parts.

use reseal_core::ports::{
    CopyReceipt, DestinationGuard, ObjectDetails, ObjectStore, PartReceipt, PartRequest,
    SourceGuard, UploadId, UploadRef, UploadRequest,
};
use reseal_core::{ObjectHead, ObjectRef, PartPlan, PartSizing, StoreErrorKind};
use reseal_sandbox::model::{
    ChecksumAlgorithm, ChecksumType, KeyState, SeedContent, SeedEncryption, SeedObject,
};

use reseal_sandbox::population::OLD_KEY;

use crate::world::{BUCKET_A, BUCKET_B, World, object};

const MIB: u64 = 1 << 20;

async fn begin(world: &World, object: &ObjectRef, head: &ObjectHead) -> UploadId {
    let tags = world.store.tags(object).await.expect("tags");
    let target = &world.target();
    let mut attributes = head.attributes.clone();
    attributes.checksum = world.store.checksum(object).await.expect("a head");
    let request = UploadRequest {
        to: object,
        target,
        attributes: &attributes,
        protection: &reseal_core::Protection::default(),
        tags: &tags,
    };
    world.store.create_upload(&request).await.expect("begun")
}

async fn copy_parts(
    world: &World,
    upload: &UploadRef<'_>,
    head: &ObjectHead,
    preferred: u64,
) -> Vec<PartReceipt> {
    let plan = PartPlan::new(head.size, PartSizing { preferred }).expect("cut");
    let mut parts = Vec::new();
    for range in plan.ranges() {
        let request = PartRequest {
            upload: upload.clone(),
            from: &upload.object.at(head.version.clone()),
            target: &world.target(),
            source: SourceGuard::ETag(head.etag.clone()),
            range,
        };
        parts.push(world.store.copy_part(&request).await.expect("copied"));
    }
    parts
}

async fn in_parts(world: &World, object: &ObjectRef, preferred: u64) -> CopyReceipt {
    let head = world.head(object).await;
    let id = begin(world, object, &head).await;
    let upload = UploadRef { object, id: &id };
    let parts = copy_parts(world, &upload, &head, preferred).await;
    let listed = world.store.list_parts(&upload).await.expect("listed");
    let same = |a: &PartReceipt, b: &PartReceipt| (a.number, &a.etag) == (b.number, &b.etag);
    assert!(listed.len() == parts.len() && listed.iter().zip(&parts).all(|(a, b)| same(a, b)));
    let guard = DestinationGuard::ETag(head.etag.clone());
    let done = world.store.complete_upload(&upload, &parts, head.size, guard).await;
    let receipt = done.unwrap_or_else(|e| panic!("{object}: {e}"));
    let after = world.head(object).await;
    assert!(world.target().is_met_by(&after.encryption));
    assert_eq!((after.size, &after.attributes), (head.size, &head.attributes));
    assert_eq!((&receipt.etag, &receipt.version), (&after.etag, &after.version));
    receipt
}

#[tokio::test]
async fn six_gib_are_copied_in_parts() {
    let world = World::new().await;
    in_parts(&world, &object(BUCKET_A, "huge/6-GiB.bin"), 512 * MIB).await;
}

#[tokio::test]
async fn attributes_tags_and_hostile_keys_survive() {
    let world = World::new().await;
    let mut seed = SeedObject::new(BUCKET_B, "/a//../b?versionId=null&x=%2F+\n", 12 * MIB);
    seed.encryption = SeedEncryption::SseS3;
    seed.headers.content_type = Some("text/x-rich".to_owned());
    seed.headers.content_disposition = Some("attachment; filename=\"x\"".to_owned());
    seed.headers.expires = Some("whenever".to_owned());
    seed.metadata = [("a".to_owned(), "1".to_owned())].into();
    seed.tags = [("t 1".to_owned(), "é+&=".to_owned())].into_iter().collect();
    seed.redirect = Some("/elsewhere".to_owned());
    let object = world.seed(seed);
    let tags = world.store.tags(&object).await.expect("tags");
    in_parts(&world, &object, 5 * MIB).await;
    assert_eq!(world.store.tags(&object).await.expect("tags"), tags);
}

/// The sandbox, like S3, demands every part's checksum once one was asked for.
#[tokio::test]
async fn checksums_are_asked_for_again() {
    let world = World::new().await;
    for (key, algorithm, kind) in [
        ("sha", ChecksumAlgorithm::Sha256, ChecksumType::Composite),
        ("crc", ChecksumAlgorithm::Crc64Nvme, ChecksumType::FullObject),
    ] {
        let mut seed = SeedObject::new(BUCKET_B, key, 0).encrypted(SeedEncryption::SseS3);
        seed.content = SeedContent::Parts(vec![6 * MIB, 6 * MIB]);
        seed.checksum = Some((algorithm, kind));
        let object = world.seed(seed);
        let head = world.head(&object).await;
        let id = begin(&world, &object, &head).await;
        let upload = UploadRef { object: &object, id: &id };
        let parts = copy_parts(&world, &upload, &head, 6 * MIB).await;
        assert!(parts.iter().all(|part| part.checksum.is_some()), "{key}");
        let listed = world.store.list_parts(&upload).await.expect("listed");
        assert!(listed.iter().zip(&parts).all(|(a, b)| a.checksum == b.checksum), "{key}");
        let guard = DestinationGuard::ETag(head.etag.clone());
        let done = world.store.complete_upload(&upload, &listed, head.size, guard).await;
        done.unwrap_or_else(|e| panic!("{key}: {e}"));
    }
}

#[tokio::test]
async fn a_lost_source_key_is_no_customer_key_and_no_trouble_of_the_job() {
    let world = World::new().await;
    let encryption = SeedEncryption::Kms { key: OLD_KEY.to_owned(), bucket_key: false };
    let object = world.seed(SeedObject::new(BUCKET_A, "k", MIB).encrypted(encryption));
    world.change(|m| m.set_key(OLD_KEY, Some(KeyState::Disabled), None)).expect("set");
    let error = world.store.checksum(&object).await.expect_err("not to be read");
    assert_eq!(error.kind, StoreErrorKind::Denied, "{error}");
}

#[tokio::test]
async fn an_upload_that_lost_the_race_changes_nothing() {
    let world = World::new().await;
    let object = world.seed(SeedObject::new(BUCKET_A, "raced", 12 * MIB));
    let head = world.head(&object).await;
    let id = begin(&world, &object, &head).await;
    let upload = UploadRef { object: &object, id: &id };
    let parts = copy_parts(&world, &upload, &head, 6 * MIB).await;
    world.seed(SeedObject::new(BUCKET_A, "raced", 3));
    let guard = DestinationGuard::ETag(head.etag.clone());
    let late = world.store.complete_upload(&upload, &parts, head.size, guard).await;
    assert_eq!(late.expect_err("late").kind, StoreErrorKind::PreconditionFailed);
    assert_eq!(world.head(&object).await.size, 3);

    world.store.abort_upload(&upload).await.expect("aborted");
    let gone = world.store.list_parts(&upload).await.expect_err("gone");
    assert_eq!(gone.kind, StoreErrorKind::UploadGone);
    assert_eq!(world.change(|model| model.unfinished_uploads(BUCKET_A)), 0);
}
