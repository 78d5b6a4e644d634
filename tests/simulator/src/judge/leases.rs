//! Who may write to the ledger, and what of it must stay (I3, I4, I11, I18).

use std::sync::Arc;

use futures_util::FutureExt as _;
use reseal_core::ports::{ChunkRecord, Lease, Ledger as _};
use reseal_core::{Checkpoint, ChunkId, ChunkState};

use super::{Held, Judge, Scene};
use crate::node::CHUNK_TRIES;
use crate::wire::{Step, lock};

impl Judge {
    /// Whether the lease is the one that the ledger knows, at this instant.
    pub(crate) fn holds(&self, lease: &Lease) -> Held {
        let record = self.chunk(lease.chunk);
        Held(record.is_some_and(|record| {
            record.state == ChunkState::Leased && record.epoch == lease.epoch
        }))
    }

    /// A write of a lease's holder was taken.
    pub(crate) fn wrote(&self, who: &Arc<str>, step: Step, lease: &Lease, held: Held) {
        let Lease { chunk, epoch, .. } = lease;
        if !held.0 {
            self.convict(
                "I11",
                format!("{who} {} {chunk} at {epoch:?}: not its any more", step.name),
            );
        }
        let at = self.scene.clock.monotonic();
        let mut seen = lock(&self.seen);
        if step == Step::RENEW {
            seen.leases.insert((who.clone(), *chunk), (*epoch, at));
            seen.signs.insert(*chunk, at);
        }
        drop(seen);
        if step == Step::QUARANTINE {
            self.may_be_given_up(who, *chunk);
        }
        if matches!(step, Step::COMPLETE | Step::QUARANTINE) {
            self.counters_agree();
        }
    }

    /// Only a damaged chunk, after as many tries as it has.
    fn may_be_given_up(&self, who: &Arc<str>, chunk: ChunkId) {
        let tries = self.chunk(chunk).map_or(0, |record| record.attempts + 1);
        if !self.scene.plan.damages() || tries < CHUNK_TRIES {
            self.convict("I18", format!("{who} gave {chunk} up after {tries} tries"));
        }
    }

    /// Just before a checkpoint is written: what is settled stays so (I3).
    pub(crate) fn records(&self, lease: &Lease, checkpoint: &Checkpoint) {
        let Some(record) = self.chunk(lease.chunk).filter(|record| record.epoch == lease.epoch)
        else {
            return;
        };
        let rows = 0..record.checkpoint.settled.len();
        let lost = rows
            .filter(|row| record.checkpoint.settled.contains(*row))
            .find(|row| !checkpoint.settled.contains(*row));
        if let Some(row) = lost {
            self.convict("I3", format!("row {row} of {} isn't settled any more", lease.chunk));
        }
        if !checkpoint.adds_up() {
            self.convict("I4", format!("{} is recorded as {checkpoint:?}", lease.chunk));
        }
    }

    /// Whoever wrote this checkpoint was told that it is on record.
    pub(crate) fn recorded(&self, chunk: ChunkId, checkpoint: &Checkpoint) {
        let rows = 0..checkpoint.settled.len();
        let settled = rows.filter(|row| checkpoint.settled.contains(*row));
        lock(&self.seen).recorded.extend(settled.map(|row| (chunk, row)));
    }

    /// A chunk is about to be completed. The ledger refuses what isn't whole,
    /// but nobody should need that.
    pub(crate) fn completes(&self, lease: &Lease, checkpoint: &Checkpoint) {
        self.records(lease, checkpoint);
        if checkpoint.settled.count() != checkpoint.settled.len() {
            self.convict("I3", format!("{} is completed as {checkpoint:?}", lease.chunk));
        }
    }

    /// The job's counters are the sum of its ended chunks' (I4).
    fn counters_agree(&self) {
        let Scene { ledger, job, .. } = &self.scene;
        let tallies = ledger.tallies(job).now_or_never().expect("in memory");
        let (chunks, tallies) = (self.chunks(), tallies.expect("never fails"));
        let ended = chunks.iter().filter(|chunk| has_ended(chunk));
        let of_chunks: u64 = ended.map(|chunk| chunk.checkpoint.tally.total()).sum();
        let of_job: u64 = tallies.values().map(reseal_core::Tally::total).sum();
        if of_chunks != of_job {
            self.convict("I4", format!("the chunks count {of_chunks}, the job {of_job}"));
        }
    }

    /// A chunk was claimed.
    pub(crate) fn claimed(&self, who: &Arc<str>, lease: &Lease, before: &ChunkRecord) {
        let at = self.scene.clock.monotonic();
        if has_ended(before) {
            self.convict(
                "I3",
                format!("{who} claimed {}, which is {:?}", lease.chunk, before.state),
            );
        }
        let mut seen = lock(&self.seen);
        let sign = seen.signs.insert(lease.chunk, at);
        seen.leases.insert((who.clone(), lease.chunk), (lease.epoch, at));
        drop(seen);
        if before.state == ChunkState::Leased
            && sign.is_some_and(|sign| at < sign + self.scene.plan.lease)
        {
            let what = format!("{who} took {} over from a living holder", lease.chunk);
            self.convict("I11", what);
        }
    }
}

fn has_ended(chunk: &ChunkRecord) -> bool {
    matches!(chunk.state, ChunkState::Done | ChunkState::Quarantined)
}
