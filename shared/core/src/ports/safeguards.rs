//! What keeps new objects of a bucket as they should be: its policy and its
//! default encryption. For `guard` and `inventory` alone, on explicit request.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{BucketName, StoreError};

/// A bucket's server-side encryption rule, all that S3 tells of it: whoever
/// changes a part writes the rest back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptionRule {
    /// `AES256`, `aws:kms`, `aws:kms:dsse`, or a word of a later day. Absent
    /// where the bucket has no rule, which to S3 is the same as `AES256`.
    pub algorithm: Option<String>,
    /// The KMS key as it was configured: ARN, id or alias.
    pub key: Option<String>,
    /// Whether new SSE-KMS objects use the bucket's key; absent where the
    /// endpoint doesn't say, which means no.
    pub bucket_key: Option<bool>,
    /// Encryption types that no writer may ask for, such as `SSE-C`; `NONE`
    /// stands for none. Absent where the endpoint doesn't tell.
    pub blocked: Option<Vec<String>>,
}

/// Reads and changes the two settings. One attempt per call; the caller
/// retries reads, and after a failed write reads what is there now: S3 knows
/// no condition on either, so a blind repetition could undo somebody's change.
#[async_trait]
pub trait Safeguards: Send + Sync {
    /// The bucket policy, byte for byte as the endpoint gives it.
    async fn policy(&self, bucket: &BucketName) -> Result<Option<String>, StoreError>;

    /// Replaces all of the bucket policy.
    async fn put_policy(&self, bucket: &BucketName, policy: &str) -> Result<(), StoreError>;

    /// Removes the bucket policy.
    async fn delete_policy(&self, bucket: &BucketName) -> Result<(), StoreError>;

    /// The encryption rule. More than one, or none that can be understood
    /// whole, is an error of the kind [`Invalid`](crate::StoreErrorKind::Invalid).
    async fn encryption(&self, bucket: &BucketName) -> Result<EncryptionRule, StoreError>;

    /// Replaces all of the encryption rule; one without an algorithm is removed.
    async fn put_encryption(
        &self,
        bucket: &BucketName,
        rule: &EncryptionRule,
    ) -> Result<(), StoreError>;
}
