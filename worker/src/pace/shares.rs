//! What we may use of each budget just now, for whoever watches.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use reseal_core::ports::BudgetKey;

/// The shares of one engine, of [`reseal_core::ports::WHOLE`].
#[derive(Debug, Default)]
pub(crate) struct Shares(Mutex<BTreeMap<BudgetKey, u32>>);

impl Shares {
    pub(crate) fn read(&self) -> Vec<(BudgetKey, u32)> {
        let shares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shares.iter().map(|(key, share)| (key.clone(), *share)).collect()
    }

    pub(super) fn set(&self, key: &BudgetKey, share: u32) {
        let mut shares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shares.insert(key.clone(), share);
    }

    pub(super) fn forget(&self, key: &BudgetKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    pub(super) fn forget_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
