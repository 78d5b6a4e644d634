//! Deleting old versions.

use async_trait::async_trait;
use reseal_core::ports::{Deletion, PurgeTerms, Purger, VersionRef, WRONG_DELETE};
use reseal_core::{BucketName, ObjectLock, StoreError, StoreErrorKind, Versioning};

use super::errors::{Call, unexpected};
use super::{SandboxPorts, words};
use crate::model::{Aspect, Lock, Request, Response, Versioning as ModelVersioning};

const NO_LOCK: &str = "NoSuchObjectLockConfiguration";

#[async_trait]
impl Purger for SandboxPorts {
    async fn terms(&self, bucket: &BucketName) -> Result<PurgeTerms, StoreError> {
        let name = || bucket.as_str().to_owned();
        let versioning = self.ask(Call::Read, None, Request::GetBucketVersioning(name())).await?;
        let Response::Versioning { status, mfa_delete } = versioning else {
            return Err(unexpected());
        };
        Ok(PurgeTerms {
            versioning: match status {
                None => Versioning::Never,
                Some(ModelVersioning::Enabled) => Versioning::Enabled,
                Some(ModelVersioning::Suspended) => Versioning::Suspended,
            },
            mfa_delete,
            object_lock: self.setting(name(), Aspect::ObjectLock, |_| true).await?,
        })
    }

    async fn lock(&self, version: &VersionRef) -> Result<ObjectLock, StoreError> {
        let named = || words::object_ref(version.object());
        let mut lock = Lock::default();
        match self.ask(Call::Read, None, Request::GetRetention(named())).await {
            Ok(Response::Retention(retention)) => lock.retention = Some(retention),
            Ok(_) => return Err(unexpected()),
            Err(error) if error.code == NO_LOCK => {}
            Err(error) => return Err(error),
        }
        match self.ask(Call::Read, None, Request::GetLegalHold(named())).await {
            Ok(Response::LegalHold(on)) => lock.legal_hold = on,
            Ok(_) => return Err(unexpected()),
            Err(error) if error.code == NO_LOCK => {}
            Err(error) => return Err(error),
        }
        Ok(words::object_lock(&lock))
    }

    async fn delete_version(&self, version: &VersionRef) -> Result<Deletion, StoreError> {
        let request = Request::DeleteObject(words::object_ref(version.object()));
        let deleted = match self.ask(Call::Write, None, request).await {
            Ok(Response::Deleted(deleted)) => deleted,
            Ok(_) => return Err(unexpected()),
            Err(error) if is_locked(&error) => return Ok(Deletion::Locked),
            Err(error) => return Err(error),
        };
        let told = deleted.version_id.map(|id| id.to_string());
        if deleted.marker || told.as_deref() != Some(version.version().as_str()) {
            let message = format!("{version} was to be deleted, and something else was");
            return Err(StoreError::new(StoreErrorKind::Invalid, WRONG_DELETE, message));
        }
        Ok(Deletion::Deleted)
    }
}

/// S3 tells a lock from any other denial by the message alone.
fn is_locked(error: &StoreError) -> bool {
    error.kind == StoreErrorKind::Denied && error.message.contains("object lock")
}
