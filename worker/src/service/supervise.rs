//! The engine for as long as the service lives: run again when the ledger
//! comes back, ended when a stop is asked for or nothing is left to do.

use std::pin::pin;
use std::time::Duration;

use reseal_core::{JobRecord, JobState};

use super::backoff::Backoff;
use super::health::{Health, Phase};
use super::{ServiceError, ServiceSettings};
use crate::engine::EngineError;
use crate::{Meter, Ports, Settings, Stop, stop_channel};

/// Jobs read from the ledger at a time.
const PAGE: u32 = 100;
/// How long the ledger may take to answer when it is asked whether it is back.
const ANSWER: Duration = Duration::from_secs(10);

/// What it takes to keep an engine running.
pub(super) struct Supervisor<'a> {
    pub(super) ports: &'a Ports,
    pub(super) settings: &'a ServiceSettings,
    pub(super) meter: &'a Meter,
    pub(super) health: &'a Health,
}

/// Why one run of the engine ended.
enum Ended {
    /// It was asked to.
    Drained,
    /// The ledger is out of reach.
    LedgerAway(EngineError),
}

/// Since when the ledger is out of reach, and how long to wait for it next.
struct Away {
    since: Duration,
    pauses: Backoff,
}

impl Supervisor<'_> {
    /// Runs until a stop is asked for or nothing was held for `drain_after`.
    ///
    /// # Errors
    /// When the ledger stays out of reach for longer than anybody's patience.
    pub(super) async fn run(&self, stop: &Stop) -> Result<(), ServiceError> {
        let engine =
            Settings { grace: self.settings.grace().in_flight, ..self.settings.engine.clone() };
        let clock = self.ports.clock.as_ref();
        let mut away: Option<Away> = None;
        loop {
            let (began, finished) = (clock.monotonic(), self.finished());
            self.health.enter(Phase::Working);
            let error = match self.work(&engine, stop).await {
                Ended::Drained => return Ok(()),
                Ended::LedgerAway(error) => error,
            };
            if stop.is_asked() {
                tracing::warn!(error = %error, "stopped while the ledger is out of reach: leases will lapse");
                return Ok(());
            }
            let now = clock.monotonic();
            // That it answers proves little: it must have taken something in,
            // or have given no trouble for as long as patience lasts.
            let was_well = self.finished() > finished
                || now.saturating_sub(began) >= self.settings.ledger_patience;
            let away = match &mut away {
                Some(away) if !was_well => away,
                other => other.insert(Away {
                    since: now,
                    pauses: Backoff::new(Duration::from_secs(1), Duration::from_secs(30)),
                }),
            };
            self.health.enter(Phase::LedgerAway);
            tracing::error!(error = %error, "waiting for the ledger");
            match self.wait(away, stop).await {
                Wait::Back => {
                    tracing::info!("the ledger answers again");
                    self.health.ledger_answered(clock.monotonic());
                }
                Wait::Stopped => return Ok(()),
                Wait::OutOfPatience => {
                    let patience = self.settings.ledger_patience;
                    return Err(ServiceError::Ledger { patience, error });
                }
            }
        }
    }

    /// One engine. Drops it where it can't end in time: what it held is found
    /// again by whoever takes it over.
    async fn work(&self, engine: &Settings, stop: &Stop) -> Ended {
        let clock = self.ports.clock.as_ref();
        let (stopper, own_stop) = stop_channel();
        let mut running = pin!(crate::run(self.ports, engine, self.meter, &own_stop));
        // The engine comes last: while it is busy it leaves nothing of this
        // task's budget, and timers after it would not be looked at.
        tokio::select! {
            biased;
            () = stop.asked() => tracing::info!("stopping: letting objects in flight end"),
            () = self.nothing_to_do() => tracing::info!("nothing to do any more: ending"),
            ended = &mut running => return of(ended),
        }
        self.health.enter(Phase::Draining);
        stopper.stop();
        tokio::select! {
            biased;
            () = clock.sleep(self.settings.grace().recorded) => {
                tracing::warn!("not drained in time: leases will lapse");
                Ended::Drained
            }
            ended = &mut running => of(ended),
        }
    }

    /// Chunks whose end is on record.
    fn finished(&self) -> u64 {
        let counts = self.meter.read();
        counts.chunks_done + counts.chunks_quarantined
    }

    /// Completes once no chunk was held for `drain_after`.
    async fn nothing_to_do(&self) {
        let Some(after) = self.settings.drain_after else {
            return std::future::pending().await;
        };
        let mut held = self.meter.held();
        loop {
            held.none().await;
            tokio::select! {
                biased;
                () = held.any() => {}
                () = self.ports.clock.sleep(after) => {
                    if self.nothing_is_left().await {
                        return;
                    }
                }
            }
        }
    }

    /// Whether no job within reach has open chunks, or waits to be finished: a
    /// dead worker's chunk comes back only later, and somebody must be there.
    async fn nothing_is_left(&self) -> bool {
        let (ledger, home) = (self.ports.ledger.as_ref(), self.settings.engine.home.as_ref());
        let mut after = None;
        loop {
            let Ok(page) = ledger.jobs(after.as_ref(), PAGE).await else { return false };
            let Some(last) = page.last() else { return true };
            after = Some(last.id.clone());
            let within_reach = |job: &&JobRecord| home.is_none_or(|home| home.reaches(job));
            let running = page.iter().filter(|job| job.state == JobState::Running);
            for job in running.filter(within_reach) {
                if self.is_left(job).await {
                    return false;
                }
            }
        }
    }

    async fn is_left(&self, job: &JobRecord) -> bool {
        let ledger = self.ports.ledger.as_ref();
        let Ok(open) = ledger.open_chunks(&job.id, None, 1).await else { return true };
        if !open.is_empty() {
            return true;
        }
        // Where a source is still being split, its coordinator may be gone.
        for source in (0u32..).take(job.spec.sources.len()) {
            match ledger.source(&job.id, source).await {
                Ok(state) if !state.closed => return false,
                Ok(_) => {}
                Err(_) => return true,
            }
        }
        true
    }

    /// Asks the ledger from time to time.
    async fn wait(&self, away: &mut Away, stop: &Stop) -> Wait {
        let (clock, random) = (self.ports.clock.as_ref(), self.ports.random.as_ref());
        let until = away.since + self.settings.ledger_patience;
        loop {
            let left = until.saturating_sub(clock.monotonic());
            if left.is_zero() {
                return Wait::OutOfPatience;
            }
            let pause = away.pauses.next(random).min(left);
            let asking = async {
                clock.sleep(pause).await;
                tokio::select! {
                    biased;
                    () = clock.sleep(ANSWER) => false,
                    // One row by its index: the cheapest question there is.
                    answer = self.ports.ledger.jobs(None, 1) => answer.is_ok(),
                }
            };
            tokio::select! {
                biased;
                () = stop.asked() => return Wait::Stopped,
                is_back = asking => if is_back {
                    return Wait::Back;
                },
            }
        }
    }
}

/// How waiting for the ledger ended.
enum Wait {
    Back,
    Stopped,
    OutOfPatience,
}

fn of(ended: Result<(), EngineError>) -> Ended {
    match ended {
        Ok(()) => Ended::Drained,
        Err(error @ EngineError::Ledger(_)) => Ended::LedgerAway(error),
    }
}
