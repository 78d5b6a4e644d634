//! Who has which share of a limit (I12).

use std::sync::Arc;
use std::time::Duration;

use reseal_core::ports::{Budget, BudgetKey, WHOLE};

use super::Judge;
use crate::wire::lock;

/// For how long a share is good after it was written: whoever has it may use
/// it for so long, whatever becomes of it in the ledger.
const GOOD_FOR: Duration = Duration::from_secs(20);

impl Judge {
    /// A budget was written: shares never add up to more than the whole, and
    /// nobody changes another's but to take back what isn't good any more.
    pub(crate) fn shared_out(
        &self,
        who: &Arc<str>,
        key: &BudgetKey,
        before: &Budget,
        after: &Budget,
    ) {
        let accuse = |what: &str| {
            let what = format!("{who} writes {key}: {what}: {before:?} became {after:?}");
            self.convict("I12", what);
        };
        if after.shared_out() > u64::from(WHOLE) {
            accuse("more than the whole");
        }
        let at = self.scene.clock.monotonic();
        let mine = format!("{who}+");
        for (name, member) in &after.members {
            if before.members.get(name) == Some(member) {
                continue;
            }
            if !name.as_str().starts_with(&mine) {
                accuse("another's share");
            }
            lock(&self.seen).shares.insert((key.to_string(), name.clone()), at);
        }
        let lost = before.members.keys().filter(|name| !after.members.contains_key(*name));
        for name in lost.filter(|name| !name.as_str().starts_with(&mine)) {
            let written = lock(&self.seen).shares.get(&(key.to_string(), name.clone())).copied();
            if written.is_some_and(|written| at < written + GOOD_FOR) {
                accuse("a share that is still good is taken back");
            }
        }
    }
}
