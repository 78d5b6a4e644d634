//! Server-side encryption, between S3's headers and our words.

use aws_sdk_s3::types::ServerSideEncryption;
use reseal_core::{Encryption, KmsTarget, Target};

/// What S3's answers say of an encryption.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reported {
    /// `x-amz-server-side-encryption`.
    pub(crate) algorithm: Option<ServerSideEncryption>,
    /// `x-amz-server-side-encryption-aws-kms-key-id`.
    pub(crate) key: Option<String>,
    /// `x-amz-server-side-encryption-bucket-key-enabled`, sent only when true.
    pub(crate) bucket_key: Option<bool>,
    /// `x-amz-server-side-encryption-customer-algorithm`.
    pub(crate) customer_algorithm: Option<String>,
}

impl Reported {
    /// The encryption, or nothing where the answer has no such headers, which
    /// of a HEAD means unencrypted and of a copy means that nothing is proved.
    ///
    /// # Errors
    /// The algorithm's name, where this version doesn't know it: that is not
    /// the same as unencrypted.
    pub(crate) fn encryption(self) -> Result<Option<Encryption>, String> {
        let Self { algorithm, key, bucket_key, customer_algorithm } = self;
        if customer_algorithm.is_some() {
            return Ok(Some(Encryption::SseC));
        }
        Ok(Some(match algorithm {
            None => return Ok(None),
            Some(ServerSideEncryption::Aes256) => Encryption::SseS3,
            Some(ServerSideEncryption::AwsKms) => {
                Encryption::SseKms { key, bucket_key: bucket_key.unwrap_or(false) }
            }
            Some(ServerSideEncryption::AwsKmsDsse) => Encryption::DsseKms { key },
            Some(other) => return Err(other.as_str().to_owned()),
        }))
    }
}

/// A target as the three headers that S3 wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// `x-amz-server-side-encryption`, never left to the bucket's default.
    pub(crate) algorithm: ServerSideEncryption,
    /// The full key ARN.
    pub(crate) key: Option<String>,
    /// Explicit for `aws:kms`, since omitted means whatever the bucket says;
    /// absent otherwise, where S3 refuses or ignores it.
    pub(crate) bucket_key: Option<bool>,
}

impl From<&Target> for Wanted {
    fn from(target: &Target) -> Self {
        match target {
            Target::SseS3 => {
                Self { algorithm: ServerSideEncryption::Aes256, key: None, bucket_key: None }
            }
            Target::SseKms(KmsTarget { key, bucket_key }) => Self {
                algorithm: ServerSideEncryption::AwsKms,
                key: Some(key.as_str().to_owned()),
                bucket_key: Some(*bucket_key),
            },
            Target::DsseKms { key } => Self {
                algorithm: ServerSideEncryption::AwsKmsDsse,
                key: Some(key.as_str().to_owned()),
                bucket_key: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/k";

    fn reported(algorithm: &str, bucket_key: Option<bool>) -> Result<Option<Encryption>, String> {
        let algorithm = (!algorithm.is_empty()).then(|| algorithm.into());
        let key = Some(KEY.to_owned());
        Reported { algorithm, key, bucket_key, customer_algorithm: None }.encryption()
    }

    #[test]
    fn headers_become_encryptions() {
        let key = Some(KEY.to_owned());
        assert_eq!(reported("", None), Ok(None));
        assert_eq!(reported("AES256", None), Ok(Some(Encryption::SseS3)));
        assert_eq!(
            reported("aws:kms", None),
            Ok(Some(Encryption::SseKms { key: key.clone(), bucket_key: false }))
        );
        assert_eq!(
            reported("aws:kms", Some(true)),
            Ok(Some(Encryption::SseKms { key: key.clone(), bucket_key: true }))
        );
        assert_eq!(reported("aws:kms:dsse", None), Ok(Some(Encryption::DsseKms { key })));
        assert_eq!(reported("aws:something-new", None), Err("aws:something-new".to_owned()));
        let customer =
            Reported { customer_algorithm: Some("AES256".into()), ..Reported::default() };
        assert_eq!(customer.encryption(), Ok(Some(Encryption::SseC)));
    }

    #[test]
    fn targets_become_headers_in_full() {
        let key: reseal_core::KeyArn = KEY.parse().expect("an ARN");
        let kms = Wanted::from(&Target::SseKms(KmsTarget { key: key.clone(), bucket_key: false }));
        assert_eq!((kms.key.as_deref(), kms.bucket_key), (Some(KEY), Some(false)));
        let dsse = Wanted::from(&Target::DsseKms { key });
        assert_eq!((dsse.key.as_deref(), dsse.bucket_key), (Some(KEY), None));
        let s3 = Wanted::from(&Target::SseS3);
        assert_eq!((s3.algorithm.as_str(), s3.key, s3.bucket_key), ("AES256", None, None));
    }
}
