use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use reseal_core::ports::{
    Clock, CopyRequest, CopyTags, DestinationGuard, Identity, Inspector, KeyService, KeyStatus,
    ListRequest, Lister, ObjectDetails, ObjectStore, PartRequest, Scratch, Setting, SourceGuard,
    UploadRef, UploadRequest,
};
use reseal_core::{
    ArchiveState, Encryption, KeyTrouble, KmsTarget, ObjectKey, ObjectRef, PartPlan, PartSizing,
    StoreErrorKind, Target, Throttler, Timestamp, VersionId, Versioning, Versions,
};
use reseal_sandbox::SandboxPorts;
use reseal_sandbox::model::{
    ChecksumAlgorithm, ChecksumType, KeyState, Limits, SeedContent, SeedEncryption, SeedObject,
    StorageClass,
};

use super::support::*;

/// Time that only sleeping moves.
struct TestClock(AtomicI64);

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed).unsigned_abs())
    }

    async fn sleep(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).expect("short");
        self.0.fetch_add(millis, Ordering::Relaxed);
        tokio::task::yield_now().await;
    }
}

pub(super) fn ports(world: World) -> (SandboxPorts, Target) {
    let target =
        Target::SseKms(KmsTarget { key: world.new_key.parse().expect("an ARN"), bucket_key: true });
    let clock = Arc::new(TestClock(AtomicI64::new(world.now.millis() + 60_000)));
    (SandboxPorts::new(Arc::new(Mutex::new(world.model)), clock), target)
}

pub(super) fn object(bucket: &str, key: &str) -> ObjectRef {
    ObjectRef {
        bucket: bucket.parse().expect("a bucket"),
        key: ObjectKey::new(key).expect("a key"),
        version: None,
    }
}

pub(super) fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("runs").block_on(future)
}

#[test]
fn a_head_tells_all_and_a_copy_puts_it_back() {
    let mut world = World::new();
    world.seed(decorated(VERSIONED, "k"));
    let before = world.dump(VERSIONED).remove(0);
    let (ports, target) = ports(world);
    let object = object(VERSIONED, "k");
    run(async {
        let head = ports.head(&object).await.expect("there");
        assert_eq!(head.attributes.expires.as_deref(), Some("never, really"));
        assert_eq!((head.tag_count, head.archive), (1, ArchiveState::Online));
        let request = CopyRequest {
            from: &object,
            to: &object,
            size: 5,
            source: SourceGuard::ETag(head.etag.clone()),
            destination: DestinationGuard::ETag(head.etag.clone()),
            target: &target,
            attributes: &head.attributes,
            protection: &reseal_core::Protection::default(),
            tags: CopyTags::Keep,
        };
        let receipt = ports.copy(&request).await.expect("copied");
        assert_eq!(receipt.source_version, head.version);
        assert!(target.is_met_by(&receipt.encryption.expect("told")));
        let again = ports.copy(&request).await.expect_err("the tag is gone");
        assert_eq!(again.kind, StoreErrorKind::PreconditionFailed);
        let after = ports.head(&object).await.expect("there");
        assert_eq!(after.attributes, head.attributes);
        assert_eq!(ports.tags(&object).await.expect("tags").len(), 1);
    });
    let dump = ports.model().lock().expect("whole").dump(VERSIONED, None, 9).expect("there");
    assert_eq!(
        (dump.len(), &dump[1]),
        (2, &reseal_sandbox::model::DumpLine { is_latest: false, ..before.clone() })
    );
    assert_eq!(dump[0].fingerprint, before.fingerprint);
}

#[test]
fn a_multipart_copy_runs_from_beginning_to_end() {
    let mut world = World::new();
    let mut seed = decorated(PLAIN, "k");
    seed.content = SeedContent::Generated(30 * MIB);
    seed.checksum = Some((ChecksumAlgorithm::Crc32, ChecksumType::FullObject));
    world.seed(seed);
    let fingerprint = world.dump(PLAIN).remove(0).fingerprint;
    let (ports, target) = ports(world);
    let object = object(PLAIN, "k");
    run(async {
        let head = ports.head(&object).await.expect("there");
        let tags = ports.tags(&object).await.expect("tags");
        let mut attributes = head.attributes.clone();
        attributes.checksum = ports.checksum(&object).await.expect("a head");
        let request = UploadRequest {
            to: &object,
            target: &target,
            attributes: &attributes,
            protection: &reseal_core::Protection::default(),
            tags: &tags,
        };
        let id = ports.create_upload(&request).await.expect("begun");
        let upload = || UploadRef { object: &object, id: &id };
        let plan = PartPlan::new(head.size, PartSizing { preferred: 8 * MIB }).expect("fits");
        let mut parts = Vec::new();
        for range in plan.ranges() {
            let source = SourceGuard::ETag(head.etag.clone());
            let request =
                PartRequest { upload: upload(), from: &object, target: &target, source, range };
            parts.push(ports.copy_part(&request).await.expect("copied"));
        }
        assert_eq!(ports.list_parts(&upload()).await.expect("listed").len(), parts.len());
        parts.reverse();
        let guard = || DestinationGuard::ETag(head.etag.clone());
        let receipt =
            ports.complete_upload(&upload(), &parts, head.size, guard()).await.expect("done");
        assert!(target.is_met_by(&receipt.encryption.expect("told")));
        let gone = ports.complete_upload(&upload(), &parts, head.size, guard()).await;
        assert_eq!(gone.expect_err("over").kind, StoreErrorKind::UploadGone);
        let gone = ports.abort_upload(&upload()).await;
        assert_eq!(gone.expect_err("over").kind, StoreErrorKind::UploadGone);
        assert_eq!(ports.head(&object).await.expect("there").attributes, head.attributes);
        assert_eq!(ports.tags(&object).await.expect("tags"), tags);
    });
    let dump = ports.model().lock().expect("whole").dump(PLAIN, None, 9).expect("there");
    assert_eq!(dump[0].fingerprint, fingerprint);
    assert_eq!(dump[0].checksum.as_ref().map(|sum| (sum.0, sum.1)), Some(("CRC32", "FULL_OBJECT")));
}

#[test]
fn refusals_say_what_to_do() {
    let mut world = World::new();
    let seed = |key: &str, encryption| SeedObject::new(PLAIN, key, 5).encrypted(encryption);
    world.seed(seed("none", SeedEncryption::None));
    world.seed(seed("customer", SeedEncryption::CustomerKey { key_md5: "x".to_owned() }));
    world.seed(seed("old", kms(OLD, false)));
    world.seed(SeedObject::new(PLAIN, "big", 6 << 30));
    let mut cold = SeedObject::new(PLAIN, "cold", 5);
    cold.storage_class = StorageClass::Glacier;
    world.seed(cold);
    let (ports, target) = ports(world);
    let Target::SseKms(kms_target) = target.clone() else { panic!("made above") };
    let update = async |key: &str| {
        ports.update_encryption(&object(PLAIN, key), &kms_target).await.map_err(|e| e.kind)
    };
    let copy = async |key: &str| {
        let object = object(PLAIN, key);
        let head = ports.head(&object).await.map_err(|error| error.kind)?;
        let request = CopyRequest {
            from: &object,
            to: &object,
            size: 5,
            source: SourceGuard::UnmodifiedSince(head.last_modified),
            destination: DestinationGuard::ETag(head.etag.clone()),
            target: &target,
            attributes: &head.attributes,
            protection: &reseal_core::Protection::default(),
            tags: CopyTags::Keep,
        };
        ports.copy(&request).await.map(|_| ()).map_err(|error| error.kind)
    };
    let set = |key: &str, state| {
        let mut model = ports.model().lock().expect("whole");
        model.set_key(key, Some(state), None).expect("known");
    };
    run(async {
        assert_eq!(update("none").await, Err(StoreErrorKind::UpdateRefused));
        assert_eq!(update("missing").await, Err(StoreErrorKind::Gone));
        assert_eq!(copy("customer").await, Err(StoreErrorKind::CustomerKey));
        assert_eq!(copy("missing").await, Err(StoreErrorKind::Gone));
        assert_eq!(copy("big").await, Err(StoreErrorKind::TooLarge));
        assert_eq!(copy("cold").await, Err(StoreErrorKind::Archived));
        set(OLD, KeyState::Disabled);
        assert_eq!(copy("old").await, Err(StoreErrorKind::Denied), "this object's key alone");
        set(OLD, KeyState::Enabled);
        set(NEW, KeyState::Disabled);
        assert_eq!(copy("old").await, Err(StoreErrorKind::Key(KeyTrouble::Disabled)));
        assert_eq!(update("old").await, Err(StoreErrorKind::Key(KeyTrouble::Disabled)));
        set(NEW, KeyState::Enabled);
        let limits = Limits { mutations_per_second: Some(1) };
        ports.model().lock().expect("whole").set_limits(limits);
        update("old").await.expect("the first");
        let slow = StoreErrorKind::Throttled(Throttler::ObjectStore);
        assert_eq!(update("old").await, Err(slow));
        ports.model().lock().expect("whole").deny(None, ["HeadObject".to_owned()]);
        assert_eq!(copy("old").await, Err(StoreErrorKind::Denied));
    });
}

#[test]
fn the_estate_can_be_inspected_and_listed() {
    let mut world = World::new();
    for key in ["a", "b", "c"] {
        world.seed(SeedObject::new(VERSIONED, key, 1));
        world.seed(SeedObject::new(VERSIONED, key, 2));
    }
    world.model.seed_marker(VERSIONED, "b", world.now).expect("hidden");
    world.model.set_key(OLD, Some(KeyState::PendingDeletion), None).expect("known");
    world.model.set_ownership(PLAIN, None).expect("it exists");
    let (ports, _) = ports(world);
    run(async {
        let old = ports.inspect(&PLAIN.parse().expect("a bucket")).await.expect("told");
        assert_eq!(old.acls, Setting::Yes, "without ownership controls ACLs count");
        assert_eq!(Identity::account(&ports).await.expect("told").as_str(), "111122223333");
        let bucket = VERSIONED.parse().expect("a bucket");
        let facts = ports.inspect(&bucket).await.expect("told");
        assert_eq!((facts.versioning, facts.region.as_str()), (Versioning::Enabled, "us-east-1"));
        assert_eq!(facts.default_encryption, Some(Encryption::SseS3));
        assert_eq!(facts.acls, Setting::No);
        let missing = ports.inspect(&"missing".parse().expect("a bucket")).await;
        assert_eq!(missing.expect_err("none").kind, StoreErrorKind::BucketGone);
        let key = ports.describe(OLD).await.expect("told");
        assert_eq!(key.status, KeyStatus::PendingDeletion);
        assert!(key.symmetric_encryption && !key.aws_managed);
        let unknown = ports.describe("alias/unknown").await.expect_err("none");
        assert_eq!(unknown.kind, StoreErrorKind::Key(KeyTrouble::NotFound));
        assert_eq!(walk(&ports, Versions::Current).await, ["a", "c"]);
        assert_eq!(walk(&ports, Versions::All).await, ["a", "a", "b", "b", "b", "c", "c"]);
    });
}

/// All keys, two entries at a time.
async fn walk(ports: &SandboxPorts, versions: Versions) -> Vec<String> {
    let bucket = VERSIONED.parse().expect("a bucket");
    let (mut keys, mut after): (Vec<String>, Option<(String, Option<VersionId>)>) =
        (Vec::new(), None);
    loop {
        let resume = after.as_ref().map(|(key, version)| (key.as_str(), version.as_ref()));
        let request =
            ListRequest { bucket: &bucket, prefix: "", versions, after: resume, limit: 2 };
        let page = ports.list(&request).await.expect("listed");
        keys.extend(page.entries.iter().map(|entry| entry.key.as_str().to_owned()));
        if !page.truncated {
            return keys;
        }
        let last = page.entries.last().expect("a page that goes on has entries");
        after = Some((last.key.as_str().to_owned(), last.version.clone()));
    }
}

#[test]
fn scratch_objects_stay_in_their_corner() {
    let (ports, target) = ports(World::new());
    run(async {
        let inside = object(VERSIONED, ".reseal-probe/x");
        let version = ports.put(&inside, b"canary", &target).await.expect("written");
        let taken = ports.put(&inside, b"other", &target).await.expect_err("taken");
        assert_eq!(taken.kind, StoreErrorKind::PreconditionFailed);
        assert_eq!(ports.get(&inside).await.expect("read"), b"canary");
        ports.delete(&inside.at(version)).await.expect("deleted");
        let outside = object(VERSIONED, "data");
        let refused = ports.put(&outside, b"", &target).await.expect_err("outside");
        assert_eq!(refused.kind, StoreErrorKind::Invalid);
    });
    let dump = ports.model().lock().expect("whole").dump(VERSIONED, None, 9).expect("there");
    assert_eq!(dump, []);
}

#[test]
fn a_caller_that_gives_up_on_the_way_may_leave_an_effect_behind() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 5).encrypted(SeedEncryption::SseS3));
    let (ports, target) = ports(world);
    let ports = ports.travelling(Duration::from_millis(10));
    let Target::SseKms(target) = target else { panic!("made above") };
    let object = object(PLAIN, "k");
    run(async {
        let mut call = Box::pin(ports.update_encryption(&object, &target));
        // The request travels; then it has its effect and the answer travels.
        assert!(futures_poll(&mut call).await.is_pending());
        assert!(futures_poll(&mut call).await.is_pending());
        drop(call);
        let head = ports.head(&object).await.expect("there");
        assert!(Target::SseKms(target.clone()).is_met_by(&head.encryption));
    });
}

/// Polls a future once.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> std::task::Poll<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(context))
    })
    .await
}
