//! What a fleet keeps together, in memory: budgets, limits, the roster.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use reseal_core::ports::{
    Budget, BudgetKey, Budgets, JobLimits, LedgerError, Roster, Stewardship, WHOLE, WorkerBeat,
};
use reseal_core::{JobId, WorkerId};

use super::model::conflict;

/// Budgets and a roster that die with their owner. Share it in an `Arc`.
#[derive(Debug, Default)]
pub struct MemoryFleet(Mutex<Fleet>);

#[derive(Debug, Default)]
struct Fleet {
    budgets: BTreeMap<BudgetKey, Budget>,
    limits: BTreeMap<JobId, JobLimits>,
    workers: BTreeMap<WorkerId, WorkerBeat>,
    steward: Stewardship,
}

impl MemoryFleet {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn fleet(&self) -> MutexGuard<'_, Fleet> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Budgets for MemoryFleet {
    async fn budget(&self, key: &BudgetKey) -> Result<Budget, LedgerError> {
        Ok(self.fleet().budgets.get(key).cloned().unwrap_or_default())
    }

    async fn set_budget(&self, key: &BudgetKey, budget: &Budget) -> Result<(), LedgerError> {
        if budget.shared_out() > u64::from(WHOLE) {
            return Err(conflict(format!("budget {key} would be shared out beyond the whole")));
        }
        let mut fleet = self.fleet();
        let found = fleet.budgets.get(key).map_or(0, |found| found.revision);
        if found != budget.revision {
            return Err(conflict(format!("budget {key} has revision {found}")));
        }
        let next = Budget { revision: found + 1, members: budget.members.clone() };
        fleet.budgets.insert(key.clone(), next);
        Ok(())
    }

    async fn limits(&self, job: &JobId) -> Result<Option<JobLimits>, LedgerError> {
        Ok(self.fleet().limits.get(job).copied())
    }

    async fn set_limits(&self, job: &JobId, limits: &JobLimits) -> Result<(), LedgerError> {
        self.fleet().limits.insert(job.clone(), *limits);
        Ok(())
    }
}

#[async_trait]
impl Roster for MemoryFleet {
    async fn beat(&self, beat: &WorkerBeat) -> Result<(), LedgerError> {
        self.fleet().workers.insert(beat.worker.clone(), beat.clone());
        Ok(())
    }

    async fn workers(&self) -> Result<Vec<WorkerBeat>, LedgerError> {
        Ok(self.fleet().workers.values().cloned().collect())
    }

    async fn steward(&self) -> Result<Stewardship, LedgerError> {
        Ok(self.fleet().steward.clone())
    }

    async fn take_office(&self, worker: &WorkerId, seen: u64) -> Result<(), LedgerError> {
        let mut fleet = self.fleet();
        if fleet.steward.beat != seen {
            return Err(conflict(format!("the office's beat is {}", fleet.steward.beat)));
        }
        fleet.steward = Stewardship { holder: Some(worker.clone()), beat: seen + 1 };
        Ok(())
    }
}
