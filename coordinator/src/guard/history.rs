//! What a setting was before we changed it, from the backups of our changes.
//!
//! Between two of ours somebody else may have changed it as well. What he made
//! of it is never skipped: a state older than his isn't brought back.

use reseal_core::ports::EncryptionRule;

use super::backup::{Action, Backup};

const NOT_OURS: &str = "it isn't what reseal made of it any more";
const DOUBTFUL: &str = "a change of reseal's was killed or failed in between, so the backups don't tell which state was the one before: see --backup-dir, and set it by hand";

/// What one change of ours was to make of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step<T> {
    before: T,
    after: T,
    action: Action,
    /// Whether it is known to have come to pass.
    done: bool,
}

/// A part of the rule through the backups, in their order.
pub(super) fn steps<T>(
    backups: &[Backup],
    part: impl Fn(&EncryptionRule) -> T,
) -> impl Iterator<Item = Step<T>> {
    backups.iter().filter_map(move |backup| {
        let (before, after) = (backup.encryption.as_ref()?, backup.encryption_after.as_ref()?);
        let (action, done) = (backup.action, backup.done);
        Some(Step { before: part(before), after: part(after), action, done })
    })
}

/// What it was before we changed it: through our changes in a row, newest
/// first, back to the first of them or to somebody else's. `None` where there
/// is nothing of ours to be taken back.
///
/// # Errors
/// Where it isn't any more what we made of it, or can't be told.
pub(super) fn undone<T: PartialEq>(
    now: &T,
    steps: impl Iterator<Item = Step<T>>,
) -> Result<Option<T>, &'static str> {
    let mut found: Option<T> = None;
    let mut is_doubtful = false;
    let mut steps = steps.peekable();
    while let Some(step) = steps.next() {
        let Step { before, after, action, done } = step;
        let stands = found.as_ref().unwrap_or(now);
        let changes = before != after;
        if changes && after == *stands {
            match action {
                Action::Apply if is_doubtful => return Err(DOUBTFUL),
                Action::Apply => found = Some(before),
                // We brought it back to this ourselves.
                Action::Remove => break,
            }
        } else if before == *stands && !(changes && done) {
            // It never came to pass, as far as anybody can tell; or somebody
            // took it back, which matters where a later one of ours built on it.
            is_doubtful |= changes && found.is_some();
        } else if found.is_some() {
            break;
        } else {
            let older = steps.find(|step| step.before != step.after).map(|step| step.action);
            return match if changes { Some(action) } else { older } {
                Some(Action::Apply) => Err(NOT_OURS),
                Some(Action::Remove) | None => Ok(None),
            };
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DONE: bool = true;

    /// Oldest first, as they were made.
    fn after(steps: &[(Action, u8, u8, bool)], now: u8) -> Result<Option<u8>, &'static str> {
        let newest_first = steps.iter().rev();
        undone(
            &now,
            newest_first.map(|&(action, before, after, done)| Step { before, after, action, done }),
        )
    }

    use Action::{Apply, Remove};

    #[test]
    fn ours_in_a_row_go_back_to_the_first() {
        assert_eq!(after(&[], 1), Ok(None));
        assert_eq!(after(&[(Apply, 0, 1, DONE)], 1), Ok(Some(0)));
        assert_eq!(after(&[(Apply, 0, 1, DONE), (Apply, 1, 2, DONE)], 2), Ok(Some(0)));
        // One that changed something else meanwhile.
        assert_eq!(after(&[(Apply, 0, 1, DONE), (Apply, 1, 1, DONE)], 1), Ok(Some(0)));
        // Killed behind its write, and before it could say so.
        assert_eq!(after(&[(Apply, 0, 1, false), (Apply, 1, 2, DONE)], 2), Ok(Some(0)));
    }

    #[test]
    fn what_never_came_to_pass_is_passed_over() {
        assert_eq!(after(&[(Apply, 0, 1, DONE), (Remove, 1, 0, false)], 1), Ok(Some(0)));
        assert_eq!(after(&[(Apply, 0, 1, false), (Apply, 0, 1, DONE)], 1), Ok(Some(0)));
        assert_eq!(after(&[(Apply, 0, 1, false)], 0), Ok(None));
    }

    #[test]
    fn somebody_elses_change_is_where_it_ends() {
        let ours_and_back = [(Apply, 0, 1, DONE), (Remove, 1, 0, DONE)];
        let then = |step| [&ours_and_back[..], &[step]].concat();
        assert_eq!(after(&then((Apply, 7, 1, DONE)), 1), Ok(Some(7)));
        // He chose what we had made of it before.
        assert_eq!(after(&then((Apply, 1, 2, DONE)), 2), Ok(Some(1)));
        assert_eq!(after(&ours_and_back, 1), Ok(None));
        let twice = [(Apply, 0, 1, DONE), (Apply, 1, 2, DONE)];
        assert_eq!(after(&twice, 1), Err(NOT_OURS));
        assert_eq!(after(&twice, 7), Err(NOT_OURS));
        // Seen by one of ours that was about something else.
        assert_eq!(after(&[(Apply, 0, 1, DONE), (Apply, 7, 7, DONE)], 1), Err(NOT_OURS));
        assert_eq!(after(&[(Apply, 7, 7, DONE)], 1), Ok(None));
        let between = [(Apply, 0, 1, DONE), (Apply, 7, 7, DONE), (Apply, 1, 2, DONE)];
        assert_eq!(after(&between, 2), Ok(Some(1)));
    }

    #[test]
    fn what_cannot_be_told_is_no_ground_for_a_guess() {
        let removed = [(Apply, 0, 1, DONE), (Remove, 1, 0, false), (Apply, 1, 2, DONE)];
        assert_eq!(after(&removed, 2), Err(DOUBTFUL));
        // Both readings lead to the same.
        let nothing_older = [(Remove, 1, 0, false), (Apply, 1, 2, DONE)];
        assert_eq!(after(&nothing_older, 2), Ok(Some(1)));
    }
}
