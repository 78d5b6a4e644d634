//! What the pacers need and the keeper hasn't heard of yet.

use std::sync::{Arc, Mutex, PoisonError};

use reseal_core::JobId;
use reseal_core::ports::BudgetKey;
use tokio::sync::Notify;

use super::{Hold, Pacer};

/// Something to look after from now on.
pub(super) enum Need {
    /// A job's limits, as long as chunks of it are held.
    Job(JobId, Arc<Pacer>),
    /// A share of a budget.
    Budget(BudgetKey, Arc<Hold>),
}

/// A list that somebody waits for.
#[derive(Default)]
pub(crate) struct Needs {
    news: Mutex<Vec<Need>>,
    more: Notify,
}

impl Needs {
    pub(super) fn push(&self, need: Need) {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).push(need);
        self.more.notify_one();
    }

    /// Wakes whoever waits, with nothing new.
    pub(super) fn wake(&self) {
        self.more.notify_one();
    }

    pub(super) fn take(&self) -> Vec<Need> {
        std::mem::take(&mut *self.news.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until there may be more.
    pub(super) async fn more(&self) {
        self.more.notified().await;
    }
}
