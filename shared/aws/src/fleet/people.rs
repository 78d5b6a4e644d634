//! What a fleet keeps together, in the ledger's table: budgets, limits, the
//! roster.

use async_trait::async_trait;
use reseal_core::ports::{
    Budget, BudgetKey, Budgets, JobLimits, LedgerError, LedgerErrorKind, Roster, Stewardship,
    WHOLE, WorkerBeat,
};
use reseal_core::{JobId, WorkerId};

use super::item::{number, packed, text};
use super::ledger::DynamoLedger;
use super::table::{Key, Range, Write};

/// How long a worker is remembered after its last sign of life, in seconds.
const REMEMBERED: i64 = 24 * 3600;
/// The partition of the roster: apart from what is read often.
const WORKERS: &str = "workers";

fn budget_key(key: &BudgetKey) -> Key {
    Key::new(format!("b#{key}"), "members")
}

fn limits_key(job: &JobId) -> Key {
    Key::new(format!("j#{job}"), "limits")
}

fn office() -> Key {
    Key::new("fleet", "steward")
}

#[async_trait]
impl Budgets for DynamoLedger {
    async fn budget(&self, key: &BudgetKey) -> Result<Budget, LedgerError> {
        match self.table.get(budget_key(key)).await? {
            None => Ok(Budget::default()),
            Some(item) => Ok(Budget {
                revision: item.number("revision")?,
                members: item.unpacked("members")?,
            }),
        }
    }

    async fn set_budget(&self, key: &BudgetKey, budget: &Budget) -> Result<(), LedgerError> {
        if budget.shared_out() > u64::from(WHOLE) {
            let what = format!("budget {key} would be shared out beyond the whole");
            return Err(LedgerError::new(LedgerErrorKind::Conflict, what));
        }
        let condition =
            if budget.revision == 0 { "attribute_not_exists(pk)" } else { "revision = :revision" };
        let mut values =
            vec![(":members", packed(&budget.members)?), (":next", number(budget.revision + 1))];
        if budget.revision > 0 {
            values.push((":revision", number(budget.revision)));
        }
        self.table
            .update(Write {
                key: budget_key(key),
                change: "SET members = :members, revision = :next",
                condition: Some(condition),
                values,
                names: Vec::new(),
            })
            .await
    }

    async fn limits(&self, job: &JobId) -> Result<Option<JobLimits>, LedgerError> {
        match self.table.get(limits_key(job)).await? {
            Some(item) => item.unpacked("limits").map(Some),
            None => Ok(None),
        }
    }

    async fn set_limits(&self, job: &JobId, limits: &JobLimits) -> Result<(), LedgerError> {
        self.table.put(limits_key(job), vec![("limits", packed(limits)?)]).await
    }
}

#[async_trait]
impl Roster for DynamoLedger {
    async fn beat(&self, beat: &WorkerBeat) -> Result<(), LedgerError> {
        let expires = beat.seen_at.as_secs() + REMEMBERED;
        let said = vec![("said", packed(beat)?), ("expires", number(expires))];
        self.table.put(Key::new(WORKERS, beat.worker.as_str()), said).await
    }

    async fn workers(&self) -> Result<Vec<WorkerBeat>, LedgerError> {
        let items = self.table.query(Range::of(WORKERS)).await?;
        items.iter().map(|item| item.unpacked("said")).collect()
    }

    async fn steward(&self) -> Result<Stewardship, LedgerError> {
        match self.table.get(office()).await? {
            None => Ok(Stewardship::default()),
            Some(item) => Ok(Stewardship {
                holder: item.text_if_there("holder")?.map(WorkerId::new),
                beat: item.number("beat")?,
            }),
        }
    }

    async fn take_office(&self, worker: &WorkerId, seen: u64) -> Result<(), LedgerError> {
        let condition = if seen == 0 { "attribute_not_exists(pk)" } else { "beat = :seen" };
        let mut values = vec![(":holder", text(worker.as_str())), (":next", number(seen + 1))];
        if seen > 0 {
            values.push((":seen", number(seen)));
        }
        self.table
            .update(Write {
                key: office(),
                change: "SET holder = :holder, beat = :next",
                condition: Some(condition),
                values,
                names: Vec::new(),
            })
            .await
    }
}
