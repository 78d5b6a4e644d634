//! A wrapper of the object store that writes down every call and its answer.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use reseal_core::ports::{
    Clock, CopyReceipt, CopyRequest, DestinationGuard, ObjectStore, PartReceipt, PartRequest,
    UploadId, UploadRef, UploadRequest,
};
use reseal_core::{KmsTarget, ObjectHead, ObjectRef, StoreError};

/// One line per call: when, what, on which object, how it ended.
#[derive(Clone, Default)]
pub(crate) struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().expect("not poisoned").clone()
    }
}

/// Hears of a call by its name, and on which object.
pub(crate) type Listener = dyn Fn(&str, &ObjectRef) + Send + Sync;

pub(crate) struct Traced<S> {
    pub(crate) inner: S,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) trace: Trace,
    /// Told of every call that was answered.
    pub(crate) answered: Box<Listener>,
}

impl<S> Traced<S> {
    fn note<T>(
        &self,
        what: &str,
        object: &ObjectRef,
        result: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let end = result.as_ref().err().map_or("ok", |error| error.code.as_str());
        let line = format!("{:?} {what} {object} {end}", self.clock.monotonic());
        self.trace.0.lock().expect("not poisoned").push(line);
        (self.answered)(what, object);
        result
    }
}

crate::details::pass_details!(Traced, note);

#[async_trait]
impl<S: ObjectStore> ObjectStore for Traced<S> {
    async fn head(&self, object: &ObjectRef) -> Result<ObjectHead, StoreError> {
        self.note("head", object, self.inner.head(object).await)
    }

    async fn update_encryption(
        &self,
        object: &ObjectRef,
        target: &KmsTarget,
    ) -> Result<(), StoreError> {
        self.note("update", object, self.inner.update_encryption(object, target).await)
    }

    async fn copy(&self, request: &CopyRequest<'_>) -> Result<CopyReceipt, StoreError> {
        self.note("copy", request.to, self.inner.copy(request).await)
    }

    async fn create_upload(&self, request: &UploadRequest<'_>) -> Result<UploadId, StoreError> {
        self.note("create", request.to, self.inner.create_upload(request).await)
    }

    async fn copy_part(&self, request: &PartRequest<'_>) -> Result<PartReceipt, StoreError> {
        let part = format!("part of {}", request.upload.id);
        self.note(&part, request.upload.object, self.inner.copy_part(request).await)
    }

    async fn list_parts(&self, upload: &UploadRef<'_>) -> Result<Vec<PartReceipt>, StoreError> {
        self.note("parts", upload.object, self.inner.list_parts(upload).await)
    }

    async fn complete_upload(
        &self,
        upload: &UploadRef<'_>,
        parts: &[PartReceipt],
        size: u64,
        destination: DestinationGuard,
    ) -> Result<CopyReceipt, StoreError> {
        let result = self.inner.complete_upload(upload, parts, size, destination).await;
        self.note("complete", upload.object, result)
    }

    async fn abort_upload(&self, upload: &UploadRef<'_>) -> Result<(), StoreError> {
        self.note("abort", upload.object, self.inner.abort_upload(upload).await)
    }
}
