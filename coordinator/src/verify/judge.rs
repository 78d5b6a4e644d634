//! What a look at an object says of a claim: a pure function.

use reseal_core::{
    BucketName, Decision, ObjectHead, Outcome, PauseReason, SkipReason, Snapshot, SourceRow,
};
use reseal_worker::Verdict;

/// An object, and what is claimed of it.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) bucket: BucketName,
    pub(crate) row: SourceRow,
    pub(crate) expected: Expected,
    /// What it was before the job, by its report.
    pub(crate) before: Option<Snapshot>,
}

/// What is claimed of an object.
#[derive(Clone, Debug)]
pub(crate) enum Expected {
    /// It is at the target.
    AtTarget,
    /// It is at the target, and just as the job left it.
    AsLeft(Snapshot),
    /// The job left it as it was, and said so.
    LeftBehind(Outcome),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// At the target, and as reported.
    AtTarget,
    /// Nothing to prove: a delete marker, or outside the selection.
    Outside,
    /// Something to show.
    Difference(Difference, String),
    /// Nothing can be looked at.
    Blocked(PauseReason),
}

/// How an object differs from what is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Difference {
    /// Its encryption isn't the target's.
    NotAtTarget,
    /// At the target, but not the object that the report describes, and not
    /// written since by its own account.
    Differs,
    /// At the target, but something that the job should have kept isn't as
    /// it was: lost, or edited since.
    NotAsBefore,
    /// It could not be looked at.
    Unreadable,
    /// Failed or skipped by the report, and still not at the target.
    LeftBehind,
    /// Written by somebody since, and at the target.
    Rewritten,
    /// No longer there.
    Gone,
}

impl Difference {
    /// Whether somebody should look at it.
    pub(crate) fn needs_a_look(self) -> bool {
        match self {
            Self::NotAtTarget
            | Self::Differs
            | Self::NotAsBefore
            | Self::Unreadable
            | Self::LeftBehind => true,
            Self::Rewritten | Self::Gone => false,
        }
    }

    /// For people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::NotAtTarget => "not at the target",
            Self::Differs => "at the target, but not what the report describes",
            Self::NotAsBefore => "at the target, but not as before the job: lost, or edited since",
            Self::Unreadable => "could not be looked at",
            Self::LeftBehind => "failed or skipped, as reported, and still not at the target",
            Self::Rewritten => "written by somebody since, at the target",
            Self::Gone => "gone",
        }
    }
}

/// Compares.
pub(super) fn judge(claim: &Claim, verdict: &Verdict) -> Judged {
    match verdict {
        Verdict::Blocked(reason) => Judged::Blocked(*reason),
        Verdict::Ends(Outcome::Skipped(SkipReason::Gone), _) => {
            Judged::Difference(Difference::Gone, String::new())
        }
        Verdict::Ends(Outcome::Skipped(SkipReason::DeleteMarker | SkipReason::Filtered), _) => {
            Judged::Outside
        }
        Verdict::Ends(outcome, detail) => {
            let detail = detail.clone().unwrap_or_else(|| reason_of(outcome));
            match &claim.expected {
                Expected::LeftBehind(outcome) => {
                    Judged::Difference(Difference::LeftBehind, reason_of(outcome))
                }
                _ => Judged::Difference(Difference::Unreadable, detail),
            }
        }
        Verdict::Decided(head, Decision::AlreadyCompliant) => compliant(claim, head),
        Verdict::Decided(head, _) => not_at_target(claim, head),
    }
}

fn compliant(claim: &Claim, head: &ObjectHead) -> Judged {
    match &claim.expected {
        Expected::AsLeft(left) => match changes(left, head) {
            changes if changes.is_empty() => Judged::AtTarget,
            changes if is_newer(left, head) => Judged::Difference(Difference::Rewritten, changes),
            changes => Judged::Difference(Difference::Differs, changes),
        },
        Expected::AtTarget | Expected::LeftBehind(_) => Judged::AtTarget,
    }
}

fn not_at_target(claim: &Claim, head: &ObjectHead) -> Judged {
    let mut found = head.encryption.kind().to_owned();
    if let Some(key) = head.encryption.key() {
        found = format!("{found} under {key}");
    }
    match &claim.expected {
        Expected::LeftBehind(outcome) => {
            Judged::Difference(Difference::LeftBehind, format!("{}: {found}", reason_of(outcome)))
        }
        Expected::AsLeft(left) if !changes(left, head).is_empty() && is_newer(left, head) => {
            Judged::Difference(Difference::NotAtTarget, format!("{found}, written since"))
        }
        _ => Judged::Difference(Difference::NotAtTarget, found),
    }
}

/// How it differs from what the job left.
fn changes(left: &Snapshot, head: &ObjectHead) -> String {
    let mut changes = Vec::new();
    if left.etag != head.etag {
        changes.push(format!("ETag {} was {}", head.etag.as_str(), left.etag.as_str()));
    }
    if left.size != head.size {
        changes.push(format!("{} bytes were {}", head.size, left.size));
    }
    if left.version.is_some() && left.version != head.version {
        changes.push("another version".to_owned());
    }
    changes.join(", ")
}

/// Whether the object says itself that it was written later. S3 tells whole
/// seconds: what was written within the same one is no rewrite by this rule,
/// but a difference to look at.
fn is_newer(left: &Snapshot, head: &ObjectHead) -> bool {
    left.last_modified.is_none_or(|then| head.last_modified > then)
}

fn reason_of(outcome: &Outcome) -> String {
    outcome.reason().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use reseal_core::{Encryption, FailReason, ObjectKey, Timestamp};
    use reseal_testkit::build::{HeadBuilder, bucket};

    use super::*;

    fn claim(expected: Expected) -> Claim {
        let row = SourceRow::of_key(ObjectKey::new("key").expect("a key"));
        Claim { bucket: bucket("bucket"), row, expected, before: None }
    }

    fn head() -> ObjectHead {
        HeadBuilder::new().size(10).build()
    }

    fn at_target(head: ObjectHead) -> Verdict {
        Verdict::Decided(Box::new(head), Decision::AlreadyCompliant)
    }

    fn difference(judged: Judged) -> Difference {
        match judged {
            Judged::Difference(difference, _) => difference,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_object_must_be_as_the_job_left_it() {
        let left = head();
        let as_left = claim(Expected::AsLeft(Snapshot::from(&left)));
        assert_eq!(judge(&as_left, &at_target(left.clone())), Judged::AtTarget);
        let mut other = left.clone();
        other.size += 1;
        let judged = judge(&as_left, &at_target(other.clone()));
        assert_eq!(difference(judged), Difference::Differs);
        other.last_modified = Timestamp::from_millis(left.last_modified.as_millis() + 1_000);
        let judged = judge(&as_left, &at_target(other.clone()));
        assert_eq!(difference(judged), Difference::Rewritten);
        other.encryption = Encryption::None;
        let skip = Verdict::Decided(Box::new(other), Decision::Skip(SkipReason::Noncurrent));
        assert_eq!(difference(judge(&as_left, &skip)), Difference::NotAtTarget);
    }

    #[test]
    fn what_was_left_behind_counts_until_it_is_at_the_target() {
        let failed = claim(Expected::LeftBehind(Outcome::Failed(FailReason::Denied)));
        let still = Verdict::Decided(Box::new(head()), Decision::Skip(SkipReason::Locked));
        assert_eq!(difference(judge(&failed, &still)), Difference::LeftBehind);
        assert_eq!(judge(&failed, &at_target(head())), Judged::AtTarget);
    }

    #[test]
    fn what_cannot_be_looked_at_is_not_proved() {
        let denied = Verdict::Ends(Outcome::Failed(FailReason::Denied), None);
        let judged = judge(&claim(Expected::AtTarget), &denied);
        assert_eq!(difference(judged), Difference::Unreadable);
        let gone = Verdict::Ends(Outcome::Skipped(SkipReason::Gone), None);
        let judged = difference(judge(&claim(Expected::AtTarget), &gone));
        assert!(judged == Difference::Gone && !judged.needs_a_look());
    }
}
