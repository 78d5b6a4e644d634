//! One pacer for each job whose chunks the engine holds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reseal_core::JobId;
use reseal_core::ports::Clock;

use super::Pacer;
use super::needs::{Need, Needs};
use crate::shutdown::{Stop, Stopper, stop_channel};
use crate::{PaceSettings, Ports};

/// How long a job's pacer outlives its last chunk: the next one may be on its way.
const LINGER: Duration = Duration::from_secs(5);

/// The pacers of one engine.
pub(crate) struct Pacers {
    clock: Arc<dyn Clock>,
    settings: PaceSettings,
    /// Where a fleet's pacers say what they need; `None` on a single machine.
    needs: Option<Arc<Needs>>,
    jobs: Mutex<BTreeMap<JobId, Paced>>,
    stopper: Stopper,
    stop: Stop,
}

struct Paced {
    pacer: Arc<Pacer>,
    chunks: u32,
    /// When the last chunk was gone.
    idle_since: Option<Duration>,
}

/// A chunk under its job's pace.
pub(crate) struct Entered<'a> {
    pacers: &'a Pacers,
    job: JobId,
    pub(crate) pacer: Arc<Pacer>,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let now = self.pacers.clock.monotonic();
        if let Some(paced) = self.pacers.jobs().get_mut(&self.job) {
            paced.chunks = paced.chunks.saturating_sub(1);
            paced.idle_since = (paced.chunks == 0).then_some(now);
        }
    }
}

impl Pacers {
    pub(crate) fn new(ports: &Ports, settings: PaceSettings) -> Self {
        let needs = ports.budgets.is_some().then(Arc::default);
        let clock = ports.clock.clone();
        let (stopper, stop) = stop_channel();
        Self { clock, settings, needs, jobs: Mutex::default(), stopper, stop }
    }

    /// One more chunk of this job is held, until what is returned is dropped.
    pub(crate) fn enter(&self, job: &JobId) -> Entered<'_> {
        let mut jobs = self.jobs();
        let paced = jobs.entry(job.clone()).or_insert_with(|| self.begin(job));
        paced.chunks += 1;
        paced.idle_since = None;
        Entered { pacers: self, job: job.clone(), pacer: paced.pacer.clone() }
    }

    fn begin(&self, job: &JobId) -> Paced {
        let pacer = match &self.needs {
            None => Arc::new(Pacer::alone(&self.clock, self.settings)),
            Some(needs) => {
                let pacer = Arc::new(Pacer::shared(&self.clock, job, needs));
                needs.push(Need::Job(job.clone(), pacer.clone()));
                pacer
            }
        };
        Paced { pacer, chunks: 0, idle_since: None }
    }

    /// What a job's limits are where nobody set any.
    pub(super) fn settings(&self) -> PaceSettings {
        self.settings
    }

    pub(super) fn needs(&self) -> Option<&Needs> {
        self.needs.as_deref()
    }

    /// Forgets a pacer whose job's last chunk is gone for a while; true when
    /// it did, or had.
    pub(super) fn dismiss(&self, job: &JobId, pacer: &Arc<Pacer>) -> bool {
        let now = self.clock.monotonic();
        let mut jobs = self.jobs();
        let is_this = |paced: &&Paced| Arc::ptr_eq(&paced.pacer, pacer);
        let Some(paced) = jobs.get(job).filter(is_this) else { return true };
        let is_over = paced.idle_since.is_some_and(|since| now.saturating_sub(since) >= LINGER);
        if is_over || self.is_closed() {
            pacer.close();
            jobs.remove(job);
            return true;
        }
        false
    }

    /// Ends all of them: no chunk is held any more.
    pub(crate) fn close(&self) {
        self.stopper.stop();
        self.jobs().values().for_each(|paced| paced.pacer.close());
        if let Some(needs) = &self.needs {
            needs.wake();
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.stop.is_asked()
    }

    pub(super) async fn closed(&self) {
        self.stop.asked().await;
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeMap<JobId, Paced>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
