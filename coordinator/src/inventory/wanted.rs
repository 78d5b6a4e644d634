//! The one configuration that is ours.

use reseal_core::ports::{InventorySetup, ReportEncryption};
use reseal_core::{AccountId, BucketName, KeyArn};

/// By it a configuration is known to be ours.
pub(crate) const ID: &str = "reseal";

/// The optional columns that a source of reseal's reads.
const FIELDS: [&str; 6] =
    ["Size", "LastModifiedDate", "ETag", "StorageClass", "EncryptionStatus", "BucketKeyStatus"];

/// What reports are to be like, in S3's words.
#[derive(Clone, Debug)]
pub(crate) struct Reports {
    pub(crate) destination: BucketName,
    pub(crate) prefix: Option<String>,
    pub(crate) format: &'static str,
    pub(crate) frequency: &'static str,
    pub(crate) versions: &'static str,
    pub(crate) key: Option<KeyArn>,
}

impl Reports {
    pub(crate) fn setup(&self, owner: &AccountId, partition: &str) -> InventorySetup {
        let Self { destination, prefix, format, frequency, versions, key } = self;
        let key = key.as_ref().map(|key| ReportEncryption::SseKms(key.as_str().to_owned()));
        InventorySetup {
            id: ID.to_owned(),
            enabled: true,
            destination: format!("arn:{partition}:s3:::{destination}"),
            // S3 then doesn't deliver to a bucket that somebody else made
            // under this name after it was deleted.
            destination_account: Some(owner.as_str().to_owned()),
            destination_prefix: prefix.clone(),
            format: (*format).to_owned(),
            encryption: key,
            frequency: (*frequency).to_owned(),
            versions: (*versions).to_owned(),
            source_prefix: None,
            fields: FIELDS.iter().map(|field| (*field).to_owned()).collect(),
        }
    }
}

/// The bucket of a configuration's destination.
pub(crate) fn destination_bucket(setup: &InventorySetup) -> Option<BucketName> {
    let name = setup.destination.splitn(6, ':').nth(5).unwrap_or(&setup.destination);
    name.parse().ok()
}
