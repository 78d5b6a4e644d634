//! Budgets and roster as one process reaches them.

use std::sync::Arc;

use async_trait::async_trait;
use reseal_core::ports::{
    Budget, BudgetKey, Budgets, JobLimits, LedgerError, Roster, Stewardship, WorkerBeat,
};
use reseal_core::{JobId, WorkerId};
use reseal_testkit::MemoryFleet;

use crate::wire::{Step, Wire};

pub(crate) struct WiredFleet {
    pub(crate) wire: Wire,
    pub(crate) inner: Arc<MemoryFleet>,
}

#[async_trait]
impl Budgets for WiredFleet {
    async fn budget(&self, key: &BudgetKey) -> Result<Budget, LedgerError> {
        self.wire.call(Step::BUDGET, key, self.inner.budget(key)).await
    }

    async fn set_budget(&self, key: &BudgetKey, budget: &Budget) -> Result<(), LedgerError> {
        let judge = &self.wire.net.judge;
        let effect = async {
            let before = self.inner.budget(key).await?;
            let set = self.inner.set_budget(key, budget).await;
            if set.is_ok() {
                judge.shared_out(&self.wire.who, key, &before, budget);
            }
            set
        };
        self.wire.call(Step::SET_BUDGET, key, effect).await
    }

    async fn limits(&self, job: &JobId) -> Result<Option<JobLimits>, LedgerError> {
        let effect = async {
            let limits = self.inner.limits(job).await;
            limits.map(|limits| limits.map(|limits| self.wire.net.judge.mutant().limits(limits)))
        };
        self.wire.call(Step::LIMITS, "", effect).await
    }

    async fn set_limits(&self, job: &JobId, limits: &JobLimits) -> Result<(), LedgerError> {
        self.wire.call(Step::SET_LIMITS, "", self.inner.set_limits(job, limits)).await
    }
}

#[async_trait]
impl Roster for WiredFleet {
    async fn beat(&self, beat: &WorkerBeat) -> Result<(), LedgerError> {
        self.wire.call(Step::BEAT, "", self.inner.beat(beat)).await
    }

    async fn workers(&self) -> Result<Vec<WorkerBeat>, LedgerError> {
        // Nobody but people asks.
        self.inner.workers().await
    }

    async fn steward(&self) -> Result<Stewardship, LedgerError> {
        self.wire.call(Step::STEWARD, "", self.inner.steward()).await
    }

    async fn take_office(&self, worker: &WorkerId, seen: u64) -> Result<(), LedgerError> {
        self.wire.call(Step::OFFICE, &seen, self.inner.take_office(worker, seen)).await
    }
}
