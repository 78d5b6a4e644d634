//! How objects are encrypted, and what a writer may ask for.

use std::sync::Arc;

use super::fault::{Code, Fault};

/// The full ARN of a KMS key.
pub type KeyArn = Arc<str>;

/// The encryption of one stored version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// None: written before S3 encrypted everything. Can be seeded, never written.
    None,
    /// SSE-S3.
    SseS3,
    /// SSE-KMS.
    Kms {
        /// The key.
        key: KeyArn,
        /// Whether the bucket's key wraps the data key.
        bucket_key: bool,
        /// The encryption context as sent, which S3 never tells again.
        context: Option<Arc<str>>,
    },
    /// DSSE-KMS.
    Dsse {
        /// The key.
        key: KeyArn,
        /// The encryption context as sent.
        context: Option<Arc<str>>,
    },
    /// SSE-C: the key is the customer's, S3 keeps its MD5 only.
    CustomerKey {
        /// Base64 MD5 of the key.
        key_md5: Arc<str>,
    },
}

impl Encryption {
    /// The KMS key, if one is involved.
    pub fn kms_key(&self) -> Option<&KeyArn> {
        match self {
            Self::Kms { key, .. } | Self::Dsse { key, .. } => Some(key),
            Self::None | Self::SseS3 | Self::CustomerKey { .. } => None,
        }
    }

    /// Whether an entity tag under this encryption is the content's MD5.
    pub fn etag_is_md5(&self) -> bool {
        matches!(self, Self::None | Self::SseS3)
    }

    /// The word that S3 Inventory uses.
    pub fn inventory_status(&self) -> &'static str {
        match self {
            Self::None => "NOT-SSE",
            Self::SseS3 => "SSE-S3",
            Self::Kms { .. } => "SSE-KMS",
            Self::Dsse { .. } => "DSSE-KMS",
            Self::CustomerKey { .. } => "SSE-C",
        }
    }

    /// Refuses a reader who doesn't bring the customer's key that the object needs.
    pub(crate) fn check_customer_key(&self, sent: Option<&str>) -> Result<(), Fault> {
        match (self, sent) {
            (Self::CustomerKey { key_md5 }, Some(md5)) if **key_md5 == *md5 => Ok(()),
            (Self::CustomerKey { .. }, Some(_)) => {
                Err(Fault::new(Code::AccessDenied, "Access Denied"))
            }
            (Self::CustomerKey { .. }, None) => Err(Fault::new(
                Code::InvalidRequest,
                "The object was stored using a form of Server Side Encryption. The correct \
                 parameters must be provided to retrieve the object.",
            )),
            (_, Some(_)) => Err(Fault::new(
                Code::InvalidRequest,
                "The encryption parameters are not applicable to this object.",
            )),
            (_, None) => Ok(()),
        }
    }
}

/// The algorithms of `x-amz-server-side-encryption`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SseAlgorithm {
    /// `AES256`.
    Aes256,
    /// `aws:kms`.
    Kms,
    /// `aws:kms:dsse`.
    Dsse,
}

impl SseAlgorithm {
    /// The header's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aes256 => "AES256",
            Self::Kms => "aws:kms",
            Self::Dsse => "aws:kms:dsse",
        }
    }

    /// Reads the header's value.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Aes256, Self::Kms, Self::Dsse].into_iter().find(|a| a.as_str() == text)
    }
}

/// The encryption headers of a write, as sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncryptionRequest {
    /// The algorithm; absent means the bucket's default.
    pub algorithm: Option<SseAlgorithm>,
    /// Key id, alias or ARN.
    pub key: Option<String>,
    /// Bucket key on or off; absent means the bucket's setting.
    pub bucket_key: Option<bool>,
    /// The encryption context, base64 JSON.
    pub context: Option<Box<str>>,
    /// MD5 of the customer's key, for SSE-C.
    pub customer_key_md5: Option<String>,
}

impl EncryptionRequest {
    /// SSE-S3.
    pub fn sse_s3() -> Self {
        Self { algorithm: Some(SseAlgorithm::Aes256), ..Self::default() }
    }

    /// SSE-KMS under `key` (id, alias or ARN).
    pub fn kms(key: impl Into<String>, bucket_key: bool) -> Self {
        Self {
            algorithm: Some(SseAlgorithm::Kms),
            key: Some(key.into()),
            bucket_key: Some(bucket_key),
            ..Self::default()
        }
    }

    /// DSSE-KMS under `key`.
    pub fn dsse(key: impl Into<String>) -> Self {
        Self { algorithm: Some(SseAlgorithm::Dsse), key: Some(key.into()), ..Self::default() }
    }

    /// Whether the writer said anything about encryption.
    pub fn is_sent(&self) -> bool {
        *self != Self::default()
    }
}

/// A bucket's default encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultEncryption {
    /// The algorithm for writes that name none.
    pub algorithm: SseAlgorithm,
    /// The key, as it was configured.
    pub key: Option<String>,
    /// Whether new SSE-KMS objects use the bucket's key.
    pub bucket_key: bool,
    /// Whether writers may not bring keys of their own, if the bucket ever said:
    /// `BlockedEncryptionTypes` of `SSE-C` or `NONE`.
    pub blocks_customer_keys: Option<bool>,
}

impl Default for DefaultEncryption {
    fn default() -> Self {
        Self {
            algorithm: SseAlgorithm::Aes256,
            key: None,
            bucket_key: false,
            blocks_customer_keys: None,
        }
    }
}
