//! What a bucket must be like for anything in it to be deleted.

use reseal_core::ports::{Purger, Setting, VersionRef};
use reseal_core::{BucketName, Capabilities, JobRecord, StoreError, StoreErrorKind, Versioning};

use crate::exit::CommandError;
use crate::retry::Patience;

/// A bucket in which old versions may be deleted, each after its own proof.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground {
    /// Whether versions can be locked, so that each must be asked.
    pub(crate) locks: bool,
    /// What the job's probe saw of its endpoint.
    pub(crate) capabilities: Capabilities,
}

/// Looks at buckets.
pub(crate) struct Grounds<'a> {
    pub(crate) job: &'a JobRecord,
    pub(crate) purger: &'a dyn Purger,
    pub(crate) patience: Patience<'a>,
}

impl Grounds<'_> {
    /// The bucket as it is now, or why nothing in it is deleted. One of its
    /// versions tells whether locks can be seen.
    ///
    /// # Errors
    /// When it can't be looked at for reasons that concern everything.
    pub(crate) async fn of(
        &self,
        bucket: &BucketName,
        example: &VersionRef,
    ) -> Result<Result<Ground, String>, CommandError> {
        let Some(terms) = self.job.buckets.get(bucket) else {
            return Ok(Err("the job was not allowed to touch it".to_owned()));
        };
        let capabilities = terms.capabilities;
        let terms = match self.patience.retry(|| self.purger.terms(bucket)).await {
            Ok(terms) => terms,
            Err(error) => return for_this_bucket(error, "its versioning can't be read").map(Err),
        };
        if terms.versioning != Versioning::Enabled {
            return Ok(Err("its versioning is not enabled, so that a version may be replaced \
                           while it is looked at"
                .to_owned()));
        }
        if terms.mfa_delete {
            return Ok(Err("MFA delete is on: only its owner can delete versions, with the \
                           second factor"
                .to_owned()));
        }
        let locks = match terms.object_lock {
            Setting::No => false,
            Setting::Yes => match self.patience.retry(|| self.purger.lock(example)).await {
                Ok(_) => true,
                // Each version is asked again.
                Err(error) if error.kind == StoreErrorKind::Gone => true,
                Err(error) => {
                    let what = "its Object Lock is on, and the locks of its versions can't be \
                                seen (s3:GetObjectRetention, s3:GetObjectLegalHold)";
                    return for_this_bucket(error, what).map(Err);
                }
            },
            Setting::Unreadable(why) => {
                return Ok(Err(format!("whether it has Object Lock can't be told: {why}")));
            }
        };
        Ok(Ok(Ground { locks, capabilities }))
    }
}

/// Trouble that another bucket would have, too, ends everything.
fn for_this_bucket(error: StoreError, what: &str) -> Result<String, CommandError> {
    if error.is_transient() || error.kind == StoreErrorKind::Credentials {
        return Err(anyhow::Error::new(error).into());
    }
    Ok(format!("{what}: {error}"))
}
