//! What a world must be able to prepare, and in which words it is asked to.

use std::collections::BTreeMap;

use async_trait::async_trait;
use reseal_core::ports::KeyStatus;
use reseal_core::{
    Attributes, BucketName, Encryption, Grant, KeyArn, ObjectLock, ObjectRef, StorageClass, TagSet,
};

use super::Doubt;

/// A fresh bucket's nature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketKind {
    /// Keeps no versions; ACLs don't count.
    Plain,
    /// Keeps versions.
    Versioned,
    /// Keeps versions and has Object Lock.
    Locking,
    /// ACLs count.
    WithAcls,
    /// Belongs to another account, which lets everybody in.
    Foreign,
}

/// An object's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A text.
    Text(&'static str),
    /// So many bytes of any kind.
    Bytes(u64),
    /// Bytes of any kind, uploaded in parts of these sizes.
    Parts(Vec<u64>),
}

/// An object to be put there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// Its bucket.
    pub bucket: BucketName,
    /// Its key.
    pub key: String,
    /// Its bytes.
    pub content: Content,
    /// Its encryption.
    pub encryption: Encryption,
    /// What copies have to keep. Of the checksum, its value follows from the
    /// content.
    pub attributes: Attributes,
    /// Its tags.
    pub tags: TagSet,
    /// Its lock.
    pub lock: ObjectLock,
    /// Its grants, beside the owner's full control.
    pub grants: Vec<Grant>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
}

impl Seed {
    /// A short text under SSE-S3, and nothing else.
    #[must_use]
    pub fn new(bucket: &BucketName, key: &str) -> Self {
        Self {
            bucket: bucket.clone(),
            key: key.to_owned(),
            content: Content::Text("a short text\n"),
            encryption: Encryption::SseS3,
            attributes: Attributes::of_class(StorageClass::standard()),
            tags: TagSet::new(),
            lock: ObjectLock::default(),
            grants: Vec::new(),
            annotations: BTreeMap::new(),
        }
    }
}

/// Prepares what sentences are about. Each call is as if somebody else had
/// made it, with every permission.
///
/// What a world can't prepare it refuses with [`Doubt::CannotBeAsked`].
#[async_trait]
pub trait Seeder: Send + Sync {
    /// A fresh bucket.
    async fn bucket(&self, kind: BucketKind) -> Result<BucketName, Doubt>;

    /// Switches versioning on.
    async fn keep_versions(&self, bucket: &BucketName) -> Result<(), Doubt>;

    /// Puts an object. Gives its version where the bucket keeps them.
    async fn put(&self, seed: Seed) -> Result<ObjectRef, Doubt>;

    /// Deletes the current version, leaving a delete marker where the bucket
    /// keeps versions. Gives the marker.
    async fn delete(&self, object: &ObjectRef) -> Result<ObjectRef, Doubt>;

    /// What tells the object's bytes, as they are, from any others.
    async fn bytes(&self, object: &ObjectRef) -> Result<String, Doubt>;

    /// A fresh, enabled key for encryption.
    async fn key(&self) -> Result<KeyArn, Doubt>;

    /// A fresh key of another account that everybody may use.
    async fn foreign_key(&self) -> Result<KeyArn, Doubt>;

    /// A fresh key that only signs.
    async fn signing_key(&self) -> Result<KeyArn, Doubt>;

    /// A fresh alias, `alias/…`, of a key.
    async fn alias(&self, key: &KeyArn) -> Result<String, Doubt>;

    /// Brings a key into another state.
    async fn set_key(&self, key: &KeyArn, status: KeyStatus) -> Result<(), Doubt>;

    /// Makes restores from now on take long enough to be seen under way, or
    /// not longer than [`Seeder::restores_are_done`] waits.
    async fn restores_take_long(&self, long: bool) -> Result<(), Doubt>;

    /// Waits for restores that don't take long.
    async fn restores_are_done(&self) -> Result<(), Doubt>;
}
