//! What preflight reads of a bucket.

use async_trait::async_trait;
use aws_sdk_s3::operation::get_bucket_encryption::GetBucketEncryptionOutput;
use aws_sdk_s3::types::BucketVersioningStatus;
use reseal_core::ports::{BucketFacts, Inspector};
use reseal_core::{BucketName, Encryption, StoreError, StoreErrorKind, Versioning};

use crate::encryption::Reported;
use crate::errors::Call;
use crate::failure::store_error;
use crate::{S3Store, timeouts};

#[async_trait]
impl Inspector for S3Store {
    async fn inspect(&self, bucket: &BucketName) -> Result<BucketFacts, StoreError> {
        let region = self.region_of(bucket).await?;
        let versioning = self.versioning_of(bucket).await?;
        let default_encryption = self.default_encryption_of(bucket).await?;
        let acls = self.acls_of(bucket).await?;
        let (object_lock, default_retention) = self.object_lock_of(bucket).await?;
        Ok(BucketFacts {
            region,
            versioning,
            default_encryption,
            acls,
            object_lock,
            default_retention,
            transitions: self.transitions_of(bucket).await?,
            website: self.website_of(bucket).await?,
        })
    }
}

impl S3Store {
    /// Also the check that the bucket exists, is ours and lies in this region:
    /// S3 refuses the HEAD otherwise.
    async fn region_of(&self, bucket: &BucketName) -> Result<String, StoreError> {
        let here = self.at(bucket);
        let call = here
            .client
            .head_bucket()
            .bucket(bucket.as_str())
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        match call.send().await {
            Ok(answer) => Ok(answer.bucket_region.unwrap_or_else(|| self.region.clone())),
            Err(error) => {
                let told = error.raw_response().and_then(|r| r.headers().get(REGION_HEADER));
                let elsewhere = told.filter(|region| *region != self.region).map(str::to_owned);
                let error = store_error(Call::Bucket, error);
                Err(elsewhere.map_or(error, |region| self.elsewhere(bucket, &region)))
            }
        }
    }

    fn elsewhere(&self, bucket: &BucketName, region: &str) -> StoreError {
        let ours = &self.region;
        let message = format!("the bucket {bucket} lies in {region}, and reseal runs for {ours}");
        StoreError::new(StoreErrorKind::Invalid, "WrongRegion", message)
    }

    async fn versioning_of(&self, bucket: &BucketName) -> Result<Versioning, StoreError> {
        let here = self.at(bucket);
        let call = here
            .client
            .get_bucket_versioning()
            .bucket(bucket.as_str())
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        match call.send().await {
            Ok(answer) => Ok(versioning(answer.status())),
            Err(error) => match store_error(Call::Bucket, error) {
                // An endpoint without this call has no versions either.
                error if error.kind == StoreErrorKind::Unsupported => Ok(Versioning::Never),
                error => Err(error),
            },
        }
    }

    /// Nothing when it may not be read or is not set: it is for the report,
    /// since every write of ours names its encryption.
    async fn default_encryption_of(
        &self,
        bucket: &BucketName,
    ) -> Result<Option<Encryption>, StoreError> {
        let here = self.at(bucket);
        let call = here
            .client
            .get_bucket_encryption()
            .bucket(bucket.as_str())
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        match call.send().await {
            Ok(answer) => Ok(default_encryption(answer)),
            Err(error) => match store_error(Call::Bucket, error) {
                error if error.is_transient() => Err(error),
                error if error.kind == StoreErrorKind::Credentials => Err(error),
                _ => Ok(None),
            },
        }
    }
}

const REGION_HEADER: &str = "x-amz-bucket-region";

fn versioning(status: Option<&BucketVersioningStatus>) -> Versioning {
    match status {
        None => Versioning::Never,
        Some(BucketVersioningStatus::Suspended) => Versioning::Suspended,
        // Anything else that isn't "never" makes versions, as far as we know.
        Some(_) => Versioning::Enabled,
    }
}

pub(crate) fn default_encryption(answer: GetBucketEncryptionOutput) -> Option<Encryption> {
    let rule = answer.server_side_encryption_configuration?.rules.into_iter().next()?;
    let default = rule.apply_server_side_encryption_by_default?;
    let reported = Reported {
        algorithm: Some(default.sse_algorithm),
        key: default.kms_master_key_id,
        bucket_key: rule.bucket_key_enabled,
        customer_algorithm: None,
    };
    reported.encryption().unwrap_or(None)
}

#[cfg(test)]
mod tests;
