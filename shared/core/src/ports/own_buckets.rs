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
    /// The role that is named for buckets of this name, where that isn't who
    /// listed it: nobody reaches it.
    pub claimed_by: Option<RoleArn>,
}

/// Looks, and changes nothing. One attempt per call; the caller retries.
#[async_trait]
pub trait OwnBuckets: Send + Sync {
    /// A page of the caller's buckets and of those of the roles that are named,
    /// and where the next one begins. Buckets of a role's account that no
    /// pattern of the role fits are left out: they aren't meant.
    async fn buckets(
        &self,
        after: Option<&str>,
    ) -> Result<(Vec<OwnBucket>, Option<String>), StoreError>;

    /// A bucket's own tags.
    async fn bucket_tags(&self, bucket: &BucketName) -> Result<TagSet, StoreError>;
}
