//! The round of every day, or as told: the estate as it is, whatever events said or didn't.

use std::time::Duration;

use reseal_core::BucketName;
use tracing::{info, warn};

use super::look::Looked;
use super::{Server, Trouble, shown};
use crate::cli::InventoryDeed;
use crate::exit::CommandError;
use crate::inventory::own_buckets;
use crate::serve::{Deed, Setup, Tagged, decide};

/// Before a round is repeated in which something was put off; doubled each
/// time.
const SOON: Duration = Duration::from_secs(5 * 60);

/// When the next round is due, in monotonic time.
#[derive(Debug)]
pub(super) struct Schedule {
    /// The pause after a whole round.
    every: Duration,
    next: Duration,
    rounds: u64,
    /// Rounds in a row in which something was put off.
    unfinished: u32,
}

impl Schedule {
    /// One whose first round is due at once.
    pub(super) fn new(every: Duration) -> Self {
        Self { every, next: Duration::ZERO, rounds: 0, unfinished: 0 }
    }

    pub(super) fn is_first(&self) -> bool {
        self.rounds == 0
    }

    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.rounds == 0 || now >= self.next
    }

    /// How long it is until then.
    pub(super) fn until(&self, now: Duration) -> Duration {
        self.next.saturating_sub(now)
    }

    pub(super) fn ended(&mut self, now: Duration, whole: bool) {
        self.rounds += 1;
        let pause = match whole {
            true => self.every,
            false => SOON.saturating_mul(1 << self.unfinished.min(10)).min(self.every),
        };
        self.unfinished = if whole { 0 } else { self.unfinished.saturating_add(1) };
        self.next = now.saturating_add(pause);
    }
}

impl Server<'_> {
    /// Every bucket of the account in this region; whether nothing was put off.
    ///
    /// # Errors
    /// When the buckets can't be listed.
    pub(super) async fn round(&self) -> Result<bool, CommandError> {
        let buckets = self.own_buckets().await?;
        let (mut whole, mut looked) = (true, Vec::new());
        for bucket in buckets {
            if self.surroundings.stop.is_asked() {
                return Ok(false);
            }
            match self.facts(&bucket).await {
                Ok(facts) => looked.push((bucket, facts)),
                Err(trouble) => whole &= put_off(&bucket, trouble),
            }
        }
        whole &= self.enable_all(&looked).await;
        let count = looked.len();
        let more = |deeds: Vec<Deed<_>>| deeds.iter().any(|deed| !matches!(deed, Deed::Enable));
        for (bucket, facts) in looked {
            if self.surroundings.stop.is_asked() {
                return Ok(false);
            }
            if !more(decide(facts)) {
                continue;
            }
            // Looked at once more: handing out the job of the bucket before it
            // may have taken hours, and its owner may have taken the tag away.
            match self.look(&bucket).await {
                Ok(done) => info!(%bucket, %done, "a round"),
                Err(trouble) => whole &= put_off(&bucket, trouble),
            }
        }
        info!(buckets = count, whole, "a round ended");
        Ok(whole)
    }

    /// All at once, those too that have their configuration: so that the
    /// destination's policy is written once, and mended where somebody's
    /// change took one of them out.
    async fn enable_all(&self, looked: &[(BucketName, Looked)]) -> bool {
        let wanted = looked.iter().filter(|(_, facts)| {
            let tagged = facts.tagged == Tagged::Yes && !facts.is_destination;
            tagged && matches!(facts.setup, Setup::None | Setup::Wanted)
        });
        let wanted: Vec<_> = wanted.map(|(bucket, facts)| (bucket.clone(), facts.setup)).collect();
        if wanted.is_empty() {
            return true;
        }
        let all = wanted.iter().map(|(bucket, _)| bucket.clone()).collect();
        let error = match self.inventory(all, self.enable()).await {
            Ok(()) => return true,
            Err(Trouble::Stopped) => return false,
            Err(Trouble::Later(error)) => error,
        };
        warn!(error = %shown(&error.to_string()), "not all buckets at once: one by one");
        let mut whole = true;
        for (bucket, _) in wanted.iter().filter(|(_, setup)| *setup == Setup::None) {
            if let Err(trouble) = self.inventory(vec![bucket.clone()], self.enable()).await {
                whole &= put_off(bucket, trouble);
            }
        }
        whole
    }

    pub(super) fn enable(&self) -> InventoryDeed {
        InventoryDeed::Enable { reports: self.request.reports.clone(), replace: false }
    }

    async fn own_buckets(&self) -> Result<Vec<BucketName>, CommandError> {
        let (cloud, inventories) = (&self.ports.cloud, &self.ports.inventories);
        let found = own_buckets(inventories.as_ref(), &cloud.region, cloud.patience()).await;
        found.map(|found| found.buckets).map_err(|error| {
            CommandError::refused(format!("--bucket-tag: the buckets can't be listed: {error}"))
        })
    }
}

/// Says why; false, for the round isn't whole.
fn put_off(bucket: &BucketName, trouble: Trouble) -> bool {
    if let Trouble::Later(error) = trouble {
        warn!(%bucket, error = %shown(&error.to_string()), "put off");
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_comes_at_once_then_daily_and_sooner_where_something_was_put_off() {
        let hour = Duration::from_secs(3600);
        let mut schedule = Schedule::new(hour * 24);
        assert!(schedule.is_first() && schedule.is_due(Duration::ZERO));
        schedule.ended(hour, true);
        assert!(!schedule.is_first() && !schedule.is_due(hour * 24));
        assert_eq!(schedule.until(hour * 24), hour);
        assert!(schedule.is_due(hour * 25));
        let mut pauses = Vec::new();
        for _ in 0..12 {
            schedule.ended(hour, false);
            pauses.push(schedule.until(hour).as_secs() / 60);
        }
        assert_eq!(pauses[..4], [5, 10, 20, 40]);
        assert_eq!(pauses[11], 24 * 60);
        schedule.ended(hour, true);
        schedule.ended(hour, false);
        assert_eq!(schedule.until(hour), SOON);
        let mut often = Schedule::new(SOON / 5);
        often.ended(hour, false);
        assert_eq!(often.until(hour), SOON / 5, "never later than where all is well");
    }
}
