//! Scratch objects as they begin: under SSE-S3, from which every target is a
//! change that can be seen; where a bucket's policy denies that, as near to
//! the target as still shows a change.

use std::sync::PoisonError;

use reseal_core::{KmsTarget, ObjectHead, ObjectRef, StoreError, StoreErrorKind, Target};

use super::findings::BucketProbe;
use super::{Ground, ProbeError};

pub(super) const BODY: &[u8] = b"reseal probe: a scratch object, safe to delete\n";

impl Ground<'_> {
    /// A scratch object, as HEAD shows it.
    pub(super) async fn put(&self, object: &ObjectRef) -> Result<ObjectHead, ProbeError> {
        // Noted before it is certain: an answer may be lost.
        self.wrote(object, None);
        let begun = self.begun();
        let mut written = self.write(object, &begun).await;
        if let Err(error) = &written
            && error.kind == StoreErrorKind::Denied
            && begun == Target::SseS3
            && let Some(instead) = near(self.prober.target)
        {
            *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = instead.clone();
            written = self.write(object, &instead).await;
        }
        written.map_err(|e| {
            self.failed("writing a scratch object under .reseal-probe/", "s3:PutObject", e)
        })?;
        self.head(object).await
    }

    /// A scratch object that begins at this encryption, without a look.
    pub(super) async fn write_at(
        &self,
        object: &ObjectRef,
        encryption: &Target,
    ) -> Result<(), ProbeError> {
        self.wrote(object, None);
        let needs = "s3:PutObject and kms:GenerateDataKey";
        let written = self.write(object, encryption).await;
        written.map_err(|e| self.failed("writing a scratch object to the target", needs, e))
    }

    async fn write(&self, object: &ObjectRef, encryption: &Target) -> Result<(), StoreError> {
        let version = self.prober.cloud.scratch.put(object, BODY, encryption).await?;
        self.wrote(object, version);
        Ok(())
    }

    /// How scratch objects of this bucket begin.
    pub(super) fn begun(&self) -> Target {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says it where they don't begin under SSE-S3.
    pub(super) fn note_begun(&self, probe: &mut BucketProbe) {
        let begun = self.begun();
        if begun != Target::SseS3 {
            let seen = format!("denied: scratch objects began as {begun} instead");
            probe.note("an upload under SSE-S3", false, seen);
        }
    }
}

/// The target but for its bucket key. DSSE has none: there only the target
/// itself is left, and a copy changes nothing that can be seen.
fn near(target: &Target) -> Option<Target> {
    match target {
        Target::SseS3 => None,
        Target::SseKms(KmsTarget { key, bucket_key }) => {
            Some(Target::SseKms(KmsTarget { key: key.clone(), bucket_key: !bucket_key }))
        }
        Target::DsseKms { key } => Some(Target::DsseKms { key: key.clone() }),
    }
}
