//! Live counts for whoever watches: never what a decision on an object rests
//! on.
//!
//! Owns: the counters of one engine, its latencies, and how many chunks it
//! holds right now.
//! Never: waits, locks on the way of a request, or is read to judge what is
//! true; that is the ledger.
//! Next: `latency` for the histograms, `crate::metrics` for who reads them.

mod held;
mod latency;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reseal_core::ports::BudgetKey;
use reseal_core::{Outcome, OutcomeRow, StoreErrorKind, Throttler};

use crate::pace::Shares;
pub use held::Held;
use held::{Gauge, Hold};
use latency::Histogram;
pub(crate) use latency::RequestKind;
pub use latency::{HistogramReading, LATENCY_BOUNDS_MILLIS};

/// Counts of what this engine did since it started.
#[derive(Debug, Default)]
pub struct Meter {
    re_encrypted: AtomicU64,
    already_compliant: AtomicU64,
    skipped: AtomicU64,
    failed: AtomicU64,
    bytes: AtomicU64,
    requests: AtomicU64,
    throttles: AtomicU64,
    key_throttles: AtomicU64,
    hostile_messages: AtomicU64,
    foreign_messages: AtomicU64,
    pub(crate) shares: Shares,
    chunks_done: AtomicU64,
    chunks_quarantined: AtomicU64,
    chunks_released: AtomicU64,
    reads: Histogram,
    writes: Histogram,
    held: Gauge,
}

/// One reading of a [`Meter`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MeterReading {
    /// Objects brought to the target.
    pub re_encrypted: u64,
    /// Objects found at the target.
    pub already_compliant: u64,
    /// Objects left alone.
    pub skipped: u64,
    /// Objects not brought to the target.
    pub failed: u64,
    /// Bytes of re-encrypted objects.
    pub bytes: u64,
    /// Requests sent to S3.
    pub requests: u64,
    /// Answers of S3 that asked us to slow down.
    pub throttles: u64,
    /// Answers of KMS, through S3, that asked us to slow down.
    pub key_throttles: u64,
    /// Queue messages that weren't ours to follow.
    pub hostile_messages: u64,
    /// Messages of jobs that our connection doesn't reach.
    pub foreign_messages: u64,
    /// Chunks worked to their end.
    pub chunks_done: u64,
    /// Chunks given up, their rows accounted for.
    pub chunks_quarantined: u64,
    /// Chunks that were given back or lost before their end.
    pub chunks_released: u64,
    /// How long GET and HEAD took, from sending to the answer.
    pub reads: HistogramReading,
    /// How long PUT, COPY, POST and DELETE took, from sending to the answer.
    pub writes: HistogramReading,
}

impl MeterReading {
    /// Objects settled.
    #[must_use]
    pub fn settled(&self) -> u64 {
        self.re_encrypted + self.already_compliant + self.skipped + self.failed
    }

    /// What came on top of an earlier reading of the same meter.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let of = |count: fn(&Self) -> u64| count(self).saturating_sub(count(earlier));
        Self {
            re_encrypted: of(|r| r.re_encrypted),
            already_compliant: of(|r| r.already_compliant),
            skipped: of(|r| r.skipped),
            failed: of(|r| r.failed),
            bytes: of(|r| r.bytes),
            requests: of(|r| r.requests),
            throttles: of(|r| r.throttles),
            key_throttles: of(|r| r.key_throttles),
            hostile_messages: of(|r| r.hostile_messages),
            foreign_messages: of(|r| r.foreign_messages),
            chunks_done: of(|r| r.chunks_done),
            chunks_quarantined: of(|r| r.chunks_quarantined),
            chunks_released: of(|r| r.chunks_released),
            reads: self.reads.since(&earlier.reads),
            writes: self.writes.since(&earlier.writes),
        }
    }
}

/// How the hold on a chunk ended, as far as counts go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoldEnd {
    Done,
    Quarantined,
    Released,
}

impl Meter {
    /// Reads all counts.
    #[must_use]
    pub fn read(&self) -> MeterReading {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        MeterReading {
            re_encrypted: get(&self.re_encrypted),
            already_compliant: get(&self.already_compliant),
            skipped: get(&self.skipped),
            failed: get(&self.failed),
            bytes: get(&self.bytes),
            requests: get(&self.requests),
            throttles: get(&self.throttles),
            key_throttles: get(&self.key_throttles),
            hostile_messages: get(&self.hostile_messages),
            foreign_messages: get(&self.foreign_messages),
            chunks_done: get(&self.chunks_done),
            chunks_quarantined: get(&self.chunks_quarantined),
            chunks_released: get(&self.chunks_released),
            reads: self.reads.read(),
            writes: self.writes.read(),
        }
    }

    /// How many chunks are held, for whoever waits for a change.
    #[must_use]
    pub fn held(&self) -> Held {
        self.held.watch()
    }

    /// One more chunk is held, or about to be claimed.
    pub(crate) fn hold(&self) -> Hold<'_> {
        self.held.hold()
    }

    pub(crate) fn hold_ended(&self, end: HoldEnd) {
        let counter = match end {
            HoldEnd::Done => &self.chunks_done,
            HoldEnd::Quarantined => &self.chunks_quarantined,
            HoldEnd::Released => &self.chunks_released,
        };
        add(counter, 1);
    }

    /// What may be used of each budget just now, of [`WHOLE`]: nothing on a
    /// single machine, where budgets aren't shared.
    ///
    /// [`WHOLE`]: reseal_core::ports::WHOLE
    #[must_use]
    pub fn budget_shares(&self) -> Vec<(BudgetKey, u32)> {
        self.shares.read()
    }

    pub(crate) fn settled(&self, row: &OutcomeRow) {
        let counter = match row.outcome {
            Outcome::ReEncrypted => &self.re_encrypted,
            Outcome::AlreadyCompliant => &self.already_compliant,
            Outcome::Skipped(_) => &self.skipped,
            Outcome::Failed(_) => &self.failed,
        };
        add(counter, 1);
        if row.outcome == Outcome::ReEncrypted {
            add(&self.bytes, row.before.as_ref().map_or(0, |before| before.size));
        }
    }

    pub(crate) fn request(&self) {
        add(&self.requests, 1);
    }

    /// A request was answered, well or not, after so long.
    pub(crate) fn answered(&self, kind: RequestKind, took: Duration) {
        match kind {
            RequestKind::Read => self.reads.observe(took),
            RequestKind::Write => self.writes.observe(took),
        }
    }

    pub(crate) fn error(&self, kind: StoreErrorKind) {
        match kind {
            StoreErrorKind::Throttled(Throttler::ObjectStore) => add(&self.throttles, 1),
            StoreErrorKind::Throttled(Throttler::KeyService) => add(&self.key_throttles, 1),
            _ => {}
        }
    }

    pub(crate) fn foreign_message(&self) {
        add(&self.foreign_messages, 1);
    }

    pub(crate) fn hostile_message(&self) {
        add(&self.hostile_messages, 1);
    }
}

fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}
