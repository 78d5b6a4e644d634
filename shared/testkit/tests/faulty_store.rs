//! The faulty store calls the real one as often as its fault says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use reseal_core::ports::{
    CopyReceipt, CopyRequest, DestinationGuard, FirstPart, ObjectDetails, ObjectStore, PartReceipt,
    PartRequest, UploadId, UploadRef, UploadRequest,
};
use reseal_core::{
    Acl, Checksum, ETag, KmsTarget, ObjectHead, ObjectRef, RestoreTier, StoreError, StoreErrorKind,
    TagSet, Throttler,
};
use reseal_testkit::build::{HeadBuilder, key_arn, object};
use reseal_testkit::{Dice, FaultRates, FaultyStore, SeededRandom};

/// Counts the calls that reach it.
#[derive(Default)]
struct Counting(AtomicU32);

impl Counting {
    fn answer<T>(&self, value: T) -> Result<T, StoreError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(value)
    }

    fn refuse<T>(&self) -> Result<T, StoreError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(StoreError::new(StoreErrorKind::PreconditionFailed, "PreconditionFailed", "genuine"))
    }
}

#[async_trait]
impl ObjectDetails for Counting {
    async fn tags(&self, _: &ObjectRef) -> Result<TagSet, StoreError> {
        self.answer(TagSet::new())
    }

    async fn put_tags(&self, _: &ObjectRef, _: &TagSet) -> Result<(), StoreError> {
        self.answer(())
    }

    async fn acl(&self, _: &ObjectRef) -> Result<Acl, StoreError> {
        unreachable!("no test asks for it")
    }

    async fn checksum(&self, _: &ObjectRef) -> Result<Option<Checksum>, StoreError> {
        self.answer(None)
    }

    async fn first_part(&self, _: &ObjectRef) -> Result<Option<FirstPart>, StoreError> {
        self.answer(None)
    }

    async fn annotations(&self, _: &ObjectRef) -> Result<Vec<String>, StoreError> {
        self.answer(Vec::new())
    }

    async fn annotation(&self, _: &ObjectRef, _: &str) -> Result<Vec<u8>, StoreError> {
        self.answer(Vec::new())
    }

    async fn put_annotation(
        &self,
        _: &ObjectRef,
        _: &ETag,
        _: &str,
        _: &[u8],
    ) -> Result<(), StoreError> {
        self.answer(())
    }

    async fn restore(
        &self,
        _: &ObjectRef,
        _: Option<u32>,
        _: RestoreTier,
    ) -> Result<(), StoreError> {
        self.answer(())
    }
}

#[async_trait]
impl ObjectStore for Counting {
    async fn head(&self, _: &ObjectRef) -> Result<ObjectHead, StoreError> {
        self.answer(HeadBuilder::new().build())
    }
    async fn update_encryption(&self, _: &ObjectRef, _: &KmsTarget) -> Result<(), StoreError> {
        self.answer(())
    }
    async fn copy(&self, _: &CopyRequest<'_>) -> Result<CopyReceipt, StoreError> {
        self.refuse()
    }
    async fn create_upload(&self, _: &UploadRequest<'_>) -> Result<UploadId, StoreError> {
        self.answer(UploadId("u".to_owned()))
    }
    async fn copy_part(&self, _: &PartRequest<'_>) -> Result<PartReceipt, StoreError> {
        self.refuse()
    }
    async fn list_parts(&self, _: &UploadRef<'_>) -> Result<Vec<PartReceipt>, StoreError> {
        self.answer(Vec::new())
    }
    async fn complete_upload(
        &self,
        _: &UploadRef<'_>,
        _: &[PartReceipt],
        _: u64,
        _: DestinationGuard,
    ) -> Result<CopyReceipt, StoreError> {
        self.refuse()
    }
    async fn abort_upload(&self, _: &UploadRef<'_>) -> Result<(), StoreError> {
        self.answer(())
    }
}

/// What a read, a write and a write that the store refuses come to, and how
/// many calls reached the store.
async fn outcomes(rates: FaultRates) -> ([Option<StoreErrorKind>; 3], u32) {
    let inner = Arc::new(Counting::default());
    let store =
        FaultyStore::new(Arc::clone(&inner), Dice::new(Arc::new(SeededRandom::new(1)), rates));
    let (object, id) = (object("bucket", "key"), UploadId("u".to_owned()));
    let upload = UploadRef { object: &object, id: &id };
    let target = KmsTarget { key: key_arn("k"), bucket_key: true };
    let read = store.head(&object).await.err();
    let written = store.update_encryption(&object, &target).await.err();
    let guard = DestinationGuard::Unfenced;
    let refused = store.complete_upload(&upload, &[], 1, guard).await.err();
    let kinds = [read, written, refused].map(|error| error.map(|error| error.kind));
    (kinds, inner.0.load(Ordering::Relaxed))
}

#[tokio::test]
async fn each_fault_has_its_kind_and_its_effect() {
    use StoreErrorKind as K;
    let none = FaultRates::default();
    let genuine = Some(K::PreconditionFailed);
    assert_eq!(outcomes(none).await, ([None, None, genuine], 3));

    let slow = Some(K::Throttled(Throttler::ObjectStore));
    let throttled = FaultRates { throttled: 1.0, ..none };
    assert_eq!(outcomes(throttled).await, ([slow; 3], 0));
    let unavailable = FaultRates { unavailable: 1.0, ..none };
    assert_eq!(outcomes(unavailable).await, ([Some(K::Unavailable); 3], 0));

    // The others are for writes only.
    let conflict = FaultRates { conflict: 1.0, ..none };
    assert_eq!(outcomes(conflict).await, ([None, Some(K::Conflict), Some(K::Conflict)], 1));
    let request = FaultRates { lost_request: 1.0, ..none };
    assert_eq!(outcomes(request).await, ([None, Some(K::Ambiguous), Some(K::Ambiguous)], 1));
    // A reply is lost whatever it says, but a refusal is no news: the caller
    // would look and find nothing changed.
    let reply = FaultRates { lost_reply: 1.0, ..none };
    assert_eq!(outcomes(reply).await, ([None, Some(K::Ambiguous), genuine], 3));
}
