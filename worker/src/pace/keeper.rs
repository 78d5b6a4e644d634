//! Keeping our shares of the fleet's budgets alive and fair.
//!
//! The order of things is the safety of the whole (I12): less is used at once
//! and written then; more is written first, and used once that is known. What
//! isn't known counts as the smaller of both. A share is good for so long from
//! the *start* of the write that renewed it; the lanes themselves hold to that,
//! so that a keeper which is stuck lets nothing through.

mod membership;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use reseal_core::ports::{Budgets, Clock, JobLimits, LedgerError, LedgerErrorKind};
use reseal_core::{JobId, WorkerId};

use super::needs::Need;
use super::{Pacer, Pacers, Shares};
use crate::{PaceSettings, Ports};
use membership::Membership;

/// For how long a share is good after it was renewed.
const TTL: Duration = Duration::from_secs(20);
/// What others wait on top before they take the share of a member that shows
/// no sign of life: for clocks that run at unequal speed.
const MARGIN: Duration = Duration::from_secs(5);
/// How often a share is renewed: three times may fail.
const BEAT: Duration = Duration::from_secs(5);
/// How often while others have more than their fair part, or the ledger fails.
const HURRY: Duration = Duration::from_secs(1);
/// How long after somebody else wrote first.
const AGAIN: Duration = Duration::from_millis(50);
/// How often is looked whether a share is still needed, and large enough.
const TICK: Duration = Duration::from_secs(1);
/// A call that takes longer counts as of unknown outcome.
const PATIENCE: Duration = Duration::from_secs(4);
/// How often a job's limits are read again.
const LIMITS_EVERY: Duration = Duration::from_secs(5);
/// How often leaving a budget is tried. Whoever can't is missed after a while.
const LEAVE_TRIES: u32 = 5;
/// How long leaving them all may take.
const FAREWELL: Duration = Duration::from_secs(3);

/// Keeps the shares of one engine.
pub(crate) struct Keeper<'a> {
    pub(crate) pacers: &'a Pacers,
    pub(crate) ports: &'a Ports,
    pub(crate) worker: &'a WorkerId,
    pub(crate) shares: &'a Shares,
}

impl Keeper<'_> {
    /// Meets whatever needs come up; on a single machine there are none.
    /// Returns once the pacers are closed and every budget is left, or that
    /// took too long.
    pub(crate) async fn run(&self) {
        let mut closing = pin!(self.closing());
        tokio::select! {
            biased;
            () = self.meet_needs() => {}
            () = &mut closing => {}
        }
        self.shares.forget_all();
    }

    async fn meet_needs(&self) {
        let (Some(needs), Some(budgets)) = (self.pacers.needs(), self.ports.budgets.as_deref())
        else {
            return std::future::pending().await;
        };
        let mut kept = FuturesUnordered::new();
        loop {
            kept.extend(needs.take().into_iter().map(|need| self.meet(need, budgets)));
            if self.pacers.is_closed() && kept.is_empty() {
                return;
            }
            tokio::select! {
                biased;
                () = needs.more() => {}
                Some(()) = kept.next() => {}
            }
        }
    }

    /// Completes some time after the pacers were closed.
    async fn closing(&self) {
        self.pacers.closed().await;
        if self.pacers.needs().is_some() {
            self.clock().sleep(FAREWELL).await;
        }
    }

    async fn meet(&self, need: Need, budgets: &dyn Budgets) {
        match need {
            Need::Job(job, pacer) => self.follow_limits(&job, &pacer, budgets).await,
            Need::Budget(key, hold) => Membership::new(self, budgets, key, hold).keep().await,
        }
    }

    /// Reads the job's limits, again and again, until its last chunk is gone.
    async fn follow_limits(&self, job: &JobId, pacer: &Arc<Pacer>, budgets: &dyn Budgets) {
        let mut read_at = None;
        while !self.pacers.dismiss(job, pacer) {
            let now = self.clock().monotonic();
            if read_at.is_none_or(|at| now.saturating_sub(at) >= LIMITS_EVERY) {
                match self.timely(budgets.limits(job)).await {
                    Ok(limits) => {
                        read_at = Some(now);
                        pacer.set_limits(self.limits(limits));
                    }
                    Err(error) => {
                        tracing::warn!(job = %job, error = %error, "the job's limits can't be read, trying again");
                    }
                }
            }
            tokio::select! {
                biased;
                () = self.pacers.closed() => {}
                () = self.clock().sleep(TICK) => {}
            }
        }
    }

    fn limits(&self, limits: Option<JobLimits>) -> PaceSettings {
        let Some(limits) = limits else { return self.pacers.settings() };
        let JobLimits {
            objects_per_second,
            writes_per_prefix,
            reads_per_prefix,
            kms_per_second,
            failed_share: _,
        } = limits;
        PaceSettings { objects_per_second, writes_per_prefix, reads_per_prefix, kms_per_second }
    }

    /// A call that is given up when it takes too long.
    async fn timely<T>(
        &self,
        call: impl Future<Output = Result<T, LedgerError>>,
    ) -> Result<T, LedgerError> {
        tokio::select! {
            biased;
            result = call => result,
            () = self.clock().sleep(PATIENCE) => {
                Err(LedgerError::new(LedgerErrorKind::Ambiguous, "no answer in time"))
            }
        }
    }

    /// From half of this up to all of it, so that members don't keep step.
    fn jittered(&self, pause: Duration) -> Duration {
        let share = (self.ports.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        pause.mul_f64(0.5 + share / 2.0)
    }

    fn clock(&self) -> &dyn Clock {
        self.ports.clock.as_ref()
    }
}
