//! What one chunk of a job runs into, the job's others would too.
//!
//! Owns: telling them at once, within this engine; other engines hear of it
//! through the ledger.
//! Never: outlasts the pause being recorded: from then on the ledger says
//! whether the job goes on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reseal_core::JobId;

use crate::shutdown::{Stop, Stopper, stop_channel};

/// Whether the chunks of one job are to stand still.
#[derive(Clone, Debug)]
pub(crate) struct Standstill(Arc<(Stopper, Stop)>);

impl Standstill {
    fn new() -> Self {
        Self(Arc::new(stop_channel()))
    }

    /// From now on none of them begins another object.
    pub(crate) fn call(&self) {
        self.0.0.stop();
    }

    pub(crate) fn is_called(&self) -> bool {
        self.0.1.is_asked()
    }

    /// Completes once it is called.
    pub(crate) async fn called(&self) {
        self.0.1.asked().await;
    }
}

/// The standstills of the jobs that are being worked.
#[derive(Debug, Default)]
pub(crate) struct Standstills(Mutex<BTreeMap<JobId, Standstill>>);

impl Standstills {
    /// The one that all chunks of this job share.
    pub(crate) fn of(&self, job: &JobId) -> Standstill {
        let mut jobs = self.jobs();
        // Those that no chunk shares any more, and that nobody called.
        jobs.retain(|_, kept| kept.is_called() || Arc::strong_count(&kept.0) > 1);
        jobs.entry(job.clone()).or_insert_with(Standstill::new).clone()
    }

    /// The pause is recorded: who comes now is told by the ledger.
    pub(crate) fn is_over(&self, job: &JobId) {
        self.jobs().remove(job);
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeMap<JobId, Standstill>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(id: &str) -> JobId {
        id.parse().expect("an id")
    }

    #[test]
    fn all_chunks_of_a_job_hear_of_it_until_it_is_recorded_and_no_other_jobs() {
        let jobs = Standstills::default();
        let (one, two, other) = (jobs.of(&job("a")), jobs.of(&job("a")), jobs.of(&job("b")));
        one.call();
        assert!(two.is_called() && !other.is_called());
        drop((one, two));
        assert!(jobs.of(&job("a")).is_called(), "nothing is recorded yet");
        jobs.is_over(&job("a"));
        assert!(!jobs.of(&job("a")).is_called());
    }

    #[test]
    fn jobs_that_are_over_leave_nothing_behind() {
        let jobs = Standstills::default();
        for n in 0..100 {
            let _ = jobs.of(&job(&format!("job-{n}")));
        }
        assert_eq!(jobs.jobs().len(), 1);
    }
}
