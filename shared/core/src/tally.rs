//! Counts of outcomes, which must add up (I4).

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::{FailReason, Outcome, OutcomeRow, SkipReason};

/// How many objects ended how. Counts saturate: a ledger or a report that
/// somebody else wrote must not wrap around to counts that add up.
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
                let size = seen.map_or(0, |s| s.size);
                self.re_encrypted_bytes = self.re_encrypted_bytes.saturating_add(size);
            }
            Outcome::AlreadyCompliant => self.already_compliant += 1,
            Outcome::Skipped(reason) => *self.skipped.entry(reason).or_default() += 1,
            Outcome::Failed(reason) => *self.failed.entry(reason).or_default() += 1,
        }
    }

    /// All objects counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        sum([self.re_encrypted, self.already_compliant, self.skipped_total(), self.failed_total()])
    }

    /// Objects left alone, for whatever reason.
    #[must_use]
    pub fn skipped_total(&self) -> u64 {
        sum(self.skipped.values().copied())
    }

    /// Objects that failed, for whatever reason.
    #[must_use]
    pub fn failed_total(&self) -> u64 {
        sum(self.failed.values().copied())
    }

    /// Objects that somebody should look at.
    #[must_use]
    pub fn needs_a_look(&self) -> u64 {
        let skipped = self.skipped.iter().filter(|(reason, _)| !reason.is_benign());
        let skipped = sum(skipped.map(|(_, count)| *count));
        sum([skipped, self.failed_total(), self.drifted])
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        let Tally { re_encrypted, re_encrypted_bytes, already_compliant, skipped, failed, drifted } =
            other;
        add(&mut self.drifted, *drifted);
        add(&mut self.re_encrypted, *re_encrypted);
        add(&mut self.re_encrypted_bytes, *re_encrypted_bytes);
        add(&mut self.already_compliant, *already_compliant);
        for (reason, count) in skipped {
            add(self.skipped.entry(*reason).or_default(), *count);
        }
        for (reason, count) in failed {
            add(self.failed.entry(*reason).or_default(), *count);
        }
    }
}

fn add(count: &mut u64, by: u64) {
    *count = count.saturating_add(by);
}

fn sum(counts: impl IntoIterator<Item = u64>) -> u64 {
    counts.into_iter().fold(0, u64::saturating_add)
}
