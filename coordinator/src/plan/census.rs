//! Counting what would happen to objects, and what it would cost.

use std::collections::BTreeMap;
use std::time::Duration;

use reseal_core::{
    Action, BucketName, Decision, ObjectHead, Outcome, RequestCounts, Restated, SkipReason,
    SourceRow, Target,
};
use reseal_worker::Verdict;
use serde::Serialize;

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
    fn add(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes += bytes;
    }

    fn scale(self, by: f64) -> Self {
        Self { objects: scale(self.objects, by), bytes: scale(self.bytes, by) }
    }
}

fn scale(count: u64, by: f64) -> u64 {
    (count as f64 * by).round() as u64
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
    requests: RequestCounts,
}

/// What a job does with every object alike, as far as it costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work<'a> {
    pub(crate) target: &'a Target,
    /// What a copy replaces is copied elsewhere first.
    pub(crate) backed_up: bool,
    pub(crate) restated: Restated,
}

impl Census {
    /// Counts one object, which a copy would replace for good where it is
    /// backed up.
    pub(crate) fn count(
        &mut self,
        bucket: &BucketName,
        row: &SourceRow,
        verdict: &Verdict,
        work: &Work<'_>,
    ) {
        match verdict {
            Verdict::Decided(head, decision) => {
                self.decided(bucket, head, decision, work);
            }
            Verdict::Ends(outcome, _) => {
                let class = row.storage_class.as_ref().map_or("?", |class| class.as_str());
                self.ends(bucket, class, "?", row.size.unwrap_or(0), outcome);
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
        work: &Work<'_>,
    ) {
        let Work { target, backed_up, restated } = *work;
        let class = &head.attributes.storage_class;
        let kind = head.encryption.kind();
        let action = match decision {
            Decision::AlreadyCompliant => {
                // It may lack the marker tag.
                let marker = u64::from(restated.marker);
                self.requests += RequestCounts { get: marker, ..RequestCounts::default() };
                return self.ends(
                    bucket,
                    class.as_str(),
                    kind,
                    head.size,
                    &Outcome::AlreadyCompliant,
                );
            }
            Decision::Skip(reason) => {
                let outcome = Outcome::Skipped(*reason);
                return self.ends(bucket, class.as_str(), kind, head.size, &outcome);
            }
            Decision::Act(action) => action,
        };
        self.requests += RequestCounts::look();
        self.requests += RequestCounts::action(action, head.size, class, restated, target);
        if let Action::Restore(_) = action {
            self.restored.add(head.size);
            self.need_a_look += 1;
        } else {
            self.acting.add(head.size);
        }
        let moves = matches!(action, Action::Copy | Action::Multipart);
        if moves && backed_up {
            self.requests += RequestCounts::action(action, head.size, class, restated, target);
            self.requests += RequestCounts::look();
        }
        if moves && class.charges_retrieval() {
            self.copied_from_paying_classes.add(head.size);
        }
        let word = match action {
            Action::Update(_) => "update",
            Action::Copy => "copy",
            Action::Multipart => "multipart copy",
            Action::Restore(_) => "restore",
        };
        self.group(bucket, class.as_str(), kind, word.to_owned(), head.size);
    }

    fn ends(
        &mut self,
        bucket: &BucketName,
        class: &str,
        encryption: &'static str,
        size: u64,
        outcome: &Outcome,
    ) {
        if *outcome != Outcome::Skipped(SkipReason::DeleteMarker) {
            self.requests += RequestCounts::look();
        }
        self.need_a_look += u64::from(outcome.needs_a_look());
        let decision = match outcome {
            Outcome::ReEncrypted | Outcome::AlreadyCompliant => "already compliant".to_owned(),
            Outcome::Skipped(reason) => format!("skip: {}", reason.word()),
            Outcome::Failed(reason) => format!("fail: {}", reason.word()),
        };
        self.group(bucket, class, encryption, decision, size);
    }

    fn group(
        &mut self,
        bucket: &BucketName,
        class: &str,
        encryption: &'static str,
        decision: String,
        size: u64,
    ) {
        let group =
            Group { bucket: bucket.clone(), encryption, storage_class: class.to_owned(), decision };
        self.groups.entry(group).or_default().add(size);
        self.total.add(size);
    }

    /// The census of `rows` objects of which these were a sample.
    pub(crate) fn extrapolate(self, rows: u64) -> Self {
        if self.total.objects == 0 {
            return self;
        }
        let by = rows as f64 / self.total.objects as f64;
        let RequestCounts { put, put_other_classes, get, kms, retrieved_bytes } = self.requests;
        Self {
            groups: self
                .groups
                .into_iter()
                .map(|(group, count)| (group, count.scale(by)))
                .collect(),
            total: self.total.scale(by),
            acting: self.acting.scale(by),
            restored: self.restored.scale(by),
            copied_from_paying_classes: self.copied_from_paying_classes.scale(by),
            need_a_look: scale(self.need_a_look, by),
            requests: RequestCounts {
                put: scale(put, by),
                put_other_classes: scale(put_other_classes, by),
                get: scale(get, by),
                kms: scale(kms, by),
                retrieved_bytes: scale(retrieved_bytes, by),
            },
        }
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

    pub(crate) fn requests(&self) -> RequestCounts {
        self.requests
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
    pub(crate) fn duration(&self, limits: &Limits) -> Duration {
        let per = |count: u64, rate: f64| count as f64 / rate;
        let writes = self.requests.put + self.requests.put_other_classes;
        let seconds = [
            limits.rate.map_or(0.0, |rate| per(self.total.objects, rate)),
            per(writes, limits.rate_per_prefix),
            limits.kms_rate.map_or(0.0, |rate| per(self.requests.kms, rate)),
            per(self.requests.get + writes, f64::from(limits.concurrency) / TYPICAL_LATENCY),
        ];
        let longest = seconds.into_iter().fold(0.0, f64::max);
        Duration::try_from_secs_f64(longest).unwrap_or(Duration::MAX)
    }
}

/// Seconds that a request takes from within the region, about.
const TYPICAL_LATENCY: f64 = 0.05;
