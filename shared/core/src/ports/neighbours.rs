//! Who and what else lives off a bucket: read for the hazards that a run
//! brings to them. Safety never rests on any of it; `estate` has what does.

use async_trait::async_trait;

use super::Setting;
use crate::{BucketName, Encryption, KeyArn, StorageClass, StoreError};

/// A fact that this caller may not be allowed to read. What can't be read is
/// never taken for the harmless case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told<T> {
    /// It is so.
    Known(T),
    /// It can't be told, for this reason.
    Unreadable(String),
}

/// A replication rule that is switched on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicationRule {
    /// Its id.
    pub id: String,
    /// The ARN of the bucket that replicas go to.
    pub destination: String,
    /// Whether it replicates objects under SSE-KMS at all.
    pub replicates_kms: bool,
    /// The key that encrypts the replicas of those.
    pub replica_key: Option<String>,
}

/// A lifecycle rule that is switched on, as far as a copy matters to it: rules
/// by date, and those about delete markers, are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleRule {
    /// Its id.
    pub id: String,
    /// Days after which objects are removed, counted from the last write.
    pub expires: Option<i32>,
    /// Days after which objects move to another class, counted alike.
    pub moves: Vec<(i32, StorageClass)>,
    /// Days after which old versions are removed, counted from when they
    /// became old.
    pub old_versions_expire: Option<i32>,
}

/// What a public access block does to readers who are let in already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublicAccessBlock {
    /// Public ACLs don't count.
    pub ignores_public_acls: bool,
    /// A public policy lets in nobody but AWS's services and the owner's account.
    pub restricts_public_policy: bool,
}

/// What lives off one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbourhood {
    /// What new objects are encrypted with that don't say so themselves.
    pub default_encryption: Told<Option<Encryption>>,
    /// Replication rules that are switched on.
    pub replication: Told<Vec<ReplicationRule>>,
    /// Who hears of new objects: ARNs, and `EventBridge`.
    pub listeners: Told<Vec<String>>,
    /// Lifecycle rules that are switched on.
    pub lifecycle: Told<Vec<LifecycleRule>>,
    /// Whether the requester pays.
    pub requester_pays: Setting,
    /// The bucket policy, as JSON.
    pub policy: Told<Option<String>>,
    /// Whether S3 itself calls the policy public.
    pub policy_is_public: Setting,
    /// The bucket's public access block. The account's own isn't asked for.
    pub public_access_block: Told<PublicAccessBlock>,
}

/// Bucket-level reads beyond those that safety needs. One attempt per call;
/// the caller retries.
#[async_trait]
pub trait Neighbours: Send + Sync {
    /// Looks around one bucket. Only what a later attempt may mend, and missing
    /// credentials or buckets, are errors; the rest is told as unreadable.
    async fn look_around(&self, bucket: &BucketName) -> Result<Neighbourhood, StoreError>;
}

/// Who may use a key. A port of its own: workers describe keys, but have no
/// use for their policies.
#[async_trait]
pub trait KeyPolicies: Send + Sync {
    /// The key's policy as JSON, where it may be read. One attempt per call.
    async fn policy(&self, key: &KeyArn) -> Result<Told<String>, StoreError>;
}
