//! What a job's report offers for deletion. It decides nothing: every version
//! is looked at again.

use std::collections::BTreeMap;

use reseal_core::ports::VersionRef;
use reseal_core::{ActionKind, BucketName, ObjectRef, Outcome, OutcomeRow, Proof, Snapshot};

use super::proof::Left;

/// A version that a copy of the job superseded, by its report.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) old: VersionRef,
    /// The old version, as the job found it.
    pub(crate) before: Snapshot,
    /// The version that the job made of it.
    pub(crate) new: ObjectRef,
    /// That one, as the job left it.
    pub(crate) after: Snapshot,
    /// Why it stays whatever a look tells now.
    pub(crate) doubt: Option<Left>,
}

impl Candidate {
    /// `None` for rows that left no old version behind, or whose record of it
    /// was lost.
    pub(crate) fn of(row: OutcomeRow) -> Option<Self> {
        let OutcomeRow { object, outcome, action, before, after, proof, drift, .. } = row;
        let copied = matches!(action, Some(ActionKind::Copy | ActionKind::Multipart));
        if outcome != Outcome::ReEncrypted || !copied {
            return None;
        }
        let doubt = match proof? {
            // Perhaps the old version alone has somebody's edit.
            _ if drift => Some(Left::Drift),
            Proof::Reply | Proof::Head => None,
            // Perhaps somebody else's write, with other bytes.
            Proof::Found | Proof::Inventory => Some(Left::Unproved),
        };
        let (before, after) = (before?, after?);
        let old = VersionRef::new(&object.at(before.version.clone()))?;
        let new = VersionRef::new(&object.at(after.version.clone()))?;
        (old != new).then(|| Self { old, before, new: new.object().clone(), after, doubt })
    }

    /// All of these rows.
    pub(crate) fn all_of(rows: Vec<OutcomeRow>) -> Vec<Self> {
        rows.into_iter().filter_map(Self::of).collect()
    }
}

/// How many there are, by the report.
#[derive(Debug, Default)]
pub(crate) struct Census {
    pub(crate) versions: u64,
    pub(crate) bytes: u64,
    /// The first of each bucket, to try the bucket on.
    pub(crate) buckets: BTreeMap<BucketName, VersionRef>,
}

impl Census {
    pub(crate) fn add(&mut self, candidates: Vec<Candidate>) {
        for Candidate { old, before, .. } in candidates {
            self.versions += 1;
            self.bytes = self.bytes.saturating_add(before.size);
            self.buckets.entry(old.object().bucket.clone()).or_insert(old);
        }
    }
}

#[cfg(test)]
mod tests {
    use reseal_core::VersionId;
    use reseal_testkit::build::{HeadBuilder, OutcomeBuilder};

    use super::*;

    fn row() -> OutcomeRow {
        let snapshot = |version: &str| Snapshot {
            version: Some(VersionId::new(version)),
            ..Snapshot::from(&HeadBuilder::new().build())
        };
        OutcomeRow {
            action: Some(ActionKind::Copy),
            before: Some(snapshot("old")),
            after: Some(snapshot("new")),
            proof: Some(Proof::Reply),
            ..OutcomeBuilder::new(0, Outcome::ReEncrypted).build()
        }
    }

    #[test]
    fn only_what_a_proved_copy_superseded_is_offered() {
        let candidate = Candidate::of(row()).expect("offered");
        assert_eq!(candidate.old.version().as_str(), "old");
        assert_eq!(candidate.new.version, Some(VersionId::new("new")));
        assert_eq!(candidate.doubt, None);
        let doubt = |change: fn(&mut OutcomeRow)| {
            let mut row = row();
            change(&mut row);
            Candidate::of(row).expect("offered").doubt
        };
        assert_eq!(doubt(|row| row.proof = Some(Proof::Head)), None);
        assert_eq!(doubt(|row| row.proof = Some(Proof::Found)), Some(Left::Unproved));
        assert_eq!(doubt(|row| row.drift = true), Some(Left::Drift));
        let without = |change: fn(&mut OutcomeRow)| {
            let mut row = row();
            change(&mut row);
            Candidate::of(row).is_none()
        };
        assert!(without(|row| row.action = Some(ActionKind::Update)));
        assert!(without(|row| row.action = None));
        assert!(without(|row| row.outcome = Outcome::AlreadyCompliant));
        assert!(
            without(|row| row.outcome = Outcome::Failed(reseal_core::FailReason::NotPreserved))
        );
        assert!(without(|row| row.proof = None));
        assert!(without(|row| row.before = None));
        assert!(without(|row| row.after = None));
        assert!(without(|row| row.before = row.after.clone()));
        assert!(without(|row| row.before.iter_mut().for_each(|b| b.version = None)));
        assert!(without(|row| row.after.iter_mut().for_each(|a| a.version = None)));
    }
}
