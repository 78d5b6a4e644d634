//! Changing a job's state: read, compare, write, and again on a conflict.

use reseal_core::ports::{Clock, Ledger, LedgerError, LedgerErrorKind, Random};
use reseal_core::{IllegalEvent, JobEvent, JobId, JobRecord, next_job_state};

use crate::Ports;
use crate::retry;

/// Why a job's state was not changed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// No such job.
    #[error("there is no job {0}")]
    Unknown(JobId),
    /// Its state doesn't allow that.
    #[error("job {0}: {1}")]
    Illegal(JobId, IllegalEvent),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Applies an event to a job and returns the job as it then is. Repeating it
/// changes nothing more.
///
/// # Errors
/// When there is no such job, its state forbids the event, or the ledger fails.
pub async fn set_job_state(
    ports: &Ports,
    id: &JobId,
    event: JobEvent,
) -> Result<JobRecord, JobError> {
    let (clock, random) = (ports.clock.as_ref(), ports.random.as_ref());
    change_job_state(ports.ledger.as_ref(), clock, random, id, event).await
}

/// The same for who has no more than a ledger: a command beside a run.
///
/// # Errors
/// As [`set_job_state`].
pub async fn change_job_state(
    ledger: &dyn Ledger,
    clock: &dyn Clock,
    random: &dyn Random,
    id: &JobId,
    event: JobEvent,
) -> Result<JobRecord, JobError> {
    loop {
        let job = retry::ledger(clock, random, || ledger.job(id)).await?;
        let mut job = job.ok_or_else(|| JobError::Unknown(id.clone()))?;
        let next = next_job_state(job.state, event)
            .map_err(|illegal| JobError::Illegal(id.clone(), illegal))?;
        if next == job.state {
            return Ok(job);
        }
        let written = retry::ledger(clock, random, || ledger.set_job_state(id, job.revision, next));
        match written.await {
            Ok(()) => {
                job.state = next;
                job.revision += 1;
                return Ok(job);
            }
            // Somebody else wrote, or our own write's reply was lost: read again.
            Err(error) if error.kind == LedgerErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
}
