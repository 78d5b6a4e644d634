//! ECS task scale-in protection: while a worker holds chunks, a fleet that is
//! scaled in shall end another one.
//!
//! Never: makes work wait, or stops it. Without protection a worker that is
//! ended drains like any other, so all failures are logged and tried again.

#[cfg(test)]
mod stub;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::time::Duration;

use reseal_core::ports::{Clock, Random};

use super::agent::EcsAgent;
use super::backoff::Backoff;
use crate::meter::Held;

/// When protection is asked for and given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProtectionTimes {
    /// For how long it is asked for; ECS counts in minutes.
    pub(super) expires: Duration,
    /// How often it is renewed: well before it expires, with room for retries.
    pub(super) renew_every: Duration,
    /// How long nothing must be held before it is given up, so that it doesn't
    /// come and go with each chunk.
    pub(super) linger: Duration,
    /// How long the agent may take to answer.
    pub(super) patience: Duration,
    /// The pauses after failures.
    pub(super) first_pause: Duration,
    pub(super) longest_pause: Duration,
}

impl Default for ProtectionTimes {
    fn default() -> Self {
        Self {
            expires: Duration::from_secs(60 * 60),
            renew_every: Duration::from_secs(20 * 60),
            linger: Duration::from_secs(10),
            patience: Duration::from_secs(5),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
        }
    }
}

/// The protection of one task.
pub(super) struct Protection<'a> {
    agent: &'a EcsAgent,
    clock: &'a dyn Clock,
    random: &'a dyn Random,
    times: ProtectionTimes,
    plan: Plan,
}

/// What is known, and what follows from it.
#[derive(Clone, Debug)]
struct Plan {
    times: ProtectionTimes,
    /// What ECS last said it is; `None` while that isn't known: at the start
    /// (a container may be restarted within its task) and after a failure.
    is: Option<bool>,
    said_at: Duration,
    /// Since when nothing is held.
    idle_since: Option<Duration>,
    failing: Option<Failing>,
}

/// A request that failed, to be repeated.
#[derive(Clone, Debug)]
struct Failing {
    wanted: bool,
    again_at: Duration,
    pauses: Backoff,
    why: String,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Ask(bool),
    /// Nothing, unless the number of held chunks changes, until then.
    Wait(Option<Duration>),
}

impl<'a> Protection<'a> {
    pub(super) fn new(
        agent: &'a EcsAgent,
        clock: &'a dyn Clock,
        random: &'a dyn Random,
        times: ProtectionTimes,
    ) -> Self {
        Self { agent, clock, random, times, plan: Plan::new(times, clock.monotonic()) }
    }

    /// Keeps the task protected while anything is held, until it is dropped.
    pub(super) async fn run(&mut self, mut held: Held) -> Infallible {
        loop {
            let (now, holds) = (self.clock.monotonic(), held.now() > 0);
            match self.plan.next(now, holds) {
                Next::Ask(wanted) => {
                    self.ask(wanted, self.times.patience).await;
                }
                Next::Wait(until) => {
                    let change = async { if holds { held.none().await } else { held.any().await } };
                    let pause = async {
                        match until {
                            Some(at) => self.clock.sleep(at.saturating_sub(now)).await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        biased;
                        () = change => {}
                        () = pause => {}
                    }
                }
            }
        }
    }

    /// Gives it up for good, unless that is known to be so already; takes no
    /// longer than this.
    pub(super) async fn end(&mut self, within: Duration) {
        if self.plan.is != Some(false) {
            self.ask(false, within.min(self.times.patience)).await;
        }
    }

    async fn ask(&mut self, wanted: bool, patience: Duration) {
        // Whoever drops this in the middle doesn't know how it ended.
        self.plan.is = None;
        let expires = wanted.then_some(self.times.expires);
        let answer = tokio::select! {
            biased;
            () = self.clock.sleep(patience) => Err("no answer in time".to_owned()),
            answer = self.agent.protect(expires) => answer,
        };
        let now = self.clock.monotonic();
        match answer {
            Ok(()) => {
                tracing::debug!(protected = wanted, "scale-in protection set");
                self.plan.succeeded(wanted, now);
            }
            Err(why) => {
                // The same sentence every minute helps nobody.
                if self.plan.failing.as_ref().is_none_or(|failing| failing.why != why) {
                    tracing::warn!(
                        protected = wanted,
                        error = why,
                        "scale-in protection not set, trying again"
                    );
                }
                self.plan.failed(wanted, now, why, self.random);
            }
        }
    }
}

impl Plan {
    fn new(times: ProtectionTimes, now: Duration) -> Self {
        Self { times, is: None, said_at: now, idle_since: None, failing: None }
    }

    fn next(&mut self, now: Duration, holds: bool) -> Next {
        if holds {
            self.idle_since = None;
        }
        let wanted = if holds {
            true
        } else {
            let idle_until = *self.idle_since.get_or_insert(now) + self.times.linger;
            if now < idle_until {
                return Next::Wait(Some(idle_until));
            }
            false
        };
        let renew_at = self.said_at + self.times.renew_every;
        if self.is == Some(wanted) && (!wanted || now < renew_at) {
            return Next::Wait(wanted.then_some(renew_at));
        }
        match &self.failing {
            // What failed for one wish says nothing of the other.
            Some(failing) if failing.wanted == wanted && now < failing.again_at => {
                Next::Wait(Some(failing.again_at))
            }
            _ => Next::Ask(wanted),
        }
    }

    fn succeeded(&mut self, wanted: bool, now: Duration) {
        (self.is, self.said_at, self.failing) = (Some(wanted), now, None);
    }

    fn failed(&mut self, wanted: bool, now: Duration, why: String, random: &dyn Random) {
        let ProtectionTimes { first_pause, longest_pause, .. } = self.times;
        let mut pauses = match self.failing.take() {
            Some(failing) if failing.wanted == wanted => failing.pauses,
            _ => Backoff::new(first_pause, longest_pause),
        };
        let again_at = now + pauses.next(random);
        self.failing = Some(Failing { wanted, again_at, pauses, why });
    }
}
