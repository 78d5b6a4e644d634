//! What a budget's share is used for: the lanes whose ceilings it sets.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reseal_core::ports::{BudgetKey, Clock, WHOLE};
use tokio::sync::Notify;

use super::lane::{Ceiling, Lane};
use super::needs::{Need, Needs};
use crate::PaceSettings;

/// Where KMS is believed to be while nobody names a rate and it doesn't
/// throttle: the largest quota of any region, 100,000 requests a second.
const KMS_AT_MOST: f64 = 100_000.0;
/// A lane that somebody waits for this much of the time is what holds the
/// work up; one with a fifth of its rate to spare has waiters for less of it.
const MOSTLY: f64 = 0.5;
/// How much more than it used a worker could use at once.
const HEADROOM: f64 = 1.3;
/// How long a bucket that nobody asks for keeps its share.
const UNUSED: Duration = Duration::from_secs(30);

/// Which limit a lane keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Objects of the job.
    Objects,
    /// KMS requests of the job.
    Keys,
    /// Reads of a prefix group.
    Reads,
    /// Writes of a prefix group.
    Writes,
}

impl Kind {
    /// The whole fleet's limit, per second.
    fn limit(self, limits: &PaceSettings) -> f64 {
        let rate = match self {
            Self::Objects => limits.objects_per_second.unwrap_or(f64::INFINITY),
            Self::Keys => limits.kms_per_second.unwrap_or(KMS_AT_MOST),
            Self::Reads => limits.reads_per_prefix,
            Self::Writes => limits.writes_per_prefix,
        };
        rate.max(0.0)
    }

    fn lane(self, clock: &Arc<dyn Clock>, ceiling: Ceiling) -> Lane {
        match self {
            Self::Objects => Lane::fixed(clock, ceiling),
            Self::Keys => Lane::believing(clock, ceiling),
            Self::Reads | Self::Writes => Lane::looking(clock, ceiling),
        }
    }
}

/// A share, and until when it is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// Of [`WHOLE`].
    pub(super) share: u32,
    /// On our clock's monotonic time.
    pub(super) until: Duration,
}

impl Grant {
    pub(super) const NONE: Self = Self { share: 0, until: Duration::ZERO };
    /// All of it, for good: on a single machine.
    pub(super) const ALL: Self = Self { share: WHOLE, until: Duration::MAX };
}

/// The lanes of one budget.
pub(crate) struct Hold {
    clock: Arc<dyn Clock>,
    /// Which budget of the fleet's it is, and who has it kept; `None` on a
    /// single machine.
    fleet: Option<(BudgetKey, Arc<Needs>)>,
    closing: Notify,
    state: Mutex<State>,
}

struct State {
    /// `None` until they are known: nothing is admitted before.
    limits: Option<PaceSettings>,
    lanes: Vec<(Kind, Arc<Lane>)>,
    grant: Grant,
    /// Whether somebody keeps its share alive, or was asked to.
    kept: bool,
    /// Requests that are being admitted right now.
    users: u32,
    used_at: Duration,
    measured_from: Duration,
    closed: bool,
}

/// A request that is being admitted: the budget isn't given up meanwhile.
pub(super) struct Using<'a>(&'a Hold);

impl Drop for Using<'_> {
    fn drop(&mut self) {
        let now = self.0.clock.monotonic();
        let mut state = self.0.state();
        state.users = state.users.saturating_sub(1);
        state.used_at = now;
    }
}

impl Hold {
    /// All of it, for good.
    pub(super) fn alone(clock: &Arc<dyn Clock>, limits: PaceSettings) -> Self {
        Self::new(clock, Some(limits), Grant::ALL, None)
    }

    /// Nothing, until its needs are met.
    pub(super) fn shared(
        key: BudgetKey,
        clock: &Arc<dyn Clock>,
        limits: Option<PaceSettings>,
        needs: Arc<Needs>,
    ) -> Self {
        Self::new(clock, limits, Grant::NONE, Some((key, needs)))
    }

    fn new(
        clock: &Arc<dyn Clock>,
        limits: Option<PaceSettings>,
        grant: Grant,
        fleet: Option<(BudgetKey, Arc<Needs>)>,
    ) -> Self {
        let now = clock.monotonic();
        let state = State {
            limits,
            lanes: Vec::new(),
            grant,
            kept: false,
            users: 0,
            used_at: now,
            measured_from: now,
            closed: false,
        };
        Self { clock: clock.clone(), fleet, closing: Notify::new(), state: Mutex::new(state) }
    }

    /// One more lane under this budget.
    pub(super) fn lane(&self, kind: Kind) -> Arc<Lane> {
        let mut state = self.state();
        let lane = Arc::new(kind.lane(&self.clock, state.ceiling(kind)));
        state.lanes.push((kind, lane.clone()));
        lane
    }

    /// Has the budget's share kept alive while the request waits and for some
    /// time after.
    pub(super) fn using(self: &Arc<Self>) -> Option<Using<'_>> {
        let (key, needs) = self.fleet.as_ref()?;
        let mut state = self.state();
        state.users += 1;
        let is_news = !std::mem::replace(&mut state.kept, true);
        drop(state);
        if is_news {
            needs.push(Need::Budget(key.clone(), self.clone()));
        }
        Some(Using(self))
    }

    pub(super) fn set_limits(&self, limits: PaceSettings) {
        let mut state = self.state();
        if state.limits != Some(limits) {
            state.limits = Some(limits);
            state.apply();
        }
    }

    pub(super) fn grant(&self, grant: Grant) {
        let mut state = self.state();
        if !state.closed {
            state.grant = grant;
            state.apply();
        }
    }

    /// Uses no more than this from now on, for no longer than before.
    pub(super) fn lower_to(&self, share: u32) {
        let mut state = self.state();
        if share < state.grant.share {
            state.grant.share = share;
            state.apply();
        }
    }

    /// What may be used now, of [`WHOLE`].
    pub(super) fn share(&self) -> u32 {
        let now = self.clock.monotonic();
        let Grant { share, until } = self.state().grant;
        if now < until { share } else { 0 }
    }

    /// What could be used, of [`WHOLE`], by what was used since
    /// [`Hold::measure_anew`].
    pub(super) fn want(&self) -> u32 {
        let now = self.clock.monotonic();
        let state = self.state();
        let interval = now.saturating_sub(state.measured_from);
        // Who has nothing can't have used anything.
        let has_none = state.grant.share == 0 || now >= state.grant.until || interval.is_zero();
        let Some(limits) = state.limits.filter(|_| !has_none) else { return WHOLE };
        let mut wanted = 0.0_f64;
        for (kind, lane) in &state.lanes {
            let used = lane.used();
            if used.waited >= interval.mul_f64(MOSTLY) {
                return WHOLE;
            }
            let rate = used.admitted as f64 / interval.as_secs_f64();
            wanted = wanted.max(HEADROOM * rate / kind.limit(&limits));
        }
        // Not a number where a limit is 0: then it is all of nothing.
        (wanted.min(1.0) * f64::from(WHOLE)).ceil() as u32
    }

    pub(super) fn measure_anew(&self) {
        let now = self.clock.monotonic();
        let mut state = self.state();
        state.measured_from = now;
        state.lanes.iter().for_each(|(_, lane)| lane.count_anew());
    }

    /// Uses nothing from now on, and never again.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.grant = Grant::NONE;
        state.apply();
        drop(state);
        self.closing.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Completes once it is closed; for one who waits.
    pub(super) async fn closed(&self) {
        self.closing.notified().await;
    }

    /// Whether its share shall be given up: it is closed, or nobody asked for
    /// anything for a while. Whoever asks from now on asks anew.
    pub(super) fn retires(&self) -> bool {
        let now = self.clock.monotonic();
        let mut state = self.state();
        let is_unused = state.users == 0 && now.saturating_sub(state.used_at) >= UNUSED;
        if !state.closed && !is_unused {
            return false;
        }
        state.kept = false;
        state.grant = Grant::NONE;
        state.apply();
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ceiling(&self, kind: Kind) -> Ceiling {
        let Grant { share, until } = self.grant;
        let rate = match (self.limits, share) {
            // Also where the limit is infinite.
            (None, _) | (_, 0) => 0.0,
            (Some(limits), WHOLE) => kind.limit(&limits),
            (Some(limits), share) => kind.limit(&limits) * f64::from(share) / f64::from(WHOLE),
        };
        Ceiling { rate, until }
    }

    fn apply(&self) {
        for (kind, lane) in &self.lanes {
            lane.set_ceiling(self.ceiling(*kind));
        }
    }
}
