//! Watching other holders' leases: a takeover needs proof that nothing moved
//! for the lease's life and a margin, on our own clock.

use std::collections::BTreeMap;
use std::time::Duration;

use reseal_core::ports::{ChunkRecord, Claim};
use reseal_core::{ChunkId, Epoch, JobId};

use crate::LeaseSettings;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Sign {
    epoch: Epoch,
    renewals: u64,
}

/// What was last seen of chunks that others hold.
#[derive(Default)]
pub(crate) struct Watch {
    seen: BTreeMap<(JobId, ChunkId), (Sign, Duration)>,
}

/// What to do about a chunk that somebody holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its holder is dead by the rule.
    Claim(Claim),
    /// Look again after this long.
    Wait(Duration),
}

impl Watch {
    /// Judges a leased chunk as it is now.
    pub(crate) fn judge(
        &mut self,
        record: &ChunkRecord,
        lease: LeaseSettings,
        now: Duration,
    ) -> Verdict {
        let sign = Sign { epoch: record.epoch, renewals: record.renewals };
        let patience = lease.ttl + lease.margin;
        let key = (record.job.clone(), record.id);
        match self.seen.get(&key) {
            Some((seen, since)) if *seen == sign => {
                let still = now.saturating_sub(*since);
                if still < patience {
                    return Verdict::Wait(patience - still);
                }
                self.seen.remove(&key);
                Verdict::Claim(takeover(record))
            }
            _ => {
                self.seen.insert(key, (sign, now));
                Verdict::Wait(patience)
            }
        }
    }

    /// Nobody holds it any more.
    pub(crate) fn forget(&mut self, job: &JobId, chunk: ChunkId) {
        self.seen.remove(&(job.clone(), chunk));
    }
}

/// The grounds for taking over a chunk as it is now.
pub(crate) fn takeover(record: &ChunkRecord) -> Claim {
    let recorded = record.checkpoint.segments.iter().any(|s| s.epoch == record.epoch);
    Claim::Takeover { epoch: record.epoch, renewals: record.renewals, fruitless: !recorded }
}

#[cfg(test)]
mod tests {
    use reseal_testkit::build::{ChunkBuilder, job_id};

    use super::*;

    #[test]
    fn only_a_counter_that_stood_still_long_enough_lets_a_chunk_be_taken() {
        let lease = LeaseSettings::default();
        let patience = lease.ttl + lease.margin;
        let mut record = ChunkBuilder::new(&job_id("j"), 0, 0).build();
        record.epoch = Epoch(3);
        let mut watch = Watch::default();
        let at = Duration::from_secs;
        assert_eq!(watch.judge(&record, lease, at(0)), Verdict::Wait(patience));
        record.renewals = 1;
        assert_eq!(watch.judge(&record, lease, patience), Verdict::Wait(patience), "it moved");
        let still = watch.judge(&record, lease, patience + at(1));
        assert_eq!(still, Verdict::Wait(patience - at(1)));
        let taken = watch.judge(&record, lease, patience * 2);
        let grounds = Claim::Takeover { epoch: Epoch(3), renewals: 1, fruitless: true };
        assert_eq!(taken, Verdict::Claim(grounds));
    }
}
