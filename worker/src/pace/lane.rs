//! One limit: a token bucket whose rate finds the server's and holds it.
//!
//! governor counts (by `check_n` with our clock and a small explicit burst);
//! we sleep through the Clock port. The rate moves like a TCP window: it
//! doubles until the first throttling, falls to what the server was seen to
//! take, then creeps up and is cut gently.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use reseal_core::ports::Clock;

/// What one bad interval takes at least: halving would average 75 % of a
/// limit, this holds about 97 % of it.
const GENTLE_CUT: f64 = 0.97;
/// What one bad interval takes at most.
const DEEP_CUT: f64 = 0.5;
/// A lane that sends less than this share of its rate isn't at its limit.
const MOSTLY: f64 = 0.7;
/// A server that takes this share of what is sent is only just exceeded.
const NEARLY: f64 = 0.9;
/// Throttling within one such interval counts once: it takes that long until
/// answers to requests sent at the new rate come back.
const INTERVAL: Duration = Duration::from_millis(500);
/// Where a lane that looks for its limit begins, in requests a second.
const FIRST_RATE: f64 = 400.0;
/// How often it doubles from there.
const DOUBLING: Duration = Duration::from_millis(250);
/// Gains per second of calm: slow near a known limit, faster the longer
/// nothing is heard of it.
const GAINS: [(Duration, f64); 3] =
    [(Duration::from_secs(30), 0.10), (Duration::from_secs(10), 0.03), (Duration::ZERO, 0.01)];
/// How often a creeping rate is set anew.
const STEP: Duration = Duration::from_secs(1);
/// A lane never goes slower: it must still notice when the pressure is gone.
const SLOWEST: f64 = 1.0;
/// Tokens that a lane may save up: what a timer's granularity costs, no more.
const BURST: Duration = Duration::from_millis(20);

#[derive(Clone)]
struct PortClock(Arc<dyn Clock>);

impl governor::clock::Clock for PortClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.monotonic())
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, PortClock, NoOpMiddleware<Nanos>>;

/// How a lane moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// At the rate that the user gave, always.
    Fixed,
    /// Doubling until the first throttling or the ceiling.
    Looking,
    /// Creeping up and cut gently.
    Holding,
}

struct State {
    limiter: Limiter,
    rate: f64,
    phase: Phase,
    /// When the rate was last set.
    set_at: Duration,
    /// When it was last cut.
    cut_at: Duration,
    /// Answers since the rate was last cut or doubled.
    counted_from: Duration,
    accepted: u32,
    throttled: u32,
}

/// One limit.
pub(super) struct Lane {
    clock: PortClock,
    ceiling: f64,
    /// Whoever holds it sleeps for the next token; the others queue in order.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

impl Lane {
    /// Exactly this rate.
    pub(super) fn fixed(clock: &Arc<dyn Clock>, rate: f64) -> Self {
        Self::new(clock, rate, rate, Phase::Fixed)
    }

    /// At most this rate, beginning low.
    pub(super) fn looking(clock: &Arc<dyn Clock>, ceiling: f64) -> Self {
        Self::new(clock, ceiling, ceiling.min(FIRST_RATE), Phase::Looking)
    }

    /// At most this rate, which is believed until the server says otherwise.
    pub(super) fn believing(clock: &Arc<dyn Clock>, ceiling: f64) -> Self {
        Self::new(clock, ceiling, ceiling, Phase::Holding)
    }

    fn new(clock: &Arc<dyn Clock>, ceiling: f64, rate: f64, phase: Phase) -> Self {
        let clock = PortClock(clock.clone());
        let (ceiling, rate) = (ceiling.max(SLOWEST), rate.max(SLOWEST));
        let now = clock.0.monotonic();
        let state = State {
            limiter: limiter(&clock, rate),
            rate,
            phase,
            set_at: now,
            cut_at: now,
            counted_from: now,
            accepted: 0,
            throttled: 0,
        };
        Self { clock, ceiling, turn: tokio::sync::Mutex::new(()), state: Mutex::new(state) }
    }

    /// Waits for a token.
    pub(super) async fn admit(&self) {
        let _turn = self.turn.lock().await;
        while let Some(wait) = self.try_admit() {
            self.clock.0.sleep(wait).await;
        }
    }

    /// How long to wait before the next try; `None` when admitted.
    fn try_admit(&self) -> Option<Duration> {
        let now = self.clock.0.monotonic();
        let mut state = self.state();
        self.rise(&mut state, now);
        match state.limiter.check_n(NonZeroU32::MIN) {
            Ok(Ok(())) => None,
            Ok(Err(not_until)) => Some(not_until.wait_time_from(Nanos::from(now))),
            // The burst is at least one token, so one token always fits.
            Err(_) => None,
        }
    }

    /// The server took a request.
    pub(super) fn accepted(&self) {
        let mut state = self.state();
        state.accepted = state.accepted.saturating_add(1);
    }

    /// The server asked to slow down.
    pub(super) fn throttled(&self) {
        let now = self.clock.0.monotonic();
        let mut state = self.state();
        state.throttled = state.throttled.saturating_add(1);
        let first = state.phase == Phase::Looking;
        if state.phase == Phase::Fixed || (!first && now.saturating_sub(state.cut_at) < INTERVAL) {
            return;
        }
        let rate = cut(&state, now).clamp(SLOWEST, self.ceiling);
        state.phase = Phase::Holding;
        state.cut_at = now;
        self.set(&mut state, rate, now);
        forget_answers(&mut state, now);
    }

    /// What calm gains.
    fn rise(&self, state: &mut State, now: Duration) {
        let since = now.saturating_sub(state.set_at);
        if state.rate >= self.ceiling {
            return;
        }
        match state.phase {
            Phase::Fixed => {}
            Phase::Looking if since >= DOUBLING => {
                let rate = (state.rate * 2.0).min(self.ceiling);
                self.set(state, rate, now);
                forget_answers(state, now);
            }
            Phase::Holding if since >= STEP => {
                let calm = now.saturating_sub(state.cut_at);
                let gain = GAINS.iter().find(|(after, _)| calm >= *after).map_or(0.0, |(_, g)| *g);
                // A lane that was idle gains no more than one second's worth.
                let seconds = since.as_secs_f64().min(1.0);
                let rate = (state.rate * (1.0 + gain * seconds)).min(self.ceiling);
                self.set(state, rate, now);
            }
            Phase::Looking | Phase::Holding => {}
        }
    }

    fn set(&self, state: &mut State, rate: f64, now: Duration) {
        state.limiter = used_up_limiter(&self.clock, rate);
        state.rate = rate;
        state.set_at = now;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests a second that it allows now.
    #[cfg(test)]
    pub(super) fn rate(&self) -> f64 {
        self.state().rate
    }
}

/// The new rate after throttling: what the server took since the last change,
/// as far as enough answers were counted to tell.
fn cut(state: &State, now: Duration) -> f64 {
    let answers = state.accepted + state.throttled;
    let seconds = now.saturating_sub(state.counted_from).as_secs_f64();
    if answers < 20 || seconds < 0.05 {
        return state.rate * if state.phase == Phase::Looking { DEEP_CUT } else { GENTLE_CUT };
    }
    let offered = f64::from(answers) / seconds;
    let taken = f64::from(state.accepted) / seconds;
    // A lane that is far from used up learns nothing from its own rate.
    let base = if offered < state.rate * MOSTLY { offered } else { state.rate };
    if taken >= offered * NEARLY {
        return base * GENTLE_CUT;
    }
    taken.clamp(base * DEEP_CUT, base * GENTLE_CUT)
}

fn forget_answers(state: &mut State, now: Duration) {
    state.counted_from = now;
    state.accepted = 0;
    state.throttled = 0;
}

/// A limiter without saved tokens: a fresh one has its whole burst, and
/// getting that at each change of the rate would add up.
fn used_up_limiter(clock: &PortClock, rate: f64) -> Limiter {
    let limiter = limiter(clock, rate);
    let _ = limiter.check_n(burst(rate));
    limiter
}

fn burst(rate: f64) -> NonZeroU32 {
    // At most 10^9 tokens a second, so it fits.
    NonZeroU32::new((rate * BURST.as_secs_f64()) as u32).unwrap_or(NonZeroU32::MIN)
}

fn limiter(clock: &PortClock, rate: f64) -> Limiter {
    let period = Duration::from_secs_f64(1.0 / rate).max(Duration::from_nanos(1));
    let quota = Quota::with_period(period)
        .unwrap_or(Quota::per_second(burst(rate)))
        .allow_burst(burst(rate));
    RateLimiter::direct_with_clock(quota, clock.clone())
}
