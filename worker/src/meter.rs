//! Live counts for whoever watches: never what a decision rests on.

use std::sync::atomic::{AtomicU64, Ordering};

use reseal_core::{Outcome, OutcomeRow, StoreErrorKind, Throttler};

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
}

impl MeterReading {
    /// Objects settled.
    #[must_use]
    pub fn settled(&self) -> u64 {
        self.re_encrypted + self.already_compliant + self.skipped + self.failed
    }
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
        }
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

    pub(crate) fn error(&self, kind: StoreErrorKind) {
        match kind {
            StoreErrorKind::Throttled(Throttler::ObjectStore) => add(&self.throttles, 1),
            StoreErrorKind::Throttled(Throttler::KeyService) => add(&self.key_throttles, 1),
            _ => {}
        }
    }

    pub(crate) fn hostile_message(&self) {
        add(&self.hostile_messages, 1);
    }

    pub(crate) fn foreign_message(&self) {
        add(&self.foreign_messages, 1);
    }
}

fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}
