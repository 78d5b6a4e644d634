//! Knows when a job is done, and keeps it from standing still meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reseal_core::{JobEvent, JobId, JobState};
use reseal_worker::{JobError, Ports, Settings, Stop, Sweeper, set_job_state};

use crate::retry::Patience;

/// How often the job's state and its open chunks are looked at. A keyed read
/// and a query for one row: cheap.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often open chunks without a live message are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(15);

/// Follows one job.
pub(super) struct Tracker<'a> {
    pub(super) ports: &'a Ports,
    pub(super) settings: &'a Settings,
    pub(super) job: &'a JobId,
    /// Set when every source is split to its end.
    pub(super) split_is_whole: &'a AtomicBool,
}

impl Tracker<'_> {
    /// Follows the job until it is over or stands still, or a stop is asked
    /// for; tells the state in which it then is.
    ///
    /// # Errors
    /// When the ledger is out of reach.
    pub(super) async fn follow(&self, stop: &Stop) -> Result<JobState, JobError> {
        let clock = self.ports.clock.as_ref();
        let mut sweeper = Sweeper::new(self.settings);
        let mut swept = clock.monotonic();
        loop {
            let state = self.state().await?;
            if state != JobState::Running || stop.is_asked() {
                return Ok(state);
            }
            if self.split_is_whole.load(Ordering::Acquire) && self.nothing_is_open().await? {
                return Ok(set_job_state(self.ports, self.job, JobEvent::Finish).await?.state);
            }
            if clock.monotonic().saturating_sub(swept) >= SWEEP_EVERY {
                swept = clock.monotonic();
                let report = sweeper.sweep(self.ports, self.job).await?;
                if report.resent > 0 {
                    tracing::info!(chunks.resent = report.resent, "sent lost messages again");
                }
            }
            tokio::select! {
                biased;
                () = stop.asked() => {}
                () = clock.sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn state(&self) -> Result<JobState, JobError> {
        let ledger = self.ports.ledger.as_ref();
        let job = self.patience().retry(|| ledger.job(self.job)).await?;
        job.map(|job| job.state).ok_or_else(|| JobError::Unknown(self.job.clone()))
    }

    async fn nothing_is_open(&self) -> Result<bool, JobError> {
        let ledger = self.ports.ledger.as_ref();
        let open = self.patience().retry(|| ledger.open_chunks(self.job, None, 1)).await?;
        Ok(open.is_empty())
    }

    fn patience(&self) -> Patience<'_> {
        Patience { clock: self.ports.clock.as_ref(), random: self.ports.random.as_ref() }
    }
}
