//! Limits that a fleet keeps together, leased to its workers in shares.
//!
//! A budget is divided into [`WHOLE`] parts. Each worker that uses it holds a
//! share, and no write ever makes the shares add up to more than the whole: so
//! the limit holds through scale-out, restarts and partitions. A worker gives
//! up a share by using less first and writing it then; it takes more by
//! writing first and using it then. Who can't renew for a lease's time uses
//! nothing more, and who watched a share stand still for that time and a
//! margin, on its own monotonic clock, may drop it. No wall clock is compared.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::LedgerError;
use crate::{BucketName, JobId, WorkerId};

/// All of a budget.
pub const WHOLE: u32 = 1_000_000;

/// What is shared out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BudgetKey {
    /// A job's objects per second, and its KMS requests per second.
    Job(JobId),
    /// A job's requests per second to one bucket, by prefix group and direction.
    Bucket(JobId, BucketName),
}

impl fmt::Display for BudgetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(job) => write!(f, "{job}"),
            Self::Bucket(job, bucket) => write!(f, "{job}/{bucket}"),
        }
    }
}

/// One worker's part in a budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// What it may use, of [`WHOLE`].
    pub share: u32,
    /// What it could use, of [`WHOLE`].
    pub want: u32,
    /// Counts its signs of life.
    pub beat: u64,
}

/// A budget as the ledger holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Counts its writes; 0 while nobody wrote one.
    pub revision: u64,
    /// Who uses it.
    pub members: BTreeMap<WorkerId, Member>,
}

impl Budget {
    /// What all members may use together.
    #[must_use]
    pub fn shared_out(&self) -> u64 {
        self.members.values().map(|member| u64::from(member.share)).sum()
    }
}

/// A job's limits: unlike its specification they may change while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobLimits {
    /// Objects per second; `None` for no limit but the ones below.
    pub objects_per_second: Option<f64>,
    /// Write requests per second and prefix group of a bucket.
    pub writes_per_prefix: f64,
    /// Read requests per second and prefix group of a bucket.
    pub reads_per_prefix: f64,
    /// KMS requests per second; `None` for no limit of ours.
    pub kms_per_second: Option<f64>,
    /// The share of settled objects that may fail, from 0 to 1, before the job
    /// pauses.
    pub failed_share: f64,
}

/// Budgets and limits, durably, for a fleet. Errors mean what the ledger's do;
/// the caller retries.
#[async_trait]
pub trait Budgets: Send + Sync {
    /// Keyed read; an empty budget where there is none.
    async fn budget(&self, key: &BudgetKey) -> Result<Budget, LedgerError>;

    /// Conditional write: the budget still has the revision that `budget`
    /// carries, which goes up by one. Conflict when it hasn't, and for shares
    /// that add up to more than [`WHOLE`].
    async fn set_budget(&self, key: &BudgetKey, budget: &Budget) -> Result<(), LedgerError>;

    /// Keyed read; `None` for a job that nobody set limits for.
    async fn limits(&self, job: &JobId) -> Result<Option<JobLimits>, LedgerError>;

    /// Write: the last one stands.
    async fn set_limits(&self, job: &JobId, limits: &JobLimits) -> Result<(), LedgerError>;
}
