//! The scope in which a job is worked: splitter, engine, tracker and progress
//! side by side, and nothing left over when it ends.

use std::sync::atomic::{AtomicBool, Ordering};

use reseal_core::{JobRecord, JobState};
use reseal_worker::{Meter, Ports, Settings, Stop, job_span, stop_channel};
use tracing::Instrument as _;

use super::breaker;
use super::survey::Survey;
use super::tracker::Tracker;
use crate::console::Console;
use crate::exit::CommandError;
use crate::progress::{self, Standing};
use crate::sources::Source;
use crate::split::{SplitCounts, SplitEnd, Splitter};

/// Everything that the scope needs.
pub(crate) struct Work<'a> {
    pub(crate) ports: &'a Ports,
    pub(crate) settings: &'a Settings,
    pub(crate) job: &'a JobRecord,
    pub(crate) sources: &'a [Box<dyn Source>],
    /// How far the job had come before this scope.
    pub(crate) before: Survey,
    /// The share of settled objects that may fail, from 0 to 1.
    pub(crate) failed_share: f64,
    pub(crate) console: &'a Console,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Worked {
    /// The job's state.
    pub(crate) state: JobState,
    /// Rows that the selection left out, as far as this process saw.
    pub(crate) left_out: u64,
}

impl Work<'_> {
    /// Works until the job is over, stands still, or a stop is asked for; then
    /// lets what is in flight end.
    ///
    /// # Errors
    /// When a source can't be split, or the ledger is out of reach. Whatever
    /// was in flight has been let end all the same.
    pub(crate) async fn work(&self, asked: &Stop) -> Result<Worked, CommandError> {
        self.side_by_side(asked).instrument(job_span(&self.job.id)).await
    }

    async fn side_by_side(&self, asked: &Stop) -> Result<Worked, CommandError> {
        let (stopper, stop) = stop_channel();
        let (quiet, is_quiet) = stop_channel();
        let (meter, counts, whole) =
            (Meter::default(), SplitCounts::default(), AtomicBool::new(false));
        let engine = async {
            let ended = reseal_worker::run(self.ports, self.settings, &meter, &stop).await;
            stopper.stop();
            quiet.stop();
            ended
        };
        let splitter = async {
            let Self { ports, job, sources, .. } = *self;
            let ended = Splitter { ports, job, sources, counts: &counts }.split(&stop).await;
            match &ended {
                Ok(SplitEnd::Whole) => whole.store(true, Ordering::Release),
                Ok(SplitEnd::Stopped) => {}
                Err(_) => stopper.stop(),
            }
            ended
        };
        let tracker = async {
            let Self { ports, settings, job, .. } = *self;
            let tracker = Tracker { ports, settings, job: &job.id, split_is_whole: &whole };
            let ended = tracker.follow(&stop).await;
            stopper.stop();
            ended
        };
        let guard = async {
            let Self { ports, job, failed_share, .. } = *self;
            let guarded = breaker::guard(ports, &job.id, &meter, failed_share, &stop).await;
            if guarded.is_err() {
                stopper.stop();
            }
            guarded
        };
        let forward = async {
            tokio::select! {
                biased;
                () = asked.asked() => {
                    stopper.stop();
                    self.console.note("stopping: letting objects in flight end (again: at once)");
                }
                () = stop.asked() => {}
            }
        };
        let standing = || Standing {
            settled_before: self.before.settled,
            total: self.before.rows + counts.read().rows,
            total_is_final: whole.load(Ordering::Acquire),
            meter: meter.read(),
        };
        let clock = self.ports.clock.as_ref();
        let shown = progress::show(clock, self.console, &is_quiet, standing);
        // One after the other is polled in this order, always. All of them
        // share this task's budget of operations, which the engine uses up
        // whenever it is busy: whoever came after it would find the budget
        // spent, and its timers and signals would not be looked at.
        let ((), (), guarded, tracked, split, engine) =
            tokio::join!(biased; forward, shown, guard, tracker, splitter, engine);
        split?;
        guarded.map_err(anyhow::Error::new)?;
        engine.map_err(anyhow::Error::new)?;
        let state = tracked.map_err(anyhow::Error::new)?;
        Ok(Worked { state, left_out: counts.read().filtered })
    }
}
