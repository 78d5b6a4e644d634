//! A store that doesn't do all that a multipart upload asks for, as some
//! endpoints don't.

use async_trait::async_trait;
use reseal_core::ports::{
    CopyReceipt, CopyRequest, DestinationGuard, ObjectStore, PartReceipt, PartRequest, UploadId,
    UploadRef, UploadRequest,
};
use reseal_core::{Attributes, KmsTarget, ObjectHead, ObjectRef, StoreError, Target};

/// What it leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forgets {
    Nothing,
    Metadata,
    Encryption,
}

pub(crate) struct Forgetful<S> {
    pub(crate) inner: S,
    pub(crate) forgets: Forgets,
}

impl<S> Forgetful<S> {
    /// Details are never forgotten.
    fn pass<T>(&self, _: &str, _: &ObjectRef, found: T) -> T {
        found
    }
}

crate::details::pass_details!(Forgetful, pass);

#[async_trait]
impl<S: ObjectStore> ObjectStore for Forgetful<S> {
    async fn head(&self, object: &ObjectRef) -> Result<ObjectHead, StoreError> {
        self.inner.head(object).await
    }

    async fn update_encryption(
        &self,
        object: &ObjectRef,
        target: &KmsTarget,
    ) -> Result<(), StoreError> {
        self.inner.update_encryption(object, target).await
    }

    async fn copy(&self, request: &CopyRequest<'_>) -> Result<CopyReceipt, StoreError> {
        self.inner.copy(request).await
    }

    async fn create_upload(&self, request: &UploadRequest<'_>) -> Result<UploadId, StoreError> {
        match self.forgets {
            Forgets::Nothing => self.inner.create_upload(request).await,
            Forgets::Metadata => {
                let metadata = std::collections::BTreeMap::new();
                let attributes = &Attributes { metadata, ..request.attributes.clone() };
                self.inner.create_upload(&UploadRequest { attributes, ..request.clone() }).await
            }
            Forgets::Encryption => {
                let target = &Target::SseS3;
                self.inner.create_upload(&UploadRequest { target, ..request.clone() }).await
            }
        }
    }

    async fn copy_part(&self, request: &PartRequest<'_>) -> Result<PartReceipt, StoreError> {
        self.inner.copy_part(request).await
    }

    async fn list_parts(&self, upload: &UploadRef<'_>) -> Result<Vec<PartReceipt>, StoreError> {
        self.inner.list_parts(upload).await
    }

    async fn complete_upload(
        &self,
        upload: &UploadRef<'_>,
        parts: &[PartReceipt],
        size: u64,
        destination: DestinationGuard,
    ) -> Result<CopyReceipt, StoreError> {
        self.inner.complete_upload(upload, parts, size, destination).await
    }

    async fn abort_upload(&self, upload: &UploadRef<'_>) -> Result<(), StoreError> {
        self.inner.abort_upload(upload).await
    }
}
