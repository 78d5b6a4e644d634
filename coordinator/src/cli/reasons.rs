//! The ends of an object that may be driven again, by the report's words.

use std::collections::BTreeSet;

use reseal_core::{FailReason, Outcome, SkipReason};

use super::request::RefusedUsage;

/// All that somebody should look at.
fn all() -> impl Iterator<Item = Outcome> {
    let failed = FailReason::ALL.iter().copied().map(Outcome::Failed);
    let skipped = SkipReason::ALL.iter().copied().map(Outcome::Skipped);
    failed.chain(skipped).filter(Outcome::needs_a_look)
}

/// The outcomes that these words name; all of them for none.
pub(super) fn outcomes(words: &[String]) -> Result<BTreeSet<Outcome>, RefusedUsage> {
    if words.is_empty() {
        return Ok(all().collect());
    }
    words.iter().map(|word| outcome(word)).collect()
}

fn outcome(wanted: &str) -> Result<Outcome, RefusedUsage> {
    all().find(|outcome| outcome.reason() == Some(wanted)).ok_or_else(|| {
        let known: Vec<&str> = all().filter_map(|outcome| outcome.reason()).collect();
        RefusedUsage(format!(
            "--reason '{wanted}' is nothing to retry: one of {}",
            known.join(", ")
        ))
    })
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
        let everything = outcomes(&[]).expect("all");
        assert!(everything.iter().all(Outcome::needs_a_look) && everything.len() > 15);
        for wrong in ["gone", "denyed", ""] {
            let refused = outcomes(&[wrong.to_owned()]).expect_err("is refused");
            assert!(refused.0.contains("--reason"), "{refused}");
        }
    }
}
