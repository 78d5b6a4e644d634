//! Many worlds, on all cores.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::coverage::Coverage;
use crate::director::run;
use crate::judge::Violation;
use crate::mutants::Mutant;
use crate::plan::Plan;
use crate::wire::lock;

/// Which worlds to run.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// The first seed.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// Bent so.
    pub mutant: Mutant,
    /// Whether the first violation ends it.
    pub fail_fast: bool,
    /// Runs every so manyth seed twice, and compares; 0 for none.
    pub replay_every: u64,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// What met what.
    pub coverage: Coverage,
    /// Seeds with a violation, the lowest first.
    pub guilty: Vec<(u64, Violation)>,
    /// Seeds that were run twice.
    pub replayed: u64,
}

impl Campaign {
    /// Runs them.
    #[must_use]
    pub fn run(&self) -> Summary {
        let summary = Mutex::new(Summary::default());
        let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let offset = next.fetch_add(1, Ordering::Relaxed);
                        if offset >= self.seeds {
                            return;
                        }
                        let is_guilty = self.one(offset, &summary);
                        if is_guilty && self.fail_fast {
                            stop.store(true, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        let mut summary = summary.into_inner().unwrap_or_default();
        summary.guilty.sort_by_key(|(seed, _)| *seed);
        summary
    }

    fn one(&self, offset: u64, summary: &Mutex<Summary>) -> bool {
        let seed = self.from + offset;
        let plan = Plan::of(seed);
        let outcome = catch_unwind(AssertUnwindSafe(|| run(&plan, self.mutant)));
        let Ok(ending) = outcome else {
            let what = "a panic: see above".to_owned();
            lock(summary).guilty.push((seed, Violation { invariant: "panic", what }));
            return true;
        };
        let replays = self.replay_every > 0 && offset.is_multiple_of(self.replay_every);
        let again = replays.then(|| run(&plan, self.mutant).hash);
        let mut summary = lock(summary);
        summary.coverage.add(&ending.coverage);
        summary.replayed += u64::from(replays);
        let mut first = ending.violations.into_iter().next();
        if again.is_some_and(|hash| hash != ending.hash) {
            let what = "the same seed gave another trace".to_owned();
            first = Some(Violation { invariant: "replay", what });
        }
        let is_guilty = first.is_some();
        summary.guilty.extend(first.map(|violation| (seed, violation)));
        is_guilty
    }
}
