//! The data path: one object at a time, one attempt a call.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::types::{ObjectEncryption, SsekmsEncryption};
use aws_smithy_types::timeout::TimeoutConfig;
use reseal_core::ports::{
    CopyReceipt, CopyRequest, DestinationGuard, ObjectStore, PartReceipt, PartRequest, UploadId,
    UploadRef, UploadRequest,
};
use reseal_core::{
    AccountId, BucketName, ETag, KmsTarget, ObjectHead, ObjectRef, StoreError, StoreErrorKind,
};

use crate::errors::Call;
use crate::failure::store_error_for;
use crate::reach::{Elsewhere, Reach};
use crate::timeouts;

/// S3 for the buckets of one account, and of those whose roles it was given:
/// the `ObjectStore`, `Lister`, `Inspector` and `Scratch` ports. Every call
/// carries the account as the expected owner, so that a bucket which changed
/// hands is never touched.
#[derive(Clone, Debug)]
pub struct S3Store {
    /// Every bucket that no role is named for.
    pub(crate) home: Reach,
    pub(crate) elsewhere: Elsewhere,
    pub(crate) region: String,
}

impl S3Store {
    pub(crate) fn new(client: aws_sdk_s3::Client, owner: AccountId, region: String) -> Self {
        let home = Reach { client, role: None, owner };
        Self { home, elsewhere: Elsewhere::default(), region }
    }

    /// By whose credentials this bucket is reached, and who must own it.
    pub(crate) fn at(&self, bucket: &BucketName) -> &Reach {
        self.elsewhere.at(bucket).unwrap_or(&self.home)
    }

    /// An override of the client's deadline for one call. Only the attempt's:
    /// the connection pools are kept apart by the other timeouts.
    pub(crate) fn within(deadline: Duration) -> aws_sdk_s3::config::Builder {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(deadline).build();
        aws_sdk_s3::config::Builder::new().timeout_config(timeouts)
    }

    /// The version to address, `null` included.
    pub(crate) fn version(object: &ObjectRef) -> Option<String> {
        object.version.as_ref().map(|version| version.as_str().to_owned())
    }

    async fn update(&self, object: &ObjectRef, target: &KmsTarget) -> Result<(), StoreError> {
        let key = target.key.as_str();
        let encryption = SsekmsEncryption::builder()
            .kms_key_arn(key)
            // Omitted means false, whatever the bucket's default is.
            .bucket_key_enabled(target.bucket_key)
            .build()
            .map_err(|e| {
                StoreError::new(StoreErrorKind::Invalid, "UnbuildableRequest", e.to_string())
            })?;
        let here = self.at(&object.bucket);
        let call = here
            .client
            .update_object_encryption()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .object_encryption(ObjectEncryption::Ssekms(encryption))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::CHANGE));
        let answer = call.send().await;
        answer.map(|_| ()).map_err(|e| store_error_for(Call::Update, Some(key), e))
    }
}

/// An entity tag as conditions and part lists want it.
pub(crate) fn quoted(etag: &ETag) -> String {
    format!("\"{etag}\"")
}

/// The entity tag of an answer's body, unless it is cut: the SDK's XML parser
/// takes a body that ends in the middle of an element for a whole one.
pub(crate) fn whole_etag(text: Option<&str>) -> Option<ETag> {
    let text =
        text.filter(|text| !text.is_empty() && text.starts_with('"') == text.ends_with('"'))?;
    (text != "\"").then(|| ETag::new(text))
}

/// `If-Match` for the object that is to be replaced.
pub(crate) fn destination_condition(guard: &DestinationGuard) -> Option<String> {
    match guard {
        DestinationGuard::ETag(etag) => Some(quoted(etag)),
        DestinationGuard::Unfenced => None,
    }
}

#[async_trait]
impl ObjectStore for S3Store {
    async fn head(&self, object: &ObjectRef) -> Result<ObjectHead, StoreError> {
        self.head_object(object).await
    }

    async fn update_encryption(
        &self,
        object: &ObjectRef,
        target: &KmsTarget,
    ) -> Result<(), StoreError> {
        self.update(object, target).await
    }

    async fn copy(&self, request: &CopyRequest<'_>) -> Result<CopyReceipt, StoreError> {
        self.copy_object(request).await
    }

    async fn create_upload(&self, request: &UploadRequest<'_>) -> Result<UploadId, StoreError> {
        self.create_multipart(request).await
    }

    async fn copy_part(&self, request: &PartRequest<'_>) -> Result<PartReceipt, StoreError> {
        self.upload_part_copy(request).await
    }

    async fn list_parts(&self, upload: &UploadRef<'_>) -> Result<Vec<PartReceipt>, StoreError> {
        self.all_parts(upload).await
    }

    async fn complete_upload(
        &self,
        upload: &UploadRef<'_>,
        parts: &[PartReceipt],
        size: u64,
        destination: DestinationGuard,
    ) -> Result<CopyReceipt, StoreError> {
        self.complete_multipart(upload, parts, size, &destination).await
    }

    async fn abort_upload(&self, upload: &UploadRef<'_>) -> Result<(), StoreError> {
        self.abort_multipart(upload).await
    }
}

#[cfg(test)]
mod tests;
