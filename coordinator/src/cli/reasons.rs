//! The ends of an object that may be driven again, by the report's words.

use std::collections::BTreeSet;

use reseal_core::{FailReason, Outcome, SkipReason};

use super::request::RefusedUsage;

/// All that somebody should look at.
const OUTCOMES: [Outcome; 15] = [
    Outcome::Failed(FailReason::Denied),
    Outcome::Failed(FailReason::Refused),
    Outcome::Failed(FailReason::Exhausted),
    Outcome::Failed(FailReason::NotProved),
    Outcome::Failed(FailReason::NotPreserved),
    Outcome::Failed(FailReason::Quarantined),
    Outcome::Skipped(SkipReason::SseC),
    Outcome::Skipped(SkipReason::Locked),
    Outcome::Skipped(SkipReason::Noncurrent),
    Outcome::Skipped(SkipReason::Archived),
    Outcome::Skipped(SkipReason::Changed),
    Outcome::Skipped(SkipReason::NeedsCopy),
    Outcome::Skipped(SkipReason::UnreadableMetadata),
    Outcome::Skipped(SkipReason::TooYoung),
    Outcome::Skipped(SkipReason::ReplacesVersion),
];

/// The outcomes that these words name; all of them for none.
pub(super) fn outcomes(words: &[String]) -> Result<BTreeSet<Outcome>, RefusedUsage> {
    if words.is_empty() {
        return Ok(BTreeSet::from(OUTCOMES));
    }
    words.iter().map(|word| outcome(word)).collect()
}

fn outcome(wanted: &str) -> Result<Outcome, RefusedUsage> {
    OUTCOMES.into_iter().find(|outcome| word(outcome) == wanted).ok_or_else(|| {
        let known: Vec<String> = OUTCOMES.iter().map(word).collect();
        RefusedUsage(format!(
            "--reason '{wanted}' is nothing to retry: one of {}",
            known.join(", ")
        ))
    })
}

/// serde's word, which the report has.
fn word(outcome: &Outcome) -> String {
    let value = match outcome {
        Outcome::Skipped(reason) => serde_json::to_value(reason),
        Outcome::Failed(reason) => serde_json::to_value(reason),
        Outcome::ReEncrypted | Outcome::AlreadyCompliant => return String::new(),
    };
    value.ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_reports_and_benign_ends_are_no_reason() {
        let words = ["denied".to_owned(), "sse-c".to_owned()];
        let found = outcomes(&words).expect("are known");
        assert!(found.contains(&Outcome::Failed(FailReason::Denied)), "{found:?}");
        assert!(found.contains(&Outcome::Skipped(SkipReason::SseC)), "{found:?}");
        assert_eq!(outcomes(&[]).expect("all").len(), OUTCOMES.len());
        for wrong in ["gone", "denyed", ""] {
            let refused = outcomes(&[wrong.to_owned()]).expect_err("is refused");
            assert!(refused.0.contains("--reason"), "{refused}");
        }
        assert!(OUTCOMES.iter().all(Outcome::needs_a_look));
        for reason in [
            SkipReason::DeleteMarker,
            SkipReason::Gone,
            SkipReason::Filtered,
            SkipReason::SseC,
            SkipReason::Locked,
            SkipReason::Noncurrent,
            SkipReason::Archived,
            SkipReason::Changed,
            SkipReason::NeedsCopy,
            SkipReason::UnreadableMetadata,
            SkipReason::TooYoung,
            SkipReason::ReplacesVersion,
        ] {
            // A new reason breaks the build here, and must be listed above.
            match reason {
                SkipReason::DeleteMarker
                | SkipReason::Gone
                | SkipReason::Filtered
                | SkipReason::SseC
                | SkipReason::Locked
                | SkipReason::Noncurrent
                | SkipReason::Archived
                | SkipReason::Changed
                | SkipReason::NeedsCopy
                | SkipReason::UnreadableMetadata
                | SkipReason::TooYoung
                | SkipReason::ReplacesVersion => {}
            }
            let outcome = Outcome::Skipped(reason);
            assert_eq!(OUTCOMES.contains(&outcome), outcome.needs_a_look(), "{reason:?}");
        }
    }
}
