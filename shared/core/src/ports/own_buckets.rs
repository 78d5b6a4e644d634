//! Which buckets there are, and what tags they carry themselves.

use async_trait::async_trait;

use crate::{BucketName, StoreError, TagSet};

/// A bucket of the caller's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnBucket {
    /// Its name as told; one that reseal can't speak of is left to the caller.
    pub name: String,
    /// Its region, where that is told.
    pub region: Option<String>,
}

/// Looks, and changes nothing. One attempt per call; the caller retries.
#[async_trait]
pub trait OwnBuckets: Send + Sync {
    /// A page of the caller's buckets, and where the next one begins.
    async fn buckets(
        &self,
        after: Option<&str>,
    ) -> Result<(Vec<OwnBucket>, Option<String>), StoreError>;

    /// A bucket's own tags.
    async fn bucket_tags(&self, bucket: &BucketName) -> Result<TagSet, StoreError>;
}
