//! Which buckets there are, and what tags they carry themselves.

use async_trait::async_trait;

use crate::{BucketName, RoleArn, StoreError, TagSet};

/// A bucket of an account that is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnBucket {
    /// Its name as told; one that reseal can't speak of is left to the caller.
    pub name: String,
    /// Its region, where that is told.
    pub region: Option<String>,
    /// Whether who listed it reaches it.
    pub reached: Reached,
}

/// How a bucket is reached that somebody listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reached {
    /// By who listed it.
    #[default]
    Yes,
    /// By nobody: another account's role is named for buckets of this name.
    ClaimedBy(RoleArn),
    /// By nobody: a role's account has it, and no pattern fits it.
    Unnamed,
}

/// Looks, and changes nothing. One attempt per call; the caller retries.
#[async_trait]
pub trait OwnBuckets: Send + Sync {
    /// A page of the caller's buckets and of those of the roles that are named,
    /// and where the next one begins.
    async fn buckets(
        &self,
        after: Option<&str>,
    ) -> Result<(Vec<OwnBucket>, Option<String>), StoreError>;

    /// A bucket's own tags.
    async fn bucket_tags(&self, bucket: &BucketName) -> Result<TagSet, StoreError>;
}
