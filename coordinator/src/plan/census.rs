//! Counting what would happen to objects, and what it would cost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reseal_core::{
    Action, Bill, BilledTerms, BucketName, Decision, FailReason, ObjectHead, Outcome, SkipReason,
    StorageClass,
};
use reseal_worker::Verdict;
use serde::Serialize;

use super::sample::Candidate;
use crate::cli::Limits;
use crate::hazards::Hazard;

/// Objects that share a fate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Group {
    pub(crate) bucket: BucketName,
    /// S3 Inventory's word, or `?` for what couldn't be looked at.
    pub(crate) encryption: &'static str,
    pub(crate) storage_class: String,
    pub(crate) decision: String,
}

/// How many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Count {
    pub(crate) objects: u64,
    pub(crate) bytes: u64,
}

impl Count {
    fn add(&mut self, bytes: u64, objects: u64) {
        self.objects = self.objects.saturating_add(objects);
        self.bytes = self.bytes.saturating_add(bytes.saturating_mul(objects));
    }
}

/// What was counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Census {
    groups: BTreeMap<Group, Count>,
    total: Count,
    acting: Count,
    /// Brought back from archives, for a later run to copy.
    restored: Count,
    copied_from_paying_classes: Count,
    need_a_look: u64,
    bill: Bill,
}

impl Census {
    /// Counts one object as often as it stands for others, which a copy would
    /// replace for good where it is backed up.
    pub(crate) fn count(&mut self, one: &Candidate, verdict: &Verdict, terms: &BilledTerms<'_>) {
        let Candidate { bucket, row, stands_for } = one;
        match verdict {
            Verdict::Decided(head, decision) => {
                self.decided(bucket, head, decision, terms, *stands_for);
            }
            Verdict::Ends(outcome, _) => {
                let class = row.storage_class.as_ref().map_or("?", |class| class.as_str());
                let size = row.size.unwrap_or(0);
                match outcome {
                    Outcome::Skipped(SkipReason::DeleteMarker) => {}
                    // Out of reach for now: by the time of the work it may not be.
                    Outcome::Failed(FailReason::Exhausted) => {
                        self.bill.failed_look(size, *stands_for);
                    }
                    // Whatever else ends it here ends it in the work as well.
                    Outcome::Failed(_)
                    | Outcome::Skipped(_)
                    | Outcome::ReEncrypted
                    | Outcome::AlreadyCompliant => {
                        self.bill.look(&StorageClass::standard(), size, *stands_for);
                    }
                }
                self.ends(bucket, class, "?", size, outcome, *stands_for);
            }
            // The caller stops at these; nothing was learnt of the object.
            Verdict::Blocked(_) => {}
        }
    }

    fn decided(
        &mut self,
        bucket: &BucketName,
        head: &ObjectHead,
        decision: &Decision,
        terms: &BilledTerms<'_>,
        objects: u64,
    ) {
        let class = &head.attributes.storage_class;
        let kind = head.encryption.kind();
        let action = match decision {
            Decision::AlreadyCompliant => {
                self.bill.look(class, head.size, objects);
                if terms.restated.marker {
                    self.bill.mark(class, objects);
                }
                let outcome = Outcome::AlreadyCompliant;
                return self.ends(bucket, class.as_str(), kind, head.size, &outcome, objects);
            }
            Decision::Skip(reason) => {
                self.bill.look(class, head.size, objects);
                let outcome = Outcome::Skipped(*reason);
                return self.ends(bucket, class.as_str(), kind, head.size, &outcome, objects);
            }
            Decision::Act(action) => action,
        };
        self.bill.look(class, head.size, objects);
        self.bill.action(action, head, terms, objects);
        if let Action::Restore(_) = action {
            self.restored.add(head.size, objects);
            self.need_a_look += objects;
        } else {
            self.acting.add(head.size, objects);
        }
        let moves = matches!(action, Action::Copy | Action::Multipart);
        if moves && class.charges_retrieval() {
            self.copied_from_paying_classes.add(head.size, objects);
        }
        let word = match action {
            Action::Update(_) => "update",
            Action::Copy => "copy",
            Action::Multipart => "multipart copy",
            Action::Restore(_) => "restore",
        };
        self.group(bucket, class.as_str(), kind, word.to_owned(), head.size, objects);
    }

    fn ends(
        &mut self,
        bucket: &BucketName,
        class: &str,
        encryption: &'static str,
        size: u64,
        outcome: &Outcome,
        objects: u64,
    ) {
        self.need_a_look += if outcome.needs_a_look() { objects } else { 0 };
        let decision = match outcome {
            Outcome::ReEncrypted | Outcome::AlreadyCompliant => "already compliant".to_owned(),
            Outcome::Skipped(reason) => format!("skip: {}", reason.word()),
            Outcome::Failed(reason) => format!("fail: {}", reason.word()),
        };
        self.group(bucket, class, encryption, decision, size, objects);
    }

    fn group(
        &mut self,
        bucket: &BucketName,
        class: &str,
        encryption: &'static str,
        decision: String,
        size: u64,
        objects: u64,
    ) {
        let group =
            Group { bucket: bucket.clone(), encryption, storage_class: class.to_owned(), decision };
        self.groups.entry(group).or_default().add(size, objects);
        self.total.add(size, objects);
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = (&Group, &Count)> {
        self.groups.iter()
    }

    /// All objects.
    pub(crate) fn total(&self) -> Count {
        self.total
    }

    /// Those that would be re-encrypted.
    pub(crate) fn acting(&self) -> Count {
        self.acting
    }

    pub(crate) fn bill(&self) -> &Bill {
        &self.bill
    }

    /// Jobs that S3 Batch Operations would take: one does one thing, to the
    /// objects of one bucket.
    pub(crate) fn batch_jobs(&self) -> u64 {
        let done = self.groups.keys().filter(|group| BATCH.contains(&group.decision.as_str()));
        let jobs: BTreeSet<_> = done.map(|group| (&group.bucket, &group.decision)).collect();
        jobs.len() as u64
    }

    /// Hazards that only the objects show.
    pub(crate) fn hazards(&self) -> Vec<Hazard> {
        let mut hazards = Vec::new();
        let Count { objects, bytes } = self.copied_from_paying_classes;
        if objects > 0 {
            hazards.push(Hazard::Retrieval { objects, bytes });
        }
        let Count { objects, bytes } = self.restored;
        if objects > 0 {
            hazards.push(Hazard::Restores { objects, bytes });
        }
        if self.need_a_look > 0 {
            hazards.push(Hazard::LeftBehind { objects: self.need_a_look });
        }
        hazards
    }

    /// No sooner than this, at the limits: whichever of them binds.
    pub(crate) fn duration(&self, limits: &Limits) -> Least {
        let sum = self.bill.sum();
        let requests = sum.reads + sum.writes;
        let in_flight = f64::from(limits.concurrency) / TYPICAL_LATENCY;
        let bound = |what, count: u64, rate: Option<f64>| {
            let per_second = rate.filter(|_| count > 0)?;
            Some(Least { what, count, per_second })
        };
        let bounds = [
            bound("requests in flight, 50 ms each", requests, Some(in_flight)),
            bound("writes at --rate-per-prefix", sum.writes, Some(limits.rate_per_prefix)),
            bound(
                "KMS requests at --kms-rate",
                sum.kms + sum.kms_through_bucket_keys,
                limits.kms_rate,
            ),
            bound("objects at --rate", self.total.objects, limits.rate),
        ];
        let longest = bounds
            .into_iter()
            .flatten()
            .max_by(|one, other| one.seconds().total_cmp(&other.seconds()));
        longest.unwrap_or(Least { what: "nothing to do", count: 0, per_second: 1.0 })
    }
}

/// What sets the time, with its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Least {
    pub(crate) what: &'static str,
    pub(crate) count: u64,
    pub(crate) per_second: f64,
}

impl Least {
    fn seconds(&self) -> f64 {
        self.count as f64 / self.per_second
    }

    pub(crate) fn duration(&self) -> Duration {
        Duration::try_from_secs_f64(self.seconds()).unwrap_or(Duration::MAX)
    }
}

/// What Batch Operations can do as well.
const BATCH: [&str; 3] = ["update", "copy", "restore"];

/// Seconds that a request takes from within the region, about.
const TYPICAL_LATENCY: f64 = 0.05;
