//! The same command again resumes: finding the job, or making it.

use std::collections::BTreeMap;

use reseal_core::ports::{Clock, Ledger, LedgerError, Random};
use reseal_core::{
    AccountId, Annotations, BucketName, BucketTerms, Capabilities, Fingerprint, JobId, JobRecord,
    JobSpec, JobState, Priority, Timestamp,
};

use crate::retry::Patience;

/// Jobs read from the ledger at a time.
const PAGE: u32 = 100;

/// Why an unfinished job can't go on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ResumeError {
    /// The job relies on something that no longer holds.
    #[error(
        "job {job} relies on what bucket {bucket} did when it began and doesn't any more: {what}; `reseal cancel {job}`, and the same command begins a new job"
    )]
    Lost { job: JobId, bucket: BucketName, what: &'static str },
    /// Somebody else's buckets would be touched.
    #[error(
        "job {job} began for account {began}, this is {now}: check --bucket-owner and --profile"
    )]
    Owner { job: JobId, began: AccountId, now: AccountId },
}

/// The latest job with this fingerprint that isn't over.
///
/// # Errors
/// When the ledger can't be read.
pub(crate) async fn find_unfinished(
    ledger: &dyn Ledger,
    fingerprint: &Fingerprint,
    patience: Patience<'_>,
) -> Result<Option<JobRecord>, LedgerError> {
    let mut found = None;
    let mut after: Option<JobId> = None;
    loop {
        let page = patience.retry(|| ledger.jobs(after.as_ref(), PAGE)).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.id.clone());
        let same = |job: &JobRecord| job.fingerprint == *fingerprint && !job.state.is_terminal();
        found = page.into_iter().rfind(same).or(found);
    }
}

/// A job's id: the time, so that ids sort, and randomness, so that they differ.
pub(crate) fn fresh_id(
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<JobId, reseal_core::IdentityError> {
    let time = clock.now().to_string();
    let digits: String =
        time.chars().take(19).filter(|c| c.is_ascii_digit() || *c == 'T').collect();
    format!("{digits}-{:08x}", random.next_u64() >> 32).parse()
}

/// A job that nobody confirmed yet.
///
/// # Errors
/// Never for a spec that was parsed; serde's error otherwise.
pub(crate) fn new_job(
    id: JobId,
    spec: JobSpec,
    owner: AccountId,
    buckets: BTreeMap<BucketName, BucketTerms>,
    now: Timestamp,
) -> Result<JobRecord, serde_json::Error> {
    Ok(JobRecord {
        id,
        fingerprint: spec.fingerprint()?,
        spec,
        owner,
        buckets,
        priority: Priority::default(),
        created_at: now,
        state: JobState::Planned,
        revision: 0,
    })
}

/// Checks that what a job froze when it began still holds: the terms of its
/// buckets and whose they are. What works better by now is not used.
///
/// # Errors
/// Naming the first thing that was lost.
pub(crate) fn still_as_probed(
    job: &JobRecord,
    owner: &AccountId,
    now: &BTreeMap<BucketName, BucketTerms>,
) -> Result<(), ResumeError> {
    if job.owner != *owner {
        let (began, now) = (job.owner.clone(), owner.clone());
        return Err(ResumeError::Owner { job: job.id.clone(), began, now });
    }
    for (bucket, began) in &job.buckets {
        let what = match now.get(bucket) {
            None => Some("it was not probed"),
            // What a copy replaces for good hangs on it, backups do too.
            Some(now) if now.versioning != began.versioning => Some("its versioning changed"),
            Some(now) if now.acls != began.acls => Some("its object ownership changed"),
            Some(now) => lost(&began.capabilities, &now.capabilities),
        };
        if let Some(what) = what {
            let (job, bucket) = (job.id.clone(), bucket.clone());
            return Err(ResumeError::Lost { job, bucket, what });
        }
    }
    Ok(())
}

fn lost(began: &Capabilities, now: &Capabilities) -> Option<&'static str> {
    let Capabilities {
        update,
        destination_guard,
        bucket_key_reported,
        annotations,
        parts,
        parts_guard,
    } = *began;
    if update && !now.update {
        Some("UpdateObjectEncryption")
    } else if destination_guard && !now.destination_guard {
        Some("refusing a copy whose If-Match is wrong")
    } else if parts && !now.parts {
        Some("keeping all that a copy in parts is told")
    } else if parts_guard && !now.parts_guard {
        Some("refusing a completion of parts whose If-Match is wrong")
    } else if bucket_key_reported && !now.bucket_key_reported {
        Some("reporting the bucket-key state")
    } else if annotations == Annotations::Readable && now.annotations != annotations {
        Some("listing annotations")
    } else {
        None
    }
}
