//! Budgets as one worker sees them: cut off for a while, or shaky all along.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reseal_core::JobId;
use reseal_core::ports::{
    Budget, BudgetKey, Budgets, Clock, JobLimits, LedgerError, LedgerErrorKind, Random,
};
use reseal_testkit::MemoryFleet;

/// What becomes of a worker's calls meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Unavailable,
    /// No answer, ever.
    Hangs,
    /// Writes take effect, and nobody hears of it.
    LosesReplies,
    /// Writes take effect at once, and their replies are long on their way.
    LateReplies,
}

pub(super) struct CutOff {
    pub(super) inner: Arc<MemoryFleet>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    pub(super) fault: Option<(Duration, Duration, Fault)>,
    /// How often a call fails at any time, in one of all ways.
    pub(super) shaky: f64,
}

impl CutOff {
    async fn call<T>(
        &self,
        is_write: bool,
        call: impl Future<Output = Result<T, LedgerError>>,
    ) -> Result<T, LedgerError> {
        let error = |kind| LedgerError::new(kind, "injected");
        // As long as a call takes, so that others come in between.
        self.clock.sleep(Duration::from_millis(1 + self.random.next_u64() % 20)).await;
        let now = self.clock.monotonic();
        let fault = self.fault.filter(|(from, to, _)| now >= *from && now < *to);
        let roll = (self.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let result = match (fault, roll < self.shaky) {
            (Some((_, _, Fault::Unavailable)), _) => {
                return Err(error(LedgerErrorKind::Unavailable));
            }
            (Some((_, to, Fault::Hangs)), _) => {
                self.clock.sleep(to.saturating_sub(now) + Duration::from_secs(3_600)).await;
                return Err(error(LedgerErrorKind::Unavailable));
            }
            (Some((_, _, Fault::LosesReplies)), _) if is_write => {
                call.await?;
                Err(error(LedgerErrorKind::Ambiguous))
            }
            (Some((_, _, Fault::LateReplies)), _) if is_write => {
                let result = call.await;
                self.clock.sleep(Duration::from_millis(3_500)).await;
                result
            }
            (_, true) => match self.random.next_u64() % 4 {
                0 => return Err(error(LedgerErrorKind::Throttled)),
                1 if is_write => {
                    call.await?;
                    Err(error(LedgerErrorKind::Ambiguous))
                }
                // Late: up to a second before it arrives, and as long back.
                2 => {
                    let late = Duration::from_millis(self.random.next_u64() % 6_000);
                    self.clock.sleep(late).await;
                    let result = call.await;
                    self.clock.sleep(late).await;
                    result
                }
                _ => return Err(error(LedgerErrorKind::Unavailable)),
            },
            _ => call.await,
        };
        self.clock.sleep(Duration::from_millis(self.random.next_u64() % 20)).await;
        result
    }
}

#[async_trait]
impl Budgets for CutOff {
    async fn budget(&self, key: &BudgetKey) -> Result<Budget, LedgerError> {
        self.call(false, self.inner.budget(key)).await
    }

    async fn set_budget(&self, key: &BudgetKey, budget: &Budget) -> Result<(), LedgerError> {
        self.call(true, self.inner.set_budget(key, budget)).await
    }

    async fn limits(&self, job: &JobId) -> Result<Option<JobLimits>, LedgerError> {
        self.call(false, self.inner.limits(job)).await
    }

    async fn set_limits(&self, job: &JobId, limits: &JobLimits) -> Result<(), LedgerError> {
        self.call(true, self.inner.set_limits(job, limits)).await
    }
}
