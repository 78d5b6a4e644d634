//! How an object is encrypted, and how the user wants it to be.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::KeyArn;

/// An object's server-side encryption, as S3 reports it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Encryption {
    /// Stored in the clear: written before default encryption existed.
    None,
    /// Keys that S3 manages (`AES256`).
    SseS3,
    /// A KMS key (`aws:kms`).
    SseKms {
        /// The key as reported; absent where an endpoint doesn't tell.
        key: Option<String>,
        /// Whether an S3 Bucket Key wraps the data key.
        bucket_key: bool,
    },
    /// Two layers under a KMS key (`aws:kms:dsse`).
    DsseKms {
        /// The key as reported; absent where an endpoint doesn't tell.
        key: Option<String>,
    },
    /// A key that only the client holds: nobody else can read or copy it.
    SseC,
}

impl Encryption {
    /// The word that S3 Inventory uses.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "NOT-SSE",
            Self::SseS3 => "SSE-S3",
            Self::SseKms { .. } => "SSE-KMS",
            Self::DsseKms { .. } => "DSSE-KMS",
            Self::SseC => "SSE-C",
        }
    }

    /// The key as reported, where one is.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::SseKms { key, .. } | Self::DsseKms { key } => key.as_deref(),
            Self::None | Self::SseS3 | Self::SseC => None,
        }
    }
}

impl fmt::Display for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// SSE-KMS as a target: what UpdateObjectEncryption takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KmsTarget {
    /// The key's full ARN, frozen at submit.
    pub key: KeyArn,
    /// Whether to use an S3 Bucket Key. Always sent: omitted means false.
    pub bucket_key: bool,
}

/// The encryption that every object shall have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Target {
    /// Keys that S3 manages.
    SseS3,
    /// A KMS key.
    SseKms(KmsTarget),
    /// Two layers under a KMS key. Bucket keys don't apply.
    DsseKms {
        /// The key's full ARN, frozen at submit.
        key: KeyArn,
    },
}

impl Target {
    /// The word of S3's header `x-amz-server-side-encryption`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::SseS3 => "AES256",
            Self::SseKms(_) => "aws:kms",
            Self::DsseKms { .. } => "aws:kms:dsse",
        }
    }

    /// The key that objects end under, where KMS is involved.
    #[must_use]
    pub fn key(&self) -> Option<&KeyArn> {
        match self {
            Self::SseS3 => None,
            Self::SseKms(KmsTarget { key, .. }) | Self::DsseKms { key } => Some(key),
        }
    }

    /// Whether this encryption is the target's type, key and bucket-key state.
    /// A key that wasn't reported proves nothing.
    #[must_use]
    pub fn is_met_by(&self, encryption: &Encryption) -> bool {
        self.is_met(encryption, true)
    }

    /// The same for an endpoint that the probe saw not reporting bucket keys:
    /// there the bucket-key state can't be compared.
    #[must_use]
    pub fn is_met_without_bucket_key(&self, encryption: &Encryption) -> bool {
        self.is_met(encryption, false)
    }

    fn is_met(&self, encryption: &Encryption, compare_bucket_key: bool) -> bool {
        match (self, encryption) {
            (Self::SseS3, Encryption::SseS3) => true,
            (Self::SseKms(want), Encryption::SseKms { key, bucket_key }) => {
                key.as_deref() == Some(want.key.as_str())
                    && (!compare_bucket_key || *bucket_key == want.bucket_key)
            }
            (Self::DsseKms { key: want }, Encryption::DsseKms { key }) => {
                key.as_deref() == Some(want.as_str())
            }
            _ => false,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SseS3 => f.write_str("SSE-S3"),
            Self::SseKms(KmsTarget { key, bucket_key }) => {
                let bucket_key = if *bucket_key { "with" } else { "without" };
                write!(f, "SSE-KMS under {key}, {bucket_key} bucket key")
            }
            Self::DsseKms { key } => write!(f, "DSSE-KMS under {key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/k";

    fn target(bucket_key: bool) -> Target {
        Target::SseKms(KmsTarget { key: KEY.parse().expect("an ARN"), bucket_key })
    }

    fn reported(key: Option<&str>, bucket_key: bool) -> Encryption {
        Encryption::SseKms { key: key.map(str::to_owned), bucket_key }
    }

    #[test]
    fn type_key_and_bucket_key_must_all_agree() {
        assert!(target(true).is_met_by(&reported(Some(KEY), true)));
        assert!(!target(true).is_met_by(&reported(Some(KEY), false)));
        assert!(!target(true).is_met_by(&reported(Some("other"), true)));
        assert!(!target(true).is_met_by(&reported(None, true)));
        assert!(!target(true).is_met_by(&Encryption::SseS3));
        assert!(!target(false).is_met_by(&Encryption::DsseKms { key: Some(KEY.to_owned()) }));
        assert!(Target::SseS3.is_met_by(&Encryption::SseS3));
        assert!(!Target::SseS3.is_met_by(&Encryption::None));
    }

    #[test]
    fn an_endpoint_that_hides_bucket_keys_still_proves_the_key() {
        assert!(target(true).is_met_without_bucket_key(&reported(Some(KEY), false)));
        assert!(!target(true).is_met_without_bucket_key(&reported(Some("other"), false)));
    }
}
