//! Deleting old versions: the one place that deletes what isn't the probe's.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    BucketVersioningStatus, MfaDeleteStatus, ObjectLockLegalHoldStatus, ObjectLockRetention,
    ObjectLockRetentionMode,
};
use reseal_core::ports::{Deletion, PurgeTerms, Purger, VersionRef, WRONG_DELETE};
use reseal_core::{
    BucketName, LockMode, ObjectLock, Retention, StoreError, StoreErrorKind, Timestamp, Versioning,
};

use crate::attributes::timestamp;
use crate::errors::Call;
use crate::failure::store_error;
use crate::{S3Store, timeouts};

#[async_trait]
impl Purger for S3Store {
    async fn terms(&self, bucket: &BucketName) -> Result<PurgeTerms, StoreError> {
        let here = self.at(bucket);
        let call = here
            .client
            .get_bucket_versioning()
            .bucket(bucket.as_str())
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        let answer = call.send().await.map_err(|e| store_error(Call::Bucket, e))?;
        let (object_lock, _) = self.object_lock_of(bucket).await?;
        Ok(PurgeTerms {
            versioning: match answer.status() {
                Some(BucketVersioningStatus::Enabled) => Versioning::Enabled,
                None => Versioning::Never,
                // A state that we don't know is none in which to delete.
                Some(_) => Versioning::Suspended,
            },
            mfa_delete: !matches!(answer.mfa_delete(), None | Some(MfaDeleteStatus::Disabled)),
            object_lock,
        })
    }

    async fn lock(&self, version: &VersionRef) -> Result<ObjectLock, StoreError> {
        let retention = self.retention_of(version).await?;
        let legal_hold = self.legal_hold_of(version).await?;
        Ok(ObjectLock { retention, legal_hold })
    }

    async fn delete_version(&self, version: &VersionRef) -> Result<Deletion, StoreError> {
        let object = version.object();
        let here = self.at(&object.bucket);
        let call = here
            .client
            .delete_object()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .version_id(version.version().as_str())
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::CHANGE));
        let answer = match call.send().await.map_err(|e| store_error(Call::Write, e)) {
            Ok(answer) => answer,
            Err(error) if is_locked(&error) => return Ok(Deletion::Locked),
            Err(error) => return Err(error),
        };
        // Whoever ignores the version makes a delete marker, and names that.
        let told = answer.version_id();
        if answer.delete_marker() == Some(true) || told != Some(version.version().as_str()) {
            let told = told.unwrap_or("none");
            let message =
                format!("{version} was to be deleted, the answer is about version {told}");
            return Err(StoreError::new(StoreErrorKind::Invalid, WRONG_DELETE, message));
        }
        Ok(Deletion::Deleted)
    }
}

impl S3Store {
    async fn retention_of(&self, version: &VersionRef) -> Result<Option<Retention>, StoreError> {
        let object = version.object();
        let here = self.at(&object.bucket);
        let call = here
            .client
            .get_object_retention()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .version_id(version.version().as_str())
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        match call.send().await.map_err(|e| store_error(Call::Read, e)) {
            Ok(answer) => Ok(answer.retention.as_ref().map(retention)),
            Err(error) if error.code == NO_LOCK => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn legal_hold_of(&self, version: &VersionRef) -> Result<bool, StoreError> {
        let object = version.object();
        let here = self.at(&object.bucket);
        let call = here
            .client
            .get_object_legal_hold()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .version_id(version.version().as_str())
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        match call.send().await.map_err(|e| store_error(Call::Read, e)) {
            Ok(answer) => {
                let status = answer.legal_hold.and_then(|hold| hold.status);
                Ok(!matches!(status, None | Some(ObjectLockLegalHoldStatus::Off)))
            }
            Err(error) if error.code == NO_LOCK => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The answer for a version without a retention, or without a hold.
const NO_LOCK: &str = "NoSuchObjectLockConfiguration";

/// What we don't understand of it is taken for the strictest.
fn retention(told: &ObjectLockRetention) -> Retention {
    Retention {
        mode: match told.mode() {
            Some(ObjectLockRetentionMode::Governance) => LockMode::Governance,
            _ => LockMode::Compliance,
        },
        until: timestamp(told.retain_until_date()).unwrap_or(Timestamp::from_millis(i64::MAX)),
    }
}

/// S3 tells a lock from any other denial by the message alone: "Access Denied
/// because object protected by object lock."
fn is_locked(error: &StoreError) -> bool {
    error.kind == StoreErrorKind::Denied
        && error.message.to_ascii_lowercase().contains("object lock")
}

#[cfg(test)]
mod tests;
