//! One limit: a token bucket whose rate finds the server's and holds it.
//!
//! governor counts (by `check_n` with our clock and a small explicit burst);
//! we sleep through the Clock port. The rate moves like a TCP window: it
//! doubles until the first throttling, falls to what the server was seen to
//! take, then creeps up and is cut gently. Above it lies a ceiling that may be
//! moved at any time, and that holds no longer than it says: a lane whose
//! ceiling has run out admits nothing.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use reseal_core::ports::Clock;
use tokio::sync::Notify;

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
/// Throttling never makes a lane slower: it must still notice when the
/// pressure is gone.
const SLOWEST: f64 = 1.0;
/// Tokens that a lane may save up, in time.
const BURST: Duration = Duration::from_millis(20);
/// What it may be late with the next token at least, and make up for: what a
/// timer's granularity costs, also at rates whose burst is less than a token.
const LATENESS: Duration = Duration::from_millis(2);
/// A token is so many cells for governor, so that parts of one can be saved up.
const CELLS: NonZeroU32 = NonZeroU32::MIN.saturating_add(63);

#[derive(Clone)]
struct PortClock(Arc<dyn Clock>);

impl governor::clock::Clock for PortClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.monotonic())
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, PortClock, NoOpMiddleware<Nanos>>;

/// What a lane may use at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ceiling {
    /// Requests per second: 0 for none at all, infinity for any number.
    pub(super) rate: f64,
    /// Until when, on the clock's monotonic time.
    pub(super) until: Duration,
}

/// What a lane was used for since it was last asked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Use {
    /// Requests admitted.
    pub(super) admitted: u64,
    /// For how long somebody waited for nothing but the ceiling.
    pub(super) waited: Duration,
}

/// What becomes of a request that asks for a token.
enum Turn {
    Admitted,
    /// Not before so long.
    Later(Duration),
    /// Not under this ceiling.
    Closed,
}

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
    ceiling: Ceiling,
    /// What the server is believed to take; what is used is no more than the
    /// ceiling.
    believed: f64,
    phase: Phase,
    /// When the belief last changed.
    set_at: Duration,
    /// When it was last cut.
    cut_at: Duration,
    /// Answers since the rate last changed but for creeping.
    counted_from: Duration,
    accepted: u32,
    throttled: u32,
    used: Use,
    waiting_since: Option<Duration>,
}

impl State {
    fn rate(&self) -> f64 {
        self.believed.min(self.ceiling.rate)
    }
}

/// One limit.
pub(super) struct Lane {
    clock: PortClock,
    /// Whoever holds it sleeps for the next token; the others queue in order.
    turn: tokio::sync::Mutex<()>,
    /// Wakes that one when the ceiling moves.
    moved: Notify,
    state: Mutex<State>,
}

impl Lane {
    /// Exactly its ceiling.
    pub(super) fn fixed(clock: &Arc<dyn Clock>, ceiling: Ceiling) -> Self {
        Self::new(clock, ceiling, f64::INFINITY, Phase::Fixed)
    }

    /// At most its ceiling, beginning low.
    pub(super) fn looking(clock: &Arc<dyn Clock>, ceiling: Ceiling) -> Self {
        Self::new(clock, ceiling, FIRST_RATE, Phase::Looking)
    }

    /// At most its ceiling, which is believed until the server says otherwise.
    pub(super) fn believing(clock: &Arc<dyn Clock>, ceiling: Ceiling) -> Self {
        Self::new(clock, ceiling, f64::INFINITY, Phase::Holding)
    }

    fn new(clock: &Arc<dyn Clock>, ceiling: Ceiling, believed: f64, phase: Phase) -> Self {
        let clock = PortClock(clock.clone());
        let now = clock.0.monotonic();
        let state = State {
            limiter: limiter(&clock, believed.min(ceiling.rate)),
            ceiling,
            believed,
            phase,
            set_at: now,
            cut_at: now,
            counted_from: now,
            accepted: 0,
            throttled: 0,
            used: Use::default(),
            waiting_since: None,
        };
        let turn = tokio::sync::Mutex::new(());
        Self { clock, turn, moved: Notify::new(), state: Mutex::new(state) }
    }

    /// Waits for a token.
    pub(super) async fn admit(&self) {
        let _turn = self.turn.lock().await;
        loop {
            match self.try_admit() {
                Turn::Admitted => return,
                Turn::Later(wait) => {
                    let _waiting = self.waiting();
                    tokio::select! {
                        biased;
                        () = self.moved.notified() => {}
                        () = self.clock.0.sleep(wait) => {}
                    }
                }
                Turn::Closed => {
                    let _waiting = self.waiting();
                    self.moved.notified().await;
                }
            }
        }
    }

    fn try_admit(&self) -> Turn {
        let now = self.clock.0.monotonic();
        let mut state = self.state();
        if now >= state.ceiling.until || state.ceiling.rate <= 0.0 {
            return Turn::Closed;
        }
        self.rise(&mut state, now);
        if state.rate().is_finite() {
            // The burst is at least one token, so one token always fits.
            if let Ok(Err(not_until)) = state.limiter.check_n(CELLS) {
                return Turn::Later(not_until.wait_time_from(Nanos::from(now)));
            }
        }
        state.used.admitted += 1;
        Turn::Admitted
    }

    /// Moves the ceiling. No token that was saved up under the old one is good
    /// under the new one.
    pub(super) fn set_ceiling(&self, ceiling: Ceiling) {
        let now = self.clock.0.monotonic();
        let mut state = self.state();
        let before = state.rate();
        state.ceiling = ceiling;
        let rate = state.rate();
        if rate.total_cmp(&before).is_ne() {
            state.limiter = used_up_limiter(&self.clock, rate);
            forget_answers(&mut state, now);
        }
        drop(state);
        self.moved.notify_one();
    }

    /// What it was used for since [`Lane::count_anew`].
    pub(super) fn used(&self) -> Use {
        let now = self.clock.0.monotonic();
        let state = self.state();
        let waiting = state.waiting_since.map_or(Duration::ZERO, |since| now.saturating_sub(since));
        Use { waited: state.used.waited + waiting, ..state.used }
    }

    pub(super) fn count_anew(&self) {
        let now = self.clock.0.monotonic();
        let mut state = self.state();
        state.used = Use::default();
        state.waiting_since = state.waiting_since.map(|_| now);
    }

    /// Counts as waiting for the ceiling until it is dropped, unless the lane
    /// is slower than that by itself.
    fn waiting(&self) -> Waiting<'_> {
        let now = self.clock.0.monotonic();
        let mut state = self.state();
        state.waiting_since = (state.believed >= state.ceiling.rate).then_some(now);
        Waiting(self)
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
        // Without a ceiling nothing is sent, and nothing is learnt.
        if state.ceiling.rate <= 0.0 {
            return;
        }
        let rate = cut(&state, now).max(SLOWEST);
        state.phase = Phase::Holding;
        state.cut_at = now;
        self.set(&mut state, rate, now);
        forget_answers(&mut state, now);
    }

    /// What calm gains.
    fn rise(&self, state: &mut State, now: Duration) {
        let since = now.saturating_sub(state.set_at);
        let ceiling = state.ceiling.rate;
        if state.believed >= ceiling {
            return;
        }
        match state.phase {
            Phase::Fixed => {}
            Phase::Looking if since >= DOUBLING => {
                let rate = (state.believed * 2.0).min(ceiling);
                self.set(state, rate, now);
                forget_answers(state, now);
            }
            Phase::Holding if since >= STEP => {
                let calm = now.saturating_sub(state.cut_at);
                let gain = GAINS.iter().find(|(after, _)| calm >= *after).map_or(0.0, |(_, g)| *g);
                // A lane that was idle gains no more than one second's worth.
                let seconds = since.as_secs_f64().min(1.0);
                let rate = (state.believed * (1.0 + gain * seconds)).min(ceiling);
                self.set(state, rate, now);
            }
            Phase::Looking | Phase::Holding => {}
        }
    }

    fn set(&self, state: &mut State, believed: f64, now: Duration) {
        state.believed = believed;
        state.set_at = now;
        state.limiter = used_up_limiter(&self.clock, state.rate());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests a second that it allows now.
    #[cfg(test)]
    pub(super) fn rate(&self) -> f64 {
        self.state().rate()
    }
}

struct Waiting<'a>(&'a Lane);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let now = self.0.clock.0.monotonic();
        let mut state = self.0.state();
        if let Some(since) = state.waiting_since.take() {
            state.used.waited += now.saturating_sub(since);
        }
    }
}

/// The new rate after throttling: what the server took since the last change,
/// as far as enough answers were counted to tell.
fn cut(state: &State, now: Duration) -> f64 {
    let answers = state.accepted + state.throttled;
    let seconds = now.saturating_sub(state.counted_from).as_secs_f64();
    let rate = state.rate();
    if answers < 20 || seconds < 0.05 {
        return rate * if state.phase == Phase::Looking { DEEP_CUT } else { GENTLE_CUT };
    }
    let offered = f64::from(answers) / seconds;
    let taken = f64::from(state.accepted) / seconds;
    // A lane that is far from used up learns nothing from its own rate.
    let base = if offered < rate * MOSTLY { offered } else { rate };
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

/// In cells.
fn burst(rate: f64) -> NonZeroU32 {
    let tokens = (rate * BURST.as_secs_f64()).max(1.0 + rate * LATENESS.as_secs_f64());
    // At most 10^9 tokens a second, so it fits.
    NonZeroU32::new((tokens * f64::from(CELLS.get())) as u32).unwrap_or(CELLS)
}

fn limiter(clock: &PortClock, rate: f64) -> Limiter {
    // No and any number of requests are decided before it is asked.
    let rate = rate.clamp(1e-6, 1e9);
    let period = Duration::from_secs_f64(1.0 / rate / f64::from(CELLS.get()));
    let quota = Quota::with_period(period.max(Duration::from_nanos(1)))
        .unwrap_or(Quota::per_second(burst(rate)))
        .allow_burst(burst(rate));
    RateLimiter::direct_with_clock(quota, clock.clone())
}
