//! What the coordinator asks about accounts and buckets, and the scratch
//! objects of the probe. Workers don't get these ports.

use async_trait::async_trait;

use super::UploadId;
use crate::{
    AccountId, BucketName, ETag, Encryption, ObjectKey, ObjectRef, StorageClass, StoreError,
    Target, Timestamp, VersionId, Versioning, Versions,
};

/// Whose credentials these are.
#[async_trait]
pub trait Identity: Send + Sync {
    /// The caller's account.
    async fn account(&self) -> Result<AccountId, StoreError>;
}

/// A bucket's setting that this caller may not be allowed to read. What
/// can't be read is never taken for the harmless case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// It is so.
    Yes,
    /// It isn't.
    No,
    /// It can't be told, for this reason.
    Unreadable(String),
}

/// What preflight reads of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketFacts {
    /// Its region.
    pub region: String,
    /// Its versioning.
    pub versioning: Versioning,
    /// Its default encryption, where it may be read.
    pub default_encryption: Option<Encryption>,
    /// Whether object ACLs count; not under BucketOwnerEnforced. A copy resets
    /// them to private.
    pub acls: Setting,
    /// Whether Object Lock is on.
    pub object_lock: Setting,
    /// Whether Object Lock gives every new version a retention of the
    /// bucket's own.
    pub default_retention: Setting,
    /// Whether lifecycle rules move objects between storage classes.
    pub transitions: Setting,
    /// Whether it is a website.
    pub website: Setting,
}

/// Bucket-level reads.
#[async_trait]
pub trait Inspector: Send + Sync {
    /// Reads what preflight needs, refusing a bucket that another account owns.
    async fn inspect(&self, bucket: &BucketName) -> Result<BucketFacts, StoreError>;
}

/// Where a page of a listing begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRequest<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// Keys beginning so.
    pub prefix: &'a str,
    /// Current versions, or all.
    pub versions: Versions,
    /// Strictly after this key (and, with versions, this version of it).
    pub after: Option<(&'a str, Option<&'a VersionId>)>,
    /// At most so many entries; S3 allows 1,000.
    pub limit: u32,
}

/// One entry of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEntry {
    /// The key, decoded.
    pub key: ObjectKey,
    /// The version, in listings of versions.
    pub version: Option<VersionId>,
    /// Whether it is current.
    pub is_latest: bool,
    /// Whether it is a delete marker.
    pub is_delete_marker: bool,
    /// Bytes; absent for delete markers.
    pub size: Option<u64>,
    /// Entity tag; absent for delete markers.
    pub etag: Option<ETag>,
    /// Last modified.
    pub last_modified: Option<Timestamp>,
    /// Storage class; absent for delete markers.
    pub storage_class: Option<StorageClass>,
}

/// A page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// The entries, in S3's order.
    pub entries: Vec<ListEntry>,
    /// Whether there is more after the last entry.
    pub truncated: bool,
}

/// Live listings. One attempt per call; the caller retries.
#[async_trait]
pub trait Lister: Send + Sync {
    /// One page.
    async fn list(&self, request: &ListRequest<'_>) -> Result<ListPage, StoreError>;
}

/// Every scratch key begins so.
pub const SCRATCH_PREFIX: &str = ".reseal-probe/";

/// Scratch objects, for the probe alone. An adapter refuses any key outside
/// [`SCRATCH_PREFIX`]: this is the one port that creates objects of its own,
/// and deletes them.
#[async_trait]
pub trait Scratch: Send + Sync {
    /// Writes a small object, encrypted so, only if the key is free.
    async fn put(
        &self,
        object: &ObjectRef,
        body: &[u8],
        encryption: &Target,
    ) -> Result<Option<VersionId>, StoreError>;

    /// Whether this caller sees the locks of objects: HEAD leaves them out
    /// for whoever lacks the permissions, as if there were none.
    async fn sees_locks(&self, object: &ObjectRef) -> Result<Setting, StoreError>;

    /// Reads the whole object.
    async fn get(&self, object: &ObjectRef) -> Result<Vec<u8>, StoreError>;

    /// Deletes one version for good (or the object, in unversioned buckets).
    async fn delete(&self, object: &ObjectRef) -> Result<(), StoreError>;
}

/// Uploads in parts among the scratch objects, for the probe to remove.
#[async_trait]
pub trait ScratchUploads: Send + Sync {
    /// Unfinished uploads of keys that begin so, at most a page of them. An
    /// adapter refuses any prefix outside [`SCRATCH_PREFIX`].
    async fn uploads(
        &self,
        bucket: &BucketName,
        prefix: &str,
    ) -> Result<Vec<(ObjectRef, UploadId)>, StoreError>;
}
