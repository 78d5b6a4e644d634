//! What reseal asks of KMS.

use async_trait::async_trait;

use crate::{KeyArn, StoreError};

/// Whether a key can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    /// It can.
    Enabled,
    /// Disabled.
    Disabled,
    /// Pending deletion.
    PendingDeletion,
    /// Creating, pending import, unavailable or anything else.
    Unusable,
}

/// What DescribeKey tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// Its full ARN, whatever name was asked for.
    pub arn: KeyArn,
    /// Whether it can be used.
    pub status: KeyStatus,
    /// Whether it is a symmetric key for encryption: the only kind S3 takes.
    pub symmetric_encryption: bool,
    /// Whether AWS manages it (`aws/s3`): such a key's policy can't be changed,
    /// so other accounts can't be let in.
    pub aws_managed: bool,
}

/// KMS, for resolving and gating keys. One attempt per call; the caller
/// retries and owns the deadline.
#[async_trait]
pub trait KeyService: Send + Sync {
    /// Describes a key by id, alias (`alias/…`) or ARN.
    async fn describe(&self, key: &str) -> Result<KeyFacts, StoreError>;
}
