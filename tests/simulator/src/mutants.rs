//! Protocol bugs that can be had at the ports: each takes a condition, a fence
//! or an effect away between the real code and the services. Bugs inside the
//! code are patches: see `docs/reliability.md`.

use reseal_core::StoreError;
use reseal_core::ports::{
    ChunkRecord, Claim, CopyReceipt, CopyRequest, DestinationGuard, JobLimits, Lease, PartRequest,
    SourceGuard,
};
use reseal_core::{Encryption, StoreErrorKind, Timestamp, VersionId};

/// A bug, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Mutant {
    /// None: the real thing.
    #[default]
    None,
    /// Copies replace whatever is there by now.
    CopyWithoutIfMatch,
    /// Copies read and replace whatever is there by now.
    CopyWithoutConditions,
    /// Copies in parts read and replace whatever is there by now.
    UploadWithoutConditions,
    /// A refused condition is taken for a success.
    PreconditionTakenForSuccess,
    /// An update that does nothing and says nothing.
    UpdateWithoutEffect,
    /// Every write of a lease holder is taken, whoever holds the lease now.
    EpochNotChecked,
    /// A chunk that is held is handed out again.
    ClaimNotExclusive,
    /// Renewals are never written.
    RenewalNotWritten,
    /// Checkpoints are never written.
    CheckpointNotWritten,
    /// The ids of uploads are never written.
    UploadNotRecorded,
    /// Chunks are never given back.
    ReleaseNotWritten,
    /// Twice the job's limit.
    LimitDoubled,
}

impl Mutant {
    pub(crate) fn is_silent_update(self) -> bool {
        self == Self::UpdateWithoutEffect
    }

    pub(crate) fn is_lazy_renewal(self) -> bool {
        self == Self::RenewalNotWritten
    }

    pub(crate) fn is_forgetful_checkpoint(self) -> bool {
        self == Self::CheckpointNotWritten
    }

    pub(crate) fn is_forgetful_upload(self) -> bool {
        self == Self::UploadNotRecorded
    }

    pub(crate) fn is_forgetful_release(self) -> bool {
        self == Self::ReleaseNotWritten
    }

    pub(crate) fn copy<'a>(self, mut request: CopyRequest<'a>) -> CopyRequest<'a> {
        if matches!(self, Self::CopyWithoutIfMatch | Self::CopyWithoutConditions) {
            request.destination = DestinationGuard::Unfenced;
        }
        if self == Self::CopyWithoutConditions {
            request.source = SourceGuard::UnmodifiedSince(Timestamp::from_millis(i64::MAX / 2));
        }
        request
    }

    /// Of a completion.
    pub(crate) fn guard(self, guard: DestinationGuard) -> DestinationGuard {
        match self {
            Self::UploadWithoutConditions => DestinationGuard::Unfenced,
            _ => guard,
        }
    }

    pub(crate) fn part<'a>(self, mut request: PartRequest<'a>) -> PartRequest<'a> {
        if self == Self::UploadWithoutConditions {
            request.source = SourceGuard::UnmodifiedSince(Timestamp::from_millis(i64::MAX / 2));
        }
        request
    }

    pub(crate) fn copied(
        self,
        request: &CopyRequest<'_>,
        result: Result<CopyReceipt, StoreError>,
        keeps_versions: bool,
    ) -> Result<CopyReceipt, StoreError> {
        let refused = |error: &StoreError| error.kind == StoreErrorKind::PreconditionFailed;
        match (self, &result, &request.destination) {
            (Self::PreconditionTakenForSuccess, Err(error), DestinationGuard::ETag(etag))
                if refused(error) =>
            {
                let etag = etag.clone();
                let version = keeps_versions.then(|| VersionId::new("made-up"));
                let (last_modified, source_version) = (None, None);
                let key = request.target.key().map(ToString::to_string);
                let encryption = Some(Encryption::SseKms { key, bucket_key: true });
                Ok(CopyReceipt { etag, last_modified, version, source_version, encryption })
            }
            _ => result,
        }
    }

    pub(crate) fn lease(self, lease: &Lease, now: Option<&ChunkRecord>) -> Lease {
        match (self, now) {
            (Self::EpochNotChecked, Some(now)) => Lease { epoch: now.epoch, ..lease.clone() },
            _ => lease.clone(),
        }
    }

    pub(crate) fn claim(self, grounds: Claim, now: Option<&ChunkRecord>) -> Claim {
        match (self, now) {
            (Self::ClaimNotExclusive, Some(now))
                if now.state == reseal_core::ChunkState::Leased =>
            {
                Claim::Takeover { epoch: now.epoch, renewals: now.renewals, fruitless: false }
            }
            _ => grounds,
        }
    }

    pub(crate) fn limits(self, limits: JobLimits) -> JobLimits {
        match self {
            Self::LimitDoubled => JobLimits {
                objects_per_second: limits.objects_per_second.map(|rate| rate * 2.0),
                ..limits
            },
            _ => limits,
        }
    }
}
