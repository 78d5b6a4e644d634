//! What the steward does: one job after the other, again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::time::Duration;

use reseal_core::ports::LedgerError;
use reseal_core::{JobEvent, JobId, JobRecord, JobState, PauseReason, WorkerId};

use super::{StewardPorts, StewardSettings};
use crate::leftovers::abort_leftovers;
use crate::{JobError, Ports, Sweeper, retry, set_job_state};

/// Jobs read from the ledger at a time.
const PAGE: u32 = 100;
/// How many rounds there are to one that looks at every job there ever was.
const WHOLE_LOOK_EVERY: u64 = 100;
/// A job that was begun longer ago and given up is left alone by a new steward:
/// to look for uploads reads all of its chunks.
const FORGOTTEN: Duration = Duration::from_secs(14 * 24 * 3600);
/// Fewer settled objects say nothing of a share.
const AT_LEAST: u64 = 100;

/// The rounds of one term of office.
pub(super) struct Rounds<'a> {
    ports: &'a Ports,
    fleet: &'a StewardPorts,
    worker: &'a WorkerId,
    settings: &'a StewardSettings,
    /// The jobs that were seen alive and not over yet.
    tended: BTreeMap<JobId, Tended>,
    /// Given up, and without uploads as far as this term saw.
    clean: BTreeSet<JobId>,
    rounds: u64,
    /// All jobs up to this one are over and need nothing.
    quiet_until: Option<JobId>,
}

/// What is remembered of a job between two changes of its state.
struct Tended {
    revision: u64,
    sweeper: Sweeper,
    /// What was settled before, and isn't to be judged again.
    before: Option<Counts>,
    /// Since when nobody has held anything of it, once it was given up.
    unheld_since: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    settled: u64,
    failed: u64,
}

impl<'a> Rounds<'a> {
    pub(super) fn new(
        ports: &'a Ports,
        fleet: &'a StewardPorts,
        worker: &'a WorkerId,
        settings: &'a StewardSettings,
    ) -> Self {
        Self {
            ports,
            fleet,
            worker,
            settings,
            tended: BTreeMap::new(),
            clean: BTreeSet::new(),
            rounds: 0,
            quiet_until: None,
        }
    }

    /// Round after round.
    pub(super) async fn go(&mut self) -> Infallible {
        loop {
            if let Err(error) = self.round().await {
                tracing::warn!(error = %error, "jobs can't be read, trying again");
            }
            self.ports.clock.sleep(self.settings.every).await;
        }
    }

    async fn round(&mut self) -> Result<(), LedgerError> {
        let (ledger, clock) = (self.ports.ledger.as_ref(), self.ports.clock.as_ref());
        let random = self.ports.random.as_ref();
        // Ids begin with the time, so jobs that are over come first; clocks
        // that are apart are made up for by a whole look now and then.
        if self.rounds.is_multiple_of(WHOLE_LOOK_EVERY) {
            self.quiet_until = None;
        }
        self.rounds += 1;
        let mut after = self.quiet_until.clone();
        let mut all_quiet = true;
        loop {
            let page = retry::ledger(clock, random, || ledger.jobs(after.as_ref(), PAGE)).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id.clone());
            let is_whole = page.len() < PAGE as usize;
            for job in &page {
                if let Err(error) = self.tend(job).await {
                    tracing::warn!(job = %job.id, error = %error, "job not looked after, trying again");
                }
                all_quiet &= self.needs_nothing(job);
                if all_quiet {
                    self.quiet_until = Some(job.id.clone());
                }
            }
            if is_whole {
                return Ok(());
            }
        }
    }

    async fn tend(&mut self, job: &JobRecord) -> Result<(), JobError> {
        match job.state {
            JobState::Running => self.tend_running(job).await,
            JobState::Planned | JobState::Paused(_) => {
                self.remember(job);
                Ok(())
            }
            JobState::Cancelled => Ok(self.tend_cancelled(job).await?),
            JobState::Finished => {
                self.tended.remove(&job.id);
                Ok(())
            }
        }
    }

    async fn tend_running(&mut self, job: &JobRecord) -> Result<(), JobError> {
        let ports = self.ports_of(job);
        let swept = self.remember(job).sweeper.sweep(&ports, &job.id).await?;
        if swept.resent > 0 {
            tracing::info!(job = %job.id, chunks.resent = swept.resent, "sent lost messages again");
        }
        if swept.open == 0 && self.is_settled(job).await? {
            self.abort_uploads(job).await?;
            self.set_state(job, JobEvent::Finish).await?;
            tracing::info!(job = %job.id, "job finished");
            return Ok(());
        }
        if self.fails_too_much(job).await? {
            self.set_state(job, JobEvent::Pause(PauseReason::Failures)).await?;
        }
        Ok(())
    }

    /// A job that was given up leaves no upload behind (I7), once nobody works
    /// on it any more. Whoever read it just before may still claim of it, and
    /// die: so it is looked at for as long as a lease lives.
    async fn tend_cancelled(&mut self, job: &JobRecord) -> Result<(), LedgerError> {
        let age = self.ports.clock.now().since(job.created_at);
        if self.clean.contains(&job.id) || age > FORGOTTEN {
            return Ok(());
        }
        let (ports, now) = (self.ports_of(job), self.ports.clock.monotonic());
        let tended = self.remember(job);
        if tended.sweeper.take_back(&ports, &job.id).await?.open > 0 {
            tended.unheld_since = None;
            return Ok(());
        }
        let is_news = tended.unheld_since.is_none();
        let since = *tended.unheld_since.get_or_insert(now);
        let is_over = now.saturating_sub(since) >= self.settings.lease.ttl;
        if is_news || is_over {
            self.abort_uploads(job).await?;
        }
        if is_over {
            self.tended.remove(&job.id);
            self.clean.insert(job.id.clone());
        }
        Ok(())
    }

    fn needs_nothing(&self, job: &JobRecord) -> bool {
        match job.state {
            JobState::Planned | JobState::Running | JobState::Paused(_) => false,
            JobState::Cancelled => !self.tended.contains_key(&job.id),
            JobState::Finished => true,
        }
    }

    fn remember(&mut self, job: &JobRecord) -> &mut Tended {
        let sweeper = || Sweeper::with(self.worker.clone(), self.settings.lease);
        // A job that was started once has nothing behind it; one that was
        // started again was paused for what it had failed until then.
        let anew = |job: &JobRecord| Tended {
            revision: job.revision,
            sweeper: sweeper(),
            before: (job.revision <= 1).then(Counts::default),
            unheld_since: None,
        };
        let tended = self.tended.entry(job.id.clone()).or_insert_with(|| anew(job));
        if tended.revision != job.revision {
            *tended = anew(job);
        }
        tended
    }

    /// Whether every source is split to its end, and nothing is open. In this
    /// order: a source that is closed binds no more chunks.
    async fn is_settled(&self, job: &JobRecord) -> Result<bool, LedgerError> {
        let (ledger, clock) = (self.ports.ledger.as_ref(), self.ports.clock.as_ref());
        let random = self.ports.random.as_ref();
        for source in (0u32..).take(job.spec.sources.len()) {
            let state = retry::ledger(clock, random, || ledger.source(&job.id, source)).await?;
            if !state.closed {
                return Ok(false);
            }
        }
        let open = retry::ledger(clock, random, || ledger.open_chunks(&job.id, None, 1)).await?;
        Ok(open.is_empty())
    }

    async fn fails_too_much(&mut self, job: &JobRecord) -> Result<bool, LedgerError> {
        let (ledger, clock) = (self.ports.ledger.as_ref(), self.ports.clock.as_ref());
        let (random, budgets) = (self.ports.random.as_ref(), self.fleet.budgets.as_ref());
        let limits = retry::ledger(clock, random, || budgets.limits(&job.id)).await?;
        let Some(limits) = limits else { return Ok(false) };
        let mut now = Counts::default();
        for tally in retry::ledger(clock, random, || ledger.tallies(&job.id)).await?.values() {
            now.settled += tally.total();
            now.failed += tally.failed_total();
        }
        let before = *self.remember(job).before.get_or_insert(now);
        let too_much = now.since(before).are_too_much(limits.failed_share);
        if too_much {
            let Counts { settled, failed } = now.since(before);
            tracing::error!(job = %job.id, objects.failed = failed, objects.settled = settled, "too many objects failed: the whole job pauses");
        }
        Ok(too_much)
    }

    async fn abort_uploads(&self, job: &JobRecord) -> Result<(), LedgerError> {
        if self.settings.home.as_ref().is_some_and(|home| !home.reaches(job)) {
            tracing::warn!(job = %job.id, "uploads of a job out of reach, if any, are left to a rule that aborts incomplete ones");
            return Ok(());
        }
        for left in abort_leftovers(self.ports, job).await? {
            let (upload, error) = (left.id.to_string(), left.error);
            tracing::warn!(job = %job.id, upload, error = %error, "an upload could not be removed: its parts are billed");
        }
        Ok(())
    }

    async fn set_state(&self, job: &JobRecord, event: JobEvent) -> Result<(), JobError> {
        match set_job_state(self.ports, &job.id, event).await {
            // Given up, or finished by another, in the same instant.
            Ok(_) | Err(JobError::Illegal(..)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The engine's ports with the queue on which the job's messages belong.
    fn ports_of(&self, job: &JobRecord) -> Ports {
        Ports { queue: (self.fleet.queue_of)(job.priority), ..self.ports.clone() }
    }
}

impl Counts {
    fn since(self, before: Self) -> Self {
        let settled = self.settled.saturating_sub(before.settled);
        Self { settled, failed: self.failed.saturating_sub(before.failed) }
    }

    fn are_too_much(self, failed_share: f64) -> bool {
        self.settled >= AT_LEAST && self.failed as f64 > self.settled as f64 * failed_share
    }
}
