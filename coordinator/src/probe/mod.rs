//! The canary: tries on scratch objects what a run relies on, in each bucket,
//! and removes them again with all their versions.
//!
//! Owns: the capabilities that a run may rely on, and what was seen.
//! Never: touches a key outside the folder of its own under `.reseal-probe/`;
//! leaves anything behind, whichever step failed; believes a bare 200.
//! Next: `canary` for the steps, `begin` for what they begin from, `details` for
//! what HEAD doesn't tell, `parts` for the copy in parts, `readers` for whom the
//! key must serve, `cleanup` for the removal.

mod begin;
mod canary;
mod cleanup;
mod details;
mod findings;
mod parts;
mod readers;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use reseal_core::ports::{BucketFacts, SCRATCH_PREFIX, UploadId};
use reseal_core::{
    Behaviour, BucketName, ObjectKey, ObjectRef, RoleArn, StoreError, StoreErrorKind, Target,
    VersionId,
};

pub(crate) use findings::BucketProbe;

use crate::cloud::Cloud;
use crate::retry::Transient;

/// Why a bucket can't be probed, or must not be worked on. One line each.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProbeError {
    /// Something that the user must change first.
    #[error("{0}")]
    Refused(String),
    /// A service that gave no usable answer.
    #[error("probing bucket {bucket}: {what}: {error}")]
    Unreachable { bucket: BucketName, what: &'static str, error: StoreError },
}

impl Transient for ProbeError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { error, .. } if error.is_transient())
    }
}

/// Probes buckets for one target.
pub(crate) struct Prober<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) target: &'a Target,
    pub(crate) behaviour: &'a Behaviour,
    /// Who must be able to read under the target's key.
    pub(crate) readers: &'a [RoleArn],
    /// The job's id, or one of the probe's own: names the scratch folder.
    pub(crate) id: &'a str,
}

/// One bucket's scratch folder and all that was written to it.
struct Ground<'a> {
    prober: &'a Prober<'a>,
    bucket: &'a BucketName,
    facts: &'a BucketFacts,
    /// `.reseal-probe/<id>/`.
    folder: String,
    written: Mutex<Vec<ObjectRef>>,
    uploads: Mutex<Vec<(ObjectRef, UploadId)>>,
    /// How scratch objects begin.
    begun: Mutex<Target>,
}

impl Prober<'_> {
    /// Probes one bucket.
    ///
    /// # Errors
    /// When a permission or the key is missing, or the endpoint does something
    /// that no run could live with. Scratch objects are gone in any case.
    pub(crate) async fn probe(
        &self,
        bucket: &BucketName,
        facts: &BucketFacts,
    ) -> Result<BucketProbe, ProbeError> {
        let folder = format!("{SCRATCH_PREFIX}{}/", self.id);
        let ground = Ground {
            prober: self,
            bucket,
            facts,
            folder,
            written: Mutex::default(),
            uploads: Mutex::default(),
            begun: Mutex::new(Target::SseS3),
        };
        // A step whose outcome is unknown can't be repeated on its own: the
        // whole canary starts again, on fresh keys.
        let seen = self.cloud.patience().retry(|| ground.canary()).await;
        let cleaned = ground.clean_up().await;
        // The first trouble is the one to mend.
        let mut seen = seen?;
        seen.findings.extend(cleaned?);
        Ok(seen)
    }
}

impl Ground<'_> {
    /// A fresh scratch object's name.
    fn scratch(&self, purpose: &str) -> Result<ObjectRef, ProbeError> {
        let random = self.prober.cloud.random.next_u64();
        let key = ObjectKey::new(format!("{}{purpose}-{random:016x}", self.folder))
            .map_err(|error| ProbeError::Refused(error.to_string()))?;
        Ok(ObjectRef { bucket: self.bucket.clone(), key, version: None })
    }

    fn wrote(&self, object: &ObjectRef, version: Option<VersionId>) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.push(object.at(version));
    }

    fn began_upload(&self, object: &ObjectRef, id: &UploadId) {
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        uploads.push((object.clone(), id.clone()));
    }

    fn take_uploads(&self) -> Vec<(ObjectRef, UploadId)> {
        std::mem::take(&mut *self.uploads.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take_written(&self) -> Vec<ObjectRef> {
        std::mem::take(&mut *self.written.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn refuse<T>(&self, line: impl std::fmt::Display) -> Result<T, ProbeError> {
        Err(ProbeError::Refused(format!("bucket {}: {line}", self.bucket)))
    }

    /// What a failed step means: which permission is missing, or that the key
    /// or the endpoint can't be used.
    fn failed(
        &self,
        what: &'static str,
        permissions: &'static str,
        error: StoreError,
    ) -> ProbeError {
        let bucket = self.bucket;
        let line = match error.kind {
            StoreErrorKind::Denied => format!(
                "bucket {bucket}: {what} was denied: {permissions} is needed ({})",
                error.message
            ),
            StoreErrorKind::Key(trouble) => {
                format!(
                    "bucket {bucket}: {what}: {trouble}; check --kms-key and that kms:GenerateDataKey and kms:Decrypt are allowed ({})",
                    error.message
                )
            }
            StoreErrorKind::Credentials => format!("no usable AWS credentials ({error})"),
            _ if error.is_transient() => {
                return ProbeError::Unreachable { bucket: bucket.clone(), what, error };
            }
            _ => format!("bucket {bucket}: {what} failed: {error}"),
        };
        ProbeError::Refused(line)
    }
}
