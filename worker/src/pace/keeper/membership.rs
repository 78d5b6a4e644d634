//! One budget that we use: joining it, renewing our share, leaving.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use reseal_core::WorkerId;
use reseal_core::ports::{Budget, BudgetKey, Budgets, LedgerError, LedgerErrorKind, WHOLE};

use super::super::hold::{Grant, Hold};
use super::super::rebalance::{Rebalanced, rebalance, without};
use super::{AGAIN, BEAT, HURRY, Keeper, LEAVE_TRIES, MARGIN, TICK, TTL};

pub(super) struct Membership<'a> {
    keeper: &'a Keeper<'a>,
    budgets: &'a dyn Budgets,
    key: BudgetKey,
    hold: Arc<Hold>,
    /// Another each time: what a namesake left behind isn't ours.
    me: WorkerId,
    others: Others,
    /// What we said last that we want.
    want: u32,
}

impl<'a> Membership<'a> {
    pub(super) fn new(
        keeper: &'a Keeper<'a>,
        budgets: &'a dyn Budgets,
        key: BudgetKey,
        hold: Arc<Hold>,
    ) -> Self {
        let nonce = keeper.ports.random.next_u64() >> 32;
        let me = WorkerId::new(format!("{}+{nonce:08x}", keeper.worker.as_str()));
        Self { keeper, budgets, key, hold, me, others: Others::default(), want: WHOLE }
    }

    /// Keeps our share until it isn't needed any more, then gives it up.
    pub(super) async fn keep(mut self) {
        while !self.hold.retires() {
            let pause = match self.renew().await {
                Ok(pause) => pause,
                Err(error) if error.kind == LedgerErrorKind::Conflict => AGAIN,
                Err(error) => {
                    let key = self.key.to_string();
                    tracing::debug!(budget = key, error = %error, "share not renewed, trying again");
                    HURRY
                }
            };
            self.wait(self.keeper.jittered(pause)).await;
        }
        self.keeper.shares.forget(&self.key);
        self.leave().await;
    }

    /// Waits that long, or until the share is too small, or not needed.
    async fn wait(&self, pause: Duration) {
        let clock = self.keeper.clock();
        let due = clock.monotonic() + pause;
        loop {
            self.keeper.shares.set(&self.key, self.hold.share());
            let left = due.saturating_sub(clock.monotonic());
            if left.is_zero() || self.hold.is_closed() {
                return;
            }
            tokio::select! {
                biased;
                () = self.hold.closed() => {}
                () = clock.sleep(left.min(TICK)) => {}
            }
            if self.want < WHOLE && self.hold.want() == WHOLE {
                return;
            }
        }
    }

    /// Renews our share at the size that is fair now; how long it is well so.
    async fn renew(&mut self) -> Result<Duration, LedgerError> {
        let (clock, key) = (self.keeper.clock(), &self.key);
        let asked_at = clock.monotonic();
        let budget = self.keeper.timely(self.budgets.budget(key)).await?;
        let gone = self.others.look(&budget, &self.me, asked_at, clock.monotonic());
        // Whatever we believe: what isn't on record isn't ours.
        self.hold.lower_to(budget.members.get(&self.me).map_or(0, |member| member.share));
        self.want = self.hold.want();
        let Rebalanced { budget, share, fair } = rebalance(&budget, &self.me, self.want, &gone);
        self.hold.lower_to(share);
        let began = clock.monotonic();
        self.keeper.timely(self.budgets.set_budget(key, &budget)).await?;
        self.hold.grant(Grant { share, until: began + TTL });
        self.hold.measure_anew();
        for name in gone {
            let (budget, member) = (key.to_string(), name.as_str());
            tracing::info!(budget, member, "share of a worker that is gone taken back");
        }
        Ok(if share < fair { HURRY } else { BEAT })
    }

    async fn leave(&self) {
        for _ in 0..LEAVE_TRIES {
            match self.strike_out().await {
                Ok(()) => return,
                Err(error) => {
                    let pause = if error.kind == LedgerErrorKind::Conflict { AGAIN } else { HURRY };
                    self.keeper.clock().sleep(self.keeper.jittered(pause)).await;
                }
            }
        }
    }

    async fn strike_out(&self) -> Result<(), LedgerError> {
        let key = &self.key;
        let budget = self.keeper.timely(self.budgets.budget(key)).await?;
        if !budget.members.contains_key(&self.me) {
            return Ok(());
        }
        let without = without(&budget, &self.me);
        self.keeper.timely(self.budgets.set_budget(key, &without)).await
    }
}

/// When the others last showed a sign of life, as far as we saw.
#[derive(Default)]
struct Others(BTreeMap<WorkerId, (u64, Duration)>);

impl Others {
    /// Those that stood still for long enough. What was read may be as old as
    /// the question, and what is seen first may be as new as the answer.
    fn look(
        &mut self,
        budget: &Budget,
        me: &WorkerId,
        asked_at: Duration,
        answered_at: Duration,
    ) -> BTreeSet<WorkerId> {
        let before = std::mem::take(&mut self.0);
        let mut gone = BTreeSet::new();
        for (name, member) in budget.members.iter().filter(|(name, _)| *name != me) {
            let since = match before.get(name) {
                Some((beat, since)) if *beat == member.beat => *since,
                _ => answered_at,
            };
            if asked_at.saturating_sub(since) >= TTL + MARGIN {
                gone.insert(name.clone());
            }
            self.0.insert(name.clone(), (member.beat, since));
        }
        gone
    }
}
