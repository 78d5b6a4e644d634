//! An object store that throttles, vanishes and loses replies.

use std::sync::Arc;

use async_trait::async_trait;
use reseal_core::ports::{
    CopyReceipt, CopyRequest, DestinationGuard, FirstPart, ObjectDetails, ObjectStore, PartReceipt,
    PartRequest, UploadId, UploadRef, UploadRequest,
};
use reseal_core::{
    Acl, Checksum, ETag, KmsTarget, ObjectHead, ObjectRef, RestoreTier, StoreError, StoreErrorKind,
    TagSet, Throttler,
};

use super::{Dice, Fault, fail};

/// An `ObjectStore` with faults before and after every effect.
#[derive(Debug)]
pub struct FaultyStore<S: ?Sized> {
    inner: Arc<S>,
    dice: Dice,
}

impl<S: ObjectStore + ?Sized> FaultyStore<S> {
    /// Faults by these dice around `inner`, which others may share without them.
    pub fn new(inner: Arc<S>, dice: Dice) -> Self {
        Self { inner, dice }
    }

    async fn read<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        fail(self.dice.for_read(), call, error).await
    }

    async fn write<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        fail(self.dice.for_write(), call, error).await
    }
}

fn error(fault: Fault) -> StoreError {
    let (kind, code) = match fault {
        Fault::Throttled => (StoreErrorKind::Throttled(Throttler::ObjectStore), "SlowDown"),
        Fault::Unavailable => (StoreErrorKind::Unavailable, "ServiceUnavailable"),
        Fault::Conflict => (StoreErrorKind::Conflict, "ConditionalRequestConflict"),
        Fault::LostRequest | Fault::LostReply => (StoreErrorKind::Ambiguous, "ConnectionReset"),
    };
    StoreError::new(kind, code, "injected")
}

#[async_trait]
impl<S: ObjectStore + ?Sized> ObjectDetails for FaultyStore<S> {
    async fn tags(&self, object: &ObjectRef) -> Result<TagSet, StoreError> {
        self.read(self.inner.tags(object)).await
    }

    async fn put_tags(&self, object: &ObjectRef, tags: &TagSet) -> Result<(), StoreError> {
        self.write(self.inner.put_tags(object, tags)).await
    }

    async fn acl(&self, object: &ObjectRef) -> Result<Acl, StoreError> {
        self.read(self.inner.acl(object)).await
    }

    async fn checksum(&self, object: &ObjectRef) -> Result<Option<Checksum>, StoreError> {
        self.read(self.inner.checksum(object)).await
    }

    async fn first_part(&self, object: &ObjectRef) -> Result<Option<FirstPart>, StoreError> {
        self.read(self.inner.first_part(object)).await
    }

    async fn annotations(&self, object: &ObjectRef) -> Result<Vec<String>, StoreError> {
        self.read(self.inner.annotations(object)).await
    }

    async fn annotation(&self, object: &ObjectRef, name: &str) -> Result<Vec<u8>, StoreError> {
        self.read(self.inner.annotation(object, name)).await
    }

    async fn put_annotation(
        &self,
        object: &ObjectRef,
        etag: &ETag,
        name: &str,
        text: &[u8],
    ) -> Result<(), StoreError> {
        self.write(self.inner.put_annotation(object, etag, name, text)).await
    }

    async fn restore(
        &self,
        object: &ObjectRef,
        days: Option<u32>,
        tier: RestoreTier,
    ) -> Result<(), StoreError> {
        self.write(self.inner.restore(object, days, tier)).await
    }
}

#[async_trait]
impl<S: ObjectStore + ?Sized> ObjectStore for FaultyStore<S> {
    async fn head(&self, object: &ObjectRef) -> Result<ObjectHead, StoreError> {
        self.read(self.inner.head(object)).await
    }

    async fn update_encryption(
        &self,
        object: &ObjectRef,
        target: &KmsTarget,
    ) -> Result<(), StoreError> {
        self.write(self.inner.update_encryption(object, target)).await
    }

    async fn copy(&self, request: &CopyRequest<'_>) -> Result<CopyReceipt, StoreError> {
        self.write(self.inner.copy(request)).await
    }

    async fn create_upload(&self, request: &UploadRequest<'_>) -> Result<UploadId, StoreError> {
        self.write(self.inner.create_upload(request)).await
    }

    async fn copy_part(&self, request: &PartRequest<'_>) -> Result<PartReceipt, StoreError> {
        self.write(self.inner.copy_part(request)).await
    }

    async fn list_parts(&self, upload: &UploadRef<'_>) -> Result<Vec<PartReceipt>, StoreError> {
        self.read(self.inner.list_parts(upload)).await
    }

    async fn complete_upload(
        &self,
        upload: &UploadRef<'_>,
        parts: &[PartReceipt],
        size: u64,
        destination: DestinationGuard,
    ) -> Result<CopyReceipt, StoreError> {
        self.write(self.inner.complete_upload(upload, parts, size, destination)).await
    }

    async fn abort_upload(&self, upload: &UploadRef<'_>) -> Result<(), StoreError> {
        self.write(self.inner.abort_upload(upload)).await
    }
}
