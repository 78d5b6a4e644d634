//! Whether a worker is well, for whoever restarts it when it isn't.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What the engine is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Receives and works.
    Working,
    /// Waits until the ledger can be reached again.
    LedgerAway,
    /// Lets what is in flight end, and ends then.
    Draining,
}

/// What is known of a worker's health.
#[derive(Debug)]
pub(super) struct Health {
    /// How long ago the ledger may have answered last.
    lately: Duration,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    phase: Phase,
    /// When the ledger last answered, on the clock's monotonic time.
    answered_at: Option<Duration>,
}

impl Health {
    pub(super) fn new(lately: Duration) -> Self {
        Self { lately, state: Mutex::new(State { phase: Phase::Working, answered_at: None }) }
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.state().phase = phase;
    }

    pub(super) fn ledger_answered(&self, now: Duration) {
        self.state().answered_at = Some(now);
    }

    /// One line, as an error where the worker isn't well.
    pub(super) fn verdict(&self, now: Duration) -> Result<&'static str, &'static str> {
        let State { phase, answered_at } = *self.state();
        match phase {
            Phase::Draining => return Err("draining: takes nothing new and ends soon"),
            Phase::LedgerAway => return Err("the ledger is out of reach"),
            Phase::Working => {}
        }
        match answered_at {
            None => Err("starting: the ledger has not answered yet"),
            Some(at) if now.saturating_sub(at) > self.lately => {
                Err("the ledger has not answered lately")
            }
            Some(_) => Ok("working"),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_well_while_it_works_and_its_ledger_answers() {
        let at = Duration::from_secs;
        let health = Health::new(at(90));
        assert!(health.verdict(at(0)).is_err(), "nothing has answered yet");
        health.ledger_answered(at(10));
        assert!(health.verdict(at(100)).is_ok());
        assert!(health.verdict(at(101)).is_err(), "too long ago");
        health.ledger_answered(at(101));
        for phase in [Phase::Draining, Phase::LedgerAway] {
            health.enter(phase);
            assert!(health.verdict(at(101)).is_err(), "{phase:?}");
        }
        health.enter(Phase::Working);
        assert!(health.verdict(at(101)).is_ok());
    }
}
