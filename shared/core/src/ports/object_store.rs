//! What the engine asks of S3 for an object. No verb here lists or deletes:
//! a worker has no use for either (I14). What deletes is the [`Purger`](super::Purger),
//! which only `purge` gets.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::ObjectDetails;
use crate::{
    Attributes, ETag, Encryption, KmsTarget, ObjectHead, ObjectRef, PartRange, Protection,
    StoreError, TagSet, Target, Timestamp, VersionId,
};

/// What must still be true of the source for S3 to copy it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceGuard {
    /// It has this entity tag.
    ETag(ETag),
    /// It wasn't modified since this time (to the second). For copies whose
    /// entity tag is the source's own and so can't tell one from the other.
    UnmodifiedSince(Timestamp),
}

/// What must still be true of the destination for S3 to replace it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DestinationGuard {
    /// It has this entity tag.
    ETag(ETag),
    /// Nothing: after `--accept-unfenced-copies`, on an endpoint that ignores
    /// the condition anyway, and for a backup, whose key is the job's own.
    Unfenced,
}

/// What becomes of the tags in a single copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyTags {
    /// S3 carries them over itself.
    Keep,
    /// These, instead.
    Replace(TagSet),
}

/// A copy of the current version, onto itself or, as a backup, elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyRequest<'a> {
    /// What is copied; its version isn't sent, since a pinned copy would
    /// bring back an old one.
    pub from: &'a ObjectRef,
    /// What is written.
    pub to: &'a ObjectRef,
    /// Its bytes, which decide how long an attempt may take.
    pub size: u64,
    /// Condition on the source.
    pub source: SourceGuard,
    /// Condition on the destination.
    pub destination: DestinationGuard,
    /// The encryption to write. Always sent in full.
    pub target: &'a Target,
    /// What S3 would drop or reset; metadata and headers it keeps by itself.
    pub attributes: &'a Attributes,
    /// Who may read it, and what locks it: S3 would reset both.
    pub protection: &'a Protection,
    /// The tags.
    pub tags: CopyTags,
}

/// The start of a multipart copy: everything must be restated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRequest<'a> {
    /// What will be written.
    pub to: &'a ObjectRef,
    /// The encryption to write.
    pub target: &'a Target,
    /// All of them: a multipart upload inherits nothing.
    pub attributes: &'a Attributes,
    /// Who may read it, and what locks it.
    pub protection: &'a Protection,
    /// The tags.
    pub tags: &'a TagSet,
}

/// A multipart upload's id: opaque.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UploadId(pub String);

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An upload as the ledger remembers it: enough to know whether its parts
/// still belong to the object as it is now and, when its completion is found
/// out later, whether everything was carried over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenUpload {
    /// Its id.
    pub id: UploadId,
    /// What it will write.
    pub to: ObjectRef,
    /// The source when it was begun.
    pub source: UploadSource,
    /// Preferred bytes per part, so that the parts can be cut the same way again.
    pub part_bytes: u64,
    /// Whether it is cut as the source was, so that checksums made of the
    /// parts' checksums must agree.
    #[serde(default)]
    pub cut_as_source: bool,
}

/// What a multipart copy was begun from, and all that it was begun with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadSource {
    /// Entity tag.
    pub etag: ETag,
    /// Time of modification.
    pub last_modified: Timestamp,
    /// Version, where there are versions.
    pub version: Option<VersionId>,
    /// Bytes.
    pub size: u64,
    /// What the upload restates.
    pub attributes: Attributes,
    /// The ACL and lock that it restates.
    #[serde(default)]
    pub protection: Protection,
    /// The tags that the source had.
    pub tags: TagSet,
    /// The source's annotations: written onto the result.
    #[serde(default)]
    pub annotations: Vec<String>,
}

impl UploadSource {
    /// What a HEAD says of it, and what HEAD doesn't tell.
    #[must_use]
    pub fn new(head: &ObjectHead, protection: Protection, tags: TagSet) -> Self {
        let ObjectHead {
            version,
            etag,
            size,
            last_modified,
            encryption: _,
            archive: _,
            lock: _,
            tag_count: _,
            parts_count: _,
            attributes,
        } = head;
        Self {
            etag: etag.clone(),
            last_modified: *last_modified,
            version: version.clone(),
            size: *size,
            attributes: attributes.clone(),
            protection,
            tags,
            annotations: Vec::new(),
        }
    }
}

/// An upload in progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRef<'a> {
    /// The object that it will replace.
    pub object: &'a ObjectRef,
    /// Its id.
    pub id: &'a UploadId,
}

/// A copy of one range into an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartRequest<'a> {
    /// The upload.
    pub upload: UploadRef<'a>,
    /// What is copied, pinned to its version where there are versions.
    pub from: &'a ObjectRef,
    /// The encryption that the upload was begun with: tells trouble with its
    /// key from trouble with the source's.
    pub target: &'a Target,
    /// Condition on the source.
    pub source: SourceGuard,
    /// The bytes.
    pub range: PartRange,
}

/// A part that is in place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartReceipt {
    /// Its number.
    pub number: u32,
    /// Its entity tag, to be named on completion.
    pub etag: ETag,
    /// Its bytes, where the reply tells (ListParts does, UploadPartCopy doesn't).
    pub size: Option<u64>,
    /// Its checksum by S3's field name (such as `ChecksumSHA256`), where one was asked for.
    pub checksum: Option<(String, String)>,
}

/// What S3 says of a finished copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyReceipt {
    /// The new entity tag.
    pub etag: ETag,
    /// The new time of modification, where the reply tells (CopyObject does,
    /// CompleteMultipartUpload doesn't).
    pub last_modified: Option<Timestamp>,
    /// The new version, in versioned buckets.
    pub version: Option<VersionId>,
    /// Which source version was copied, where there are versions.
    pub source_version: Option<VersionId>,
    /// The encryption as the reply's headers tell it; `None` where it has none.
    pub encryption: Option<Encryption>,
}

/// S3's data path for one object.
///
/// One attempt per call: the engine retries, because only it knows that an
/// ambiguous answer must be followed by a HEAD. Adapters own each attempt's
/// deadline (S3 answers a copy only when it is done), send the expected
/// bucket owner on every call, and sort every failure into a
/// [`StoreErrorKind`](crate::StoreErrorKind).
///
/// Every verb that writes content demands its preconditions. Those without
/// any (update, tagging, restore, abort) are the exceptions that invariant I2 lists.
#[async_trait]
pub trait ObjectStore: ObjectDetails {
    /// HEAD, with the version where one is named.
    async fn head(&self, object: &ObjectRef) -> Result<ObjectHead, StoreError>;

    /// UpdateObjectEncryption. S3 offers no precondition: name the version
    /// where there is one. The reply proves nothing; HEAD does.
    async fn update_encryption(
        &self,
        object: &ObjectRef,
        target: &KmsTarget,
    ) -> Result<(), StoreError>;

    /// CopyObject of the current version.
    async fn copy(&self, request: &CopyRequest<'_>) -> Result<CopyReceipt, StoreError>;

    /// CreateMultipartUpload. Has no effect on the object.
    async fn create_upload(&self, request: &UploadRequest<'_>) -> Result<UploadId, StoreError>;

    /// UploadPartCopy.
    async fn copy_part(&self, request: &PartRequest<'_>) -> Result<PartReceipt, StoreError>;

    /// ListParts, all pages.
    async fn list_parts(&self, upload: &UploadRef<'_>) -> Result<Vec<PartReceipt>, StoreError>;

    /// CompleteMultipartUpload: replaces the object in one step, or not at all.
    async fn complete_upload(
        &self,
        upload: &UploadRef<'_>,
        parts: &[PartReceipt],
        size: u64,
        destination: DestinationGuard,
    ) -> Result<CopyReceipt, StoreError>;

    /// AbortMultipartUpload: removes the parts, never an object.
    async fn abort_upload(&self, upload: &UploadRef<'_>) -> Result<(), StoreError>;
}
