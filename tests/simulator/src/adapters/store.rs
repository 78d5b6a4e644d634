//! S3 and KMS as one process reaches them.

use async_trait::async_trait;
use reseal_core::ports::{
    CopyReceipt, CopyRequest, DestinationGuard, FirstPart, KeyFacts, KeyService, ListPage,
    ListRequest, Lister, ObjectDetails, ObjectStore, PartReceipt, PartRequest, SourceGuard,
    UploadId, UploadRef, UploadRequest,
};
use reseal_core::{
    Acl, Checksum, ETag, KmsTarget, ObjectHead, ObjectRef, RestoreTier, StoreError, TagSet,
    Timestamp,
};
use reseal_sandbox::SandboxPorts;
use reseal_sandbox::model::DumpLine;

use crate::wire::{Step, Wire};

pub(crate) struct WiredStore {
    pub(crate) wire: Wire,
    pub(crate) inner: SandboxPorts,
}

impl WiredStore {
    /// After every answer somebody else may be faster than whoever asked.
    async fn ask<T>(
        &self,
        step: Step,
        object: &ObjectRef,
        effect: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let judge = &self.wire.net.judge;
        let effect = async {
            let result = effect.await;
            judge.answered(step, object);
            result
        };
        self.wire.call(step, object, effect).await
    }

    /// An effect that somebody must have the right to.
    async fn work<T>(
        &self,
        step: Step,
        object: &ObjectRef,
        effect: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let judge = &self.wire.net.judge;
        let effect = async {
            judge.works(&self.wire.who, step, object);
            let result = effect.await;
            judge.heard(&self.wire.who, step, &result);
            result
        };
        self.ask(step, object, effect).await
    }
}

/// A copy whose source is read already, and met its condition or not.
fn as_read<'a>(request: &CopyRequest<'a>, read: Option<&DumpLine>) -> CopyRequest<'a> {
    let mut request = request.clone();
    let etag = read.and_then(|line| line.etag.as_deref());
    if matches!(&request.source, SourceGuard::ETag(wanted) if etag == Some(wanted.as_str())) {
        request.source = SourceGuard::UnmodifiedSince(Timestamp::from_millis(i64::MAX / 2));
    }
    request
}

#[async_trait]
impl ObjectStore for WiredStore {
    async fn head(&self, object: &ObjectRef) -> Result<ObjectHead, StoreError> {
        self.wire.net.judge.looks(&self.wire.who, object);
        self.ask(Step::HEAD, object, self.inner.head(object)).await
    }

    async fn update_encryption(
        &self,
        object: &ObjectRef,
        target: &KmsTarget,
    ) -> Result<(), StoreError> {
        let mutant = self.wire.net.judge.mutant();
        if mutant.is_silent_update() {
            return Ok(());
        }
        let effect = self.inner.update_encryption(object, target);
        self.work(Step::UPDATE, object, effect).await
    }

    async fn copy(&self, request: &CopyRequest<'_>) -> Result<CopyReceipt, StoreError> {
        let judge = &self.wire.net.judge;
        let request = &judge.mutant().copy(request.clone());
        let effect = async {
            let read = judge.peek(request.from);
            self.wire.net.travel().await;
            judge.is_read(request.from);
            let before = judge.peek(request.to);
            // The condition on the source was judged when it was read.
            let in_place = request.from == request.to;
            let request = &if in_place { as_read(request, read.as_ref()) } else { request.clone() };
            let result = self.inner.copy(request).await;
            if result.is_ok() && in_place {
                judge.copied(request.to, read.as_ref(), before.as_ref());
            }
            judge.mutant().copied(request, result, judge.keeps_versions(request.to))
        };
        self.work(Step::COPY, request.to, effect).await
    }

    async fn create_upload(&self, request: &UploadRequest<'_>) -> Result<UploadId, StoreError> {
        let effect = async {
            let made = self.inner.create_upload(request).await;
            if made.is_ok() {
                self.wire.net.judge.began_upload();
            }
            made
        };
        self.work(Step::CREATE, request.to, effect).await
    }

    async fn copy_part(&self, request: &PartRequest<'_>) -> Result<PartReceipt, StoreError> {
        let judge = &self.wire.net.judge;
        let request = &judge.mutant().part(request.clone());
        let effect = async {
            judge.adds_part(&request.upload);
            self.inner.copy_part(request).await
        };
        self.work(Step::PART, request.upload.object, effect).await
    }

    async fn list_parts(&self, upload: &UploadRef<'_>) -> Result<Vec<PartReceipt>, StoreError> {
        self.ask(Step::PARTS, upload.object, self.inner.list_parts(upload)).await
    }

    async fn complete_upload(
        &self,
        upload: &UploadRef<'_>,
        parts: &[PartReceipt],
        size: u64,
        destination: DestinationGuard,
    ) -> Result<CopyReceipt, StoreError> {
        let judge = &self.wire.net.judge;
        let destination = judge.mutant().guard(destination);
        let effect = async {
            let before = judge.peek(upload.object);
            let result = self.inner.complete_upload(upload, parts, size, destination).await;
            if result.is_ok() {
                judge.replaced(upload.object, before.as_ref());
                judge.completed(upload.object);
            }
            result
        };
        self.work(Step::COMPLETE_UPLOAD, upload.object, effect).await
    }

    async fn abort_upload(&self, upload: &UploadRef<'_>) -> Result<(), StoreError> {
        self.ask(Step::ABORT, upload.object, self.inner.abort_upload(upload)).await
    }
}

#[async_trait]
impl ObjectDetails for WiredStore {
    async fn tags(&self, object: &ObjectRef) -> Result<TagSet, StoreError> {
        self.ask(Step::TAGS, object, self.inner.tags(object)).await
    }

    async fn put_tags(&self, object: &ObjectRef, tags: &TagSet) -> Result<(), StoreError> {
        let step = Step::detail("PutObjectTagging", true);
        self.ask(step, object, self.inner.put_tags(object, tags)).await
    }

    async fn acl(&self, object: &ObjectRef) -> Result<Acl, StoreError> {
        let step = Step::detail("GetObjectAcl", false);
        self.ask(step, object, self.inner.acl(object)).await
    }

    async fn checksum(&self, object: &ObjectRef) -> Result<Option<Checksum>, StoreError> {
        let step = Step::detail("HeadObject (checksum)", false);
        self.ask(step, object, self.inner.checksum(object)).await
    }

    async fn first_part(&self, object: &ObjectRef) -> Result<Option<FirstPart>, StoreError> {
        let step = Step::detail("HeadObject (part)", false);
        self.ask(step, object, self.inner.first_part(object)).await
    }

    async fn annotations(&self, object: &ObjectRef) -> Result<Vec<String>, StoreError> {
        let step = Step::detail("ListObjectAnnotations", false);
        self.ask(step, object, self.inner.annotations(object)).await
    }

    async fn annotation(&self, object: &ObjectRef, name: &str) -> Result<Vec<u8>, StoreError> {
        let step = Step::detail("GetObjectAnnotation", false);
        self.ask(step, object, self.inner.annotation(object, name)).await
    }

    async fn put_annotation(
        &self,
        object: &ObjectRef,
        etag: &ETag,
        name: &str,
        text: &[u8],
    ) -> Result<(), StoreError> {
        let step = Step::detail("PutObjectAnnotation", true);
        self.ask(step, object, self.inner.put_annotation(object, etag, name, text)).await
    }

    async fn restore(
        &self,
        object: &ObjectRef,
        days: Option<u32>,
        tier: RestoreTier,
    ) -> Result<(), StoreError> {
        let step = Step::detail("RestoreObject", true);
        self.ask(step, object, self.inner.restore(object, days, tier)).await
    }
}

#[async_trait]
impl KeyService for WiredStore {
    async fn describe(&self, key: &str) -> Result<KeyFacts, StoreError> {
        self.wire.call(Step::detail("DescribeKey", false), key, self.inner.describe(key)).await
    }
}

#[async_trait]
impl Lister for WiredStore {
    async fn list(&self, request: &ListRequest<'_>) -> Result<ListPage, StoreError> {
        let bucket = request.bucket.to_string();
        self.wire.call(Step::LIST, &bucket, self.inner.list(request)).await
    }
}
