//! Pacing: every request is admitted here first.
//!
//! governor counts (by `check_n` with our clock and a small explicit burst);
//! we sleep through the Clock port. A lane that is told to slow down goes
//! down gently and finds its way back (additive increase, multiplicative
//! decrease).

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use reseal_core::ports::Clock;
use reseal_core::{BucketName, ObjectRef, Throttler};

use crate::PaceSettings;

/// What one bad interval takes: halving would average 75 % of a limit, this
/// holds about 95 %.
const DECREASE: f64 = 0.95;
/// Throttles within one such interval count once.
const BAD_INTERVAL: Duration = Duration::from_millis(100);
/// A lane that wasn't throttled gains this share of its ceiling each second.
const INCREASE_PER_SECOND: f64 = 0.01;
/// A lane never goes slower: it must still notice when the pressure is gone.
const SLOWEST: f64 = 1.0;
/// Tokens that a lane may save up: what a timer's granularity costs, no more.
const BURST: Duration = Duration::from_millis(20);
/// Prefix groups paced on their own in one bucket; the rest share a lane, so
/// that a million prefixes don't cost a million lanes.
const GROUPS_PER_BUCKET: usize = 256;

/// What a request costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// GET or HEAD.
    Read,
    /// PUT, COPY or POST that needs no key.
    Write,
    /// PUT, COPY or POST that makes S3 call KMS so many times.
    WriteWithKey(u32),
}

#[derive(Clone)]
struct PortClock(Arc<dyn Clock>);

impl governor::clock::Clock for PortClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.monotonic())
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, PortClock, NoOpMiddleware<Nanos>>;

struct LaneState {
    limiter: Limiter,
    rate: f64,
    changed_at: Duration,
}

/// One limit.
struct Lane {
    clock: PortClock,
    ceiling: f64,
    /// Whoever holds it sleeps for the next token; the others queue in order.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<LaneState>,
}

impl Lane {
    fn new(clock: &Arc<dyn Clock>, ceiling: f64) -> Self {
        let clock = PortClock(clock.clone());
        let ceiling = ceiling.max(SLOWEST);
        let limiter = limiter(&clock, ceiling);
        let changed_at = clock.0.monotonic();
        let state = Mutex::new(LaneState { limiter, rate: ceiling, changed_at });
        Self { clock, ceiling, turn: tokio::sync::Mutex::new(()), state }
    }

    async fn admit(&self) {
        let _turn = self.turn.lock().await;
        while let Some(wait) = self.try_admit() {
            self.clock.0.sleep(wait).await;
        }
    }

    /// How long to wait before the next try; `None` when admitted.
    fn try_admit(&self) -> Option<Duration> {
        let now = self.clock.0.monotonic();
        let mut state = lock(&self.state);
        self.recover(&mut state, now);
        match state.limiter.check_n(NonZeroU32::MIN) {
            Ok(Ok(())) => None,
            Ok(Err(not_until)) => Some(not_until.wait_time_from(Nanos::from(now))),
            // The burst is at least one token, so one token always fits.
            Err(_) => None,
        }
    }

    fn slow_down(&self) {
        let now = self.clock.0.monotonic();
        let mut state = lock(&self.state);
        if now.saturating_sub(state.changed_at) >= BAD_INTERVAL || state.rate >= self.ceiling {
            let rate = (state.rate * DECREASE).max(SLOWEST);
            self.set(&mut state, rate, now);
        }
    }

    fn recover(&self, state: &mut LaneState, now: Duration) {
        let calm = now.saturating_sub(state.changed_at);
        if state.rate < self.ceiling && calm >= Duration::from_secs(1) {
            let gain = self.ceiling * INCREASE_PER_SECOND * calm.as_secs_f64();
            let rate = (state.rate + gain).min(self.ceiling);
            self.set(state, rate, now);
        }
    }

    fn set(&self, state: &mut LaneState, rate: f64, now: Duration) {
        *state = LaneState { limiter: limiter(&self.clock, rate), rate, changed_at: now };
    }
}

fn limiter(clock: &PortClock, rate: f64) -> Limiter {
    let period = Duration::from_secs_f64(1.0 / rate).max(Duration::from_nanos(1));
    // At most 10^9 tokens a second, so the burst fits.
    let burst = NonZeroU32::new((rate * BURST.as_secs_f64()) as u32).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::with_period(period).unwrap_or(Quota::per_second(burst)).allow_burst(burst);
    RateLimiter::direct_with_clock(quota, clock.clone())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Direction {
    Read,
    Write,
}

type Group = Option<String>;

/// All limits of one engine.
pub(crate) struct Pacer {
    clock: Arc<dyn Clock>,
    settings: PaceSettings,
    objects: Option<Lane>,
    keys: Option<Lane>,
    prefixes: Mutex<BTreeMap<BucketName, BTreeMap<(Direction, Group), Arc<Lane>>>>,
}

impl Pacer {
    pub(crate) fn new(clock: &Arc<dyn Clock>, settings: PaceSettings) -> Self {
        Self {
            clock: clock.clone(),
            settings,
            objects: settings.objects_per_second.map(|rate| Lane::new(clock, rate)),
            keys: settings.kms_per_second.map(|rate| Lane::new(clock, rate)),
            prefixes: Mutex::default(),
        }
    }

    /// Waits until one more object may be begun.
    pub(crate) async fn admit_object(&self) {
        if let Some(lane) = &self.objects {
            lane.admit().await;
        }
    }

    /// Waits until this request may be sent.
    pub(crate) async fn admit(&self, object: &ObjectRef, cost: Cost) {
        if let (Cost::WriteWithKey(times), Some(lane)) = (cost, &self.keys) {
            for _ in 0..times {
                lane.admit().await;
            }
        }
        self.lane(object, direction(cost)).admit().await;
    }

    /// Somebody answered that this was too fast.
    pub(crate) fn slow_down(&self, object: &ObjectRef, cost: Cost, by: Throttler) {
        match by {
            Throttler::ObjectStore => self.lane(object, direction(cost)).slow_down(),
            Throttler::KeyService => match &self.keys {
                Some(lane) => lane.slow_down(),
                None => self.lane(object, direction(cost)).slow_down(),
            },
        }
    }

    fn lane(&self, object: &ObjectRef, direction: Direction) -> Arc<Lane> {
        let mut buckets = lock(&self.prefixes);
        let lanes = buckets.entry(object.bucket.clone()).or_default();
        let mut key = (direction, Some(group(object).to_owned()));
        if !lanes.contains_key(&key) && lanes.len() >= 2 * GROUPS_PER_BUCKET {
            key.1 = None;
        }
        lanes
            .entry(key)
            .or_insert_with(|| Arc::new(Lane::new(&self.clock, self.ceiling(direction))))
            .clone()
    }

    fn ceiling(&self, direction: Direction) -> f64 {
        match direction {
            Direction::Read => self.settings.reads_per_prefix,
            Direction::Write => self.settings.writes_per_prefix,
        }
    }
}

fn direction(cost: Cost) -> Direction {
    match cost {
        Cost::Read => Direction::Read,
        Cost::Write | Cost::WriteWithKey(_) => Direction::Write,
    }
}

/// Keys that S3 may keep in one partition, as far as a name tells: those
/// below the same first path component.
fn group(object: &ObjectRef) -> &str {
    object.key.as_str().split_once('/').map_or("", |(first, _)| first)
}

#[cfg(test)]
mod tests;
