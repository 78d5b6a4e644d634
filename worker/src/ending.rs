//! How an object ends: what is made of finding it at the target, the marker
//! tag, and the row of the report.

use reseal_core::{ActionKind, ObjectHead, Outcome, OutcomeRow, Proof, SkipReason, Snapshot};

use crate::look::Seen;
use crate::object::{Halt, Step, Task};

/// How a task ended.
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) after: Option<Snapshot>,
    pub(crate) proof: Option<Proof>,
    pub(crate) recovered: bool,
    pub(crate) detail: Option<String>,
}

impl Ended {
    pub(crate) fn plain(outcome: Outcome, detail: Option<String>) -> Self {
        Self { outcome, after: None, proof: None, recovered: false, detail }
    }

    pub(crate) fn done(proof: Proof, after: Snapshot) -> Self {
        Self {
            outcome: Outcome::ReEncrypted,
            after: Some(after),
            proof: Some(proof),
            recovered: false,
            detail: None,
        }
    }
}

impl Task<'_> {
    /// It is at the target. By whom: by us, if an upload of ours was completed
    /// or we tried in this claim. `None` means to look again.
    pub(crate) async fn at_target(&mut self, seen: &Seen) -> Result<Option<Ended>, Halt> {
        let unheard_of = self.tried.is_none();
        let ended = match self.completed_unheard(&seen.head).await? {
            None => self.found_compliant(seen).await,
            Some(Step::LookAgain) => return Ok(None),
            Some(Step::Settled(outcome, detail)) => Ended::plain(outcome, detail),
            Some(Step::Proved(proof, after)) => {
                self.tried = Some(ActionKind::Multipart);
                Ended { recovered: unheard_of, ..Ended::done(proof, after) }
            }
        };
        if ended.recovered {
            self.find_backup(&seen.head).await;
        }
        self.marked(ended).await
    }

    /// It is at the target, perhaps by an earlier claim of this chunk that was
    /// interrupted.
    pub(crate) async fn found_compliant(&mut self, seen: &Seen) -> Ended {
        let head = &seen.head;
        let after = Some(seen.snapshot());
        let proof = Some(seen.evidence);
        if self.tried.is_some() {
            // Our own copy, whose reply was lost: what it restated is compared now.
            self.compare_kept(head.version.as_ref()).await;
            let (outcome, proof) = (Outcome::ReEncrypted, Some(Proof::Found));
            return Ended { outcome, after, proof, recovered: false, detail: None };
        }
        let recovered = self.chunk.was_interrupted();
        let outcome = if recovered && self.written_since(head) {
            Outcome::ReEncrypted
        } else {
            Outcome::AlreadyCompliant
        };
        Ended { outcome, after, proof, recovered, detail: None }
    }

    fn written_since(&self, head: &ObjectHead) -> bool {
        self.chunk.claimed_at().is_some_and(|claimed| head.last_modified >= claimed)
    }

    pub(crate) fn into_row(self, ended: Ended) -> OutcomeRow {
        let Ended { outcome, after, proof, recovered, detail } = ended;
        let detail = match (detail, self.note) {
            (Some(detail), Some(note)) => Some(format!("{detail}; {note}")),
            (detail, note) => detail.or(note),
        };
        let action = match outcome {
            Outcome::ReEncrypted | Outcome::Failed(_) | Outcome::Skipped(SkipReason::Restoring) => {
                self.tried
            }
            Outcome::AlreadyCompliant | Outcome::Skipped(_) => None,
        };
        // What was found at the target had its state before recorded by an
        // attempt that was lost, or is unchanged: one snapshot says it all.
        let before = if recovered { None } else { self.before };
        let after = after.filter(|_| outcome != Outcome::AlreadyCompliant || recovered);
        OutcomeRow {
            index: self.index,
            object: self.object,
            outcome,
            action,
            before,
            after,
            proof,
            recovered,
            drift: self.drift,
            backup: self.backup.map(|backup| backup.place),
            attempts: self.attempts,
            detail,
            settled_at: self.chunk.context.ports.clock.now(),
        }
    }
}
