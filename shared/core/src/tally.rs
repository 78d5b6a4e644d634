//! Counts of outcomes, which must add up (I4).

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::{FailReason, Outcome, OutcomeRow, SkipReason};

/// How many objects ended how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct Tally {
    /// Objects brought to the target by this job.
    pub re_encrypted: u64,
    /// Bytes of those objects.
    pub re_encrypted_bytes: u64,
    /// Objects that were at the target already.
    pub already_compliant: u64,
    /// Objects left alone, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// Objects not brought to the target, by reason.
    pub failed: BTreeMap<FailReason, u64>,
    /// Of the re-encrypted ones, those that somebody edited while we worked.
    pub drifted: u64,
}

impl Tally {
    /// The tally of these rows.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a OutcomeRow>) -> Self {
        let mut tally = Self::default();
        for row in rows {
            tally.count(row);
        }
        tally
    }

    /// Counts one row.
    pub fn count(&mut self, row: &OutcomeRow) {
        self.drifted += u64::from(row.drift && !row.outcome.needs_a_look());
        match row.outcome {
            Outcome::ReEncrypted => {
                self.re_encrypted += 1;
                let seen = row.before.as_ref().or(row.after.as_ref());
                self.re_encrypted_bytes += seen.map_or(0, |s| s.size);
            }
            Outcome::AlreadyCompliant => self.already_compliant += 1,
            Outcome::Skipped(reason) => *self.skipped.entry(reason).or_default() += 1,
            Outcome::Failed(reason) => *self.failed.entry(reason).or_default() += 1,
        }
    }

    /// All objects counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.re_encrypted + self.already_compliant + self.skipped_total() + self.failed_total()
    }

    /// Objects left alone, for whatever reason.
    #[must_use]
    pub fn skipped_total(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// Objects that failed, for whatever reason.
    #[must_use]
    pub fn failed_total(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Objects that somebody should look at.
    #[must_use]
    pub fn needs_a_look(&self) -> u64 {
        let skipped: u64 = self
            .skipped
            .iter()
            .filter(|(reason, _)| !reason.is_benign())
            .map(|(_, count)| count)
            .sum();
        skipped + self.failed_total() + self.drifted
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        let Tally { re_encrypted, re_encrypted_bytes, already_compliant, skipped, failed, drifted } =
            other;
        self.drifted += drifted;
        self.re_encrypted += re_encrypted;
        self.re_encrypted_bytes += re_encrypted_bytes;
        self.already_compliant += already_compliant;
        for (reason, count) in skipped {
            *self.skipped.entry(*reason).or_default() += count;
        }
        for (reason, count) in failed {
            *self.failed.entry(*reason).or_default() += count;
        }
    }
}
