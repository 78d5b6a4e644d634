//! Whether what serves is well, for whoever is to look when it isn't.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoundEnd {
    /// Nothing was put off.
    Whole,
    /// Something was, and comes again.
    PutOff,
    /// The buckets could not be listed.
    Failed,
}

/// What is known of it.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<State>);

#[derive(Clone, Copy, Debug, Default)]
struct State {
    stopping: bool,
    /// When the queue last answered, on the clock's monotonic time.
    answered: Option<Duration>,
    /// Since when it hasn't.
    silent: Option<Duration>,
    round: Option<(Duration, RoundEnd)>,
}

impl Health {
    /// The queue answered, or could not be asked.
    pub(crate) fn polled(&self, now: Duration, answered: bool) {
        let mut state = self.state();
        if answered {
            (state.answered, state.silent) = (Some(now), None);
        } else {
            state.silent.get_or_insert(now);
        }
    }

    pub(crate) fn round_ended(&self, now: Duration, end: RoundEnd) {
        self.state().round = Some((now, end));
    }

    pub(crate) fn stopping(&self) {
        self.state().stopping = true;
    }

    /// One line, as an error where somebody may want to look. A queue that
    /// isn't asked for long is no trouble: handing a job out may take hours.
    pub(crate) fn verdict(&self, now: Duration) -> Result<String, String> {
        let State { stopping, answered, silent, round } = *self.state();
        let ago = |at: Duration| now.saturating_sub(at).as_secs();
        if stopping {
            return Err("stopping".to_owned());
        }
        if let Some(since) = silent {
            return Err(format!("the queue of events can't be asked, for {} s now", ago(since)));
        }
        let queue =
            answered.map_or(String::new(), |at| format!("; the queue answered {} s ago", ago(at)));
        match round {
            None => Err(format!("starting: the first round hasn't ended{queue}")),
            Some((at, RoundEnd::Failed)) => {
                Err(format!("the round that ended {} s ago failed{queue}", ago(at)))
            }
            Some((at, RoundEnd::PutOff)) => Ok(format!(
                "serving: a round ended {} s ago, and put something off{queue}",
                ago(at)
            )),
            Some((at, RoundEnd::Whole)) => {
                Ok(format!("serving: a whole round ended {} s ago{queue}", ago(at)))
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_well_while_rounds_end_and_the_queue_answers() {
        let at = Duration::from_secs;
        let health = Health::default();
        let starting = health.verdict(at(0)).expect_err("nothing was done yet");
        assert!(starting.starts_with("starting"), "{starting}");
        health.polled(at(1), true);
        health.round_ended(at(3), RoundEnd::Whole);
        let line = health.verdict(at(10)).expect("well");
        assert_eq!(line, "serving: a whole round ended 7 s ago; the queue answered 9 s ago");
        assert!(health.verdict(at(90_000)).is_ok(), "however long a job takes to hand out");
        health.round_ended(at(20), RoundEnd::PutOff);
        assert!(health.verdict(at(21)).expect("well").contains("put something off"));
        health.polled(at(30), false);
        health.polled(at(35), false);
        let line = health.verdict(at(36)).expect_err("the queue is away");
        assert!(line.contains("for 6 s"), "{line}");
        health.polled(at(40), true);
        health.round_ended(at(50), RoundEnd::Failed);
        assert!(health.verdict(at(51)).expect_err("no buckets").contains("failed"));
        health.round_ended(at(60), RoundEnd::Whole);
        assert!(health.verdict(at(60)).is_ok());
        health.stopping();
        assert_eq!(health.verdict(at(60)), Err("stopping".to_owned()));
    }
}
