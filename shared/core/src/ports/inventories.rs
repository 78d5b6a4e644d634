//! Which reports S3 writes about which bucket. For `inventory` alone, on
//! explicit request.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::Serialize;

use super::OwnBuckets;
use crate::{BucketName, StoreError};

/// One inventory configuration of a bucket, in S3's own words where those are
/// words: what this version doesn't know is shown all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InventorySetup {
    /// Its id; a bucket has at most a thousand, by their ids.
    pub id: String,
    /// Whether reports are written.
    pub enabled: bool,
    /// The ARN of the bucket that reports go to.
    pub destination: String,
    /// The account that must own that bucket.
    pub destination_account: Option<String>,
    /// The folder there; never empty.
    pub destination_prefix: Option<String>,
    /// `CSV`, `ORC`, `Parquet`.
    pub format: String,
    /// How the reports are encrypted; absent: by the destination's default.
    pub encryption: Option<ReportEncryption>,
    /// `Daily` or `Weekly`.
    pub frequency: String,
    /// `All` or `Current`.
    pub versions: String,
    /// Keys that begin so alone; never empty.
    pub source_prefix: Option<String>,
    /// The optional columns.
    pub fields: BTreeSet<String>,
}

/// How reports are encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportEncryption {
    /// Keys that S3 manages.
    SseS3,
    /// This KMS key.
    SseKms(String),
}

/// Inventory configurations. One attempt per call; the caller retries reads, and
/// looks after a failed write.
#[async_trait]
pub trait Inventories: OwnBuckets {
    /// The configuration with this id.
    async fn setup(
        &self,
        bucket: &BucketName,
        id: &str,
    ) -> Result<Option<InventorySetup>, StoreError>;

    /// A page of all of them, and where the next one begins.
    async fn setups(
        &self,
        bucket: &BucketName,
        after: Option<&str>,
    ) -> Result<(Vec<InventorySetup>, Option<String>), StoreError>;

    /// Writes one, in the place of the one with its id.
    async fn put_setup(
        &self,
        bucket: &BucketName,
        setup: &InventorySetup,
    ) -> Result<(), StoreError>;

    /// Removes the one with this id.
    async fn delete_setup(&self, bucket: &BucketName, id: &str) -> Result<(), StoreError>;
}
