//! Settings of a bucket that decide whether a copy could lose something.
//! What may not be read is reported as such, never taken for the harmless case.

use aws_sdk_s3::types::{ObjectLockEnabled, ObjectOwnership};
use reseal_core::ports::Setting;
use reseal_core::{BucketName, StoreError, StoreErrorKind};

use crate::errors::Call;
use crate::failure::store_error;
use crate::{S3Store, timeouts};

impl S3Store {
    /// Object ACLs count unless the bucket's owner is enforced, which is the
    /// default of buckets made since April 2023; older ones have no controls.
    pub(crate) async fn acls_of(&self, bucket: &BucketName) -> Result<Setting, StoreError> {
        let here = self.at(bucket);
        let call = here
            .client
            .get_bucket_ownership_controls()
            .bucket(bucket.as_str())
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        match call.send().await {
            Ok(answer) => {
                let rules = answer.ownership_controls.map(|controls| controls.rules);
                let enforced = rules.is_some_and(|rules| {
                    rules
                        .iter()
                        .any(|rule| rule.object_ownership == ObjectOwnership::BucketOwnerEnforced)
                });
                Ok(yes_if(!enforced))
            }
            Err(error) => absent_or_unreadable(
                store_error(Call::Bucket, error),
                "OwnershipControlsNotFoundError",
                Setting::Yes,
                "s3:GetBucketOwnershipControls",
            ),
        }
    }

    /// Whether Object Lock is on, and whether it has a default retention.
    pub(crate) async fn object_lock_of(
        &self,
        bucket: &BucketName,
    ) -> Result<(Setting, Setting), StoreError> {
        let here = self.at(bucket);
        let call = here
            .client
            .get_object_lock_configuration()
            .bucket(bucket.as_str())
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        match call.send().await {
            Ok(answer) => {
                let configuration = answer.object_lock_configuration;
                let enabled = configuration.as_ref().and_then(|c| c.object_lock_enabled.as_ref());
                let rule = configuration.as_ref().and_then(|c| c.rule.as_ref());
                let default = rule.and_then(|rule| rule.default_retention.as_ref());
                Ok((
                    yes_if(enabled == Some(&ObjectLockEnabled::Enabled)),
                    yes_if(default.is_some()),
                ))
            }
            Err(error) => {
                let setting = absent_or_unreadable(
                    store_error(Call::Bucket, error),
                    "ObjectLockConfigurationNotFoundError",
                    Setting::No,
                    "s3:GetBucketObjectLockConfiguration",
                )?;
                Ok((setting.clone(), setting))
            }
        }
    }

    pub(crate) async fn transitions_of(&self, bucket: &BucketName) -> Result<Setting, StoreError> {
        let here = self.at(bucket);
        let call = here
            .client
            .get_bucket_lifecycle_configuration()
            .bucket(bucket.as_str())
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        match call.send().await {
            Ok(answer) => Ok(yes_if(answer.rules().iter().any(|rule| {
                !rule.transitions().is_empty() || !rule.noncurrent_version_transitions().is_empty()
            }))),
            Err(error) => absent_or_unreadable(
                store_error(Call::Bucket, error),
                "NoSuchLifecycleConfiguration",
                Setting::No,
                "s3:GetLifecycleConfiguration",
            ),
        }
    }

    pub(crate) async fn website_of(&self, bucket: &BucketName) -> Result<Setting, StoreError> {
        let here = self.at(bucket);
        let call = here
            .client
            .get_bucket_website()
            .bucket(bucket.as_str())
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        match call.send().await {
            Ok(_) => Ok(Setting::Yes),
            Err(error) => absent_or_unreadable(
                store_error(Call::Bucket, error),
                "NoSuchWebsiteConfiguration",
                Setting::No,
                "s3:GetBucketWebsite",
            ),
        }
    }
}

fn yes_if(condition: bool) -> Setting {
    if condition { Setting::Yes } else { Setting::No }
}

/// What an error says of a setting: its absence has a code of its own.
fn absent_or_unreadable(
    error: StoreError,
    absent_code: &str,
    absent: Setting,
    permission: &str,
) -> Result<Setting, StoreError> {
    if error.code == absent_code {
        return Ok(absent);
    }
    match error.kind {
        StoreErrorKind::Denied => Ok(Setting::Unreadable(format!("{permission} is missing"))),
        StoreErrorKind::Unsupported | StoreErrorKind::Invalid => {
            Ok(Setting::Unreadable(format!("the endpoint doesn't tell ({})", error.code)))
        }
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: StoreErrorKind, code: &str) -> StoreError {
        StoreError::new(kind, code, "message")
    }

    #[test]
    fn only_the_code_of_absence_means_absence() {
        let read =
            |kind, code| absent_or_unreadable(error(kind, code), "None", Setting::No, "s3:Get");
        assert_eq!(read(StoreErrorKind::BucketGone, "None"), Ok(Setting::No));
        assert!(read(StoreErrorKind::BucketGone, "NoSuchBucket").is_err());
        assert!(read(StoreErrorKind::Unavailable, "InternalError").is_err());
        let denied = read(StoreErrorKind::Denied, "AccessDenied");
        assert_eq!(denied, Ok(Setting::Unreadable("s3:Get is missing".to_owned())));
        assert!(matches!(
            read(StoreErrorKind::Unsupported, "NotImplemented"),
            Ok(Setting::Unreadable(_))
        ));
    }
}
