//! What HEAD doesn't tell of an object, and what is set beside its content.

use async_trait::async_trait;

use crate::{Acl, Checksum, ETag, ObjectRef, RestoreTier, StoreError, TagSet};

/// The first of the parts that an object was uploaded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstPart {
    /// Its bytes.
    pub bytes: u64,
    /// How many parts there are.
    pub parts: u32,
}

/// An object's details: one attempt per call, like
/// [`ObjectStore`](super::ObjectStore), of which this is the part that never
/// touches content.
///
/// S3 has no condition for tags and restores: whoever writes tags reads them
/// just before, and again after.
#[async_trait]
pub trait ObjectDetails: Send + Sync {
    /// GetObjectTagging.
    async fn tags(&self, object: &ObjectRef) -> Result<TagSet, StoreError>;

    /// PutObjectTagging: these, and no others.
    async fn put_tags(&self, object: &ObjectRef, tags: &TagSet) -> Result<(), StoreError>;

    /// GetObjectAcl.
    async fn acl(&self, object: &ObjectRef) -> Result<Acl, StoreError>;

    /// HEAD that asks for the additional checksum. S3 may decrypt for it, so
    /// the look that everything starts from doesn't ask.
    async fn checksum(&self, object: &ObjectRef) -> Result<Option<Checksum>, StoreError>;

    /// HEAD of the first part, where the object was uploaded in parts.
    async fn first_part(&self, object: &ObjectRef) -> Result<Option<FirstPart>, StoreError>;

    /// ListObjectAnnotations, all pages: their names.
    async fn annotations(&self, object: &ObjectRef) -> Result<Vec<String>, StoreError>;

    /// GetObjectAnnotation: a text of at most 1 MiB.
    async fn annotation(&self, object: &ObjectRef, name: &str) -> Result<Vec<u8>, StoreError>;

    /// PutObjectAnnotation, if the object still has this entity tag.
    async fn put_annotation(
        &self,
        object: &ObjectRef,
        etag: &ETag,
        name: &str,
        text: &[u8],
    ) -> Result<(), StoreError>;

    /// RestoreObject. Intelligent-Tiering brings objects back for good, so it
    /// takes no days. A restore that is under way already is no error.
    async fn restore(
        &self,
        object: &ObjectRef,
        days: Option<u32>,
        tier: RestoreTier,
    ) -> Result<(), StoreError>;
}
