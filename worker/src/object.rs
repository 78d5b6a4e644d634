//! One object, from the first look to its outcome.
//!
//! The loop is: look → choose → act → prove, and back to the look whenever
//! the world may have moved. It never repeats a mutation without looking
//! first, never acts on a look that a condition doesn't fence where S3 has
//! one, and ends in exactly one outcome.

use std::time::Duration;

use reseal_core::ports::{LedgerError, LedgerErrorKind};
use reseal_core::{
    Action, ActionKind, Currency, Decision, Encryption, Facts, ObjectHead, ObjectRef, Outcome,
    OutcomeRow, PauseReason, Policy, Proof, SkipReason, Snapshot, SourceRow, StoreError, Target,
    Timestamp, choose,
};

use crate::backup::Backup;
use crate::chunk::ChunkContext;
use crate::ending::Ended;
use crate::keep::Kept;
use crate::look::{Look, Seen, look};
use crate::retry::Patience;
use crate::trust::trusted_head;

/// How often an object that others keep rewriting is looked at anew.
const MAX_CHANGES: u32 = 5;
/// Younger objects can't be told from a rewrite within the same second.
const SETTLING: Duration = Duration::from_secs(2);

/// Why an object stays unsettled: not its own fault, or not ours to settle.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The whole job must pause.
    Pause(PauseReason),
    /// Somebody else holds the chunk by now.
    Fenced,
    /// The ledger, or a file that it binds, is out of reach (I9).
    Ledger(LedgerError),
}

impl Halt {
    pub(crate) fn broken(kind: LedgerErrorKind, message: &str) -> Self {
        Self::Ledger(LedgerError::new(kind, message))
    }
}

/// Why something could not be done to its end.
pub(crate) enum Trouble {
    /// S3 or KMS failed or refused: `after_error` says what that means.
    Store(StoreError),
    /// The object ends so, and nothing was done to it.
    Settled(Outcome, Option<String>),
    /// Nothing can go on.
    Halt(Halt),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Halt> for Trouble {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

/// What an action led to.
pub(crate) enum Step {
    /// Done: proved so, and this is the object now.
    Proved(Proof, Snapshot),
    /// The end of it, without success.
    Settled(Outcome, Option<String>),
    /// Look again and decide anew.
    LookAgain,
}

/// One object in work.
pub(crate) struct Task<'a> {
    pub(crate) chunk: &'a ChunkContext<'a>,
    pub(crate) index: u32,
    pub(crate) object: ObjectRef,
    pub(crate) patience: Patience,
    pub(crate) policy: Policy,
    pub(crate) update_refused: bool,
    /// Where it was copied to before it is replaced, and what it was then.
    pub(crate) backup: Option<Backup>,
    /// What a copy of ours restated that HEAD doesn't tell.
    pub(crate) kept: Option<Kept>,
    /// Whether the marker tag went with the copy that is being proved, or
    /// found no room.
    pub(crate) marked: bool,
    pub(crate) drift: bool,
    pub(crate) note: Option<String>,
    pub(crate) before: Option<Snapshot>,
    pub(crate) tried: Option<ActionKind>,
    /// Whether an attempt's outcome is unknown.
    pub(crate) in_doubt: bool,
    pub(crate) attempts: u32,
    changes: u32,
    waits: u32,
}

/// Works one row to its outcome.
pub(crate) async fn settle(
    chunk: &ChunkContext<'_>,
    index: u32,
    row: &SourceRow,
) -> Result<OutcomeRow, Halt> {
    let mut task = Task {
        chunk,
        index,
        object: row.object(chunk.bucket()),
        patience: Patience::new(),
        policy: chunk.job.spec.behaviour.policy.clone(),
        update_refused: false,
        backup: None,
        kept: None,
        marked: false,
        drift: false,
        note: None,
        before: None,
        tried: None,
        in_doubt: false,
        attempts: 0,
        changes: 0,
        waits: 0,
    };
    let ended = task.run(row).await?;
    // An unknown outcome or a lost claim may have left one behind (I7).
    task.discard_upload().await?;
    Ok(task.into_row(ended))
}

impl Task<'_> {
    async fn run(&mut self, row: &SourceRow) -> Result<Ended, Halt> {
        while self.changes <= MAX_CHANGES {
            let seen = match self.look(row).await {
                Look::Seen(seen) => seen,
                Look::Settled(outcome, detail) => return Ok(Ended::plain(outcome, detail)),
                Look::Pause(reason) => return Err(Halt::Pause(reason)),
            };
            // What an attempt carried along says nothing of what is there now.
            self.marked = false;
            let is_met = self.chunk.is_met_by(&seen.head.encryption);
            // What is acted on now: of an object that somebody rewrote in
            // between, the report must not name the version before that.
            if !is_met || self.before.is_none() {
                self.before = Some(seen.snapshot());
            }
            if is_met {
                match self.at_target(&seen).await? {
                    Some(ended) => return Ok(ended),
                    None => continue,
                }
            }
            if !self.chunk.job.spec.selection.takes(&seen.head) {
                return Ok(Ended::plain(Outcome::Skipped(SkipReason::Filtered), None));
            }
            let step = match self.decide(&seen) {
                // Looked for above, for every kind of evidence.
                Decision::AlreadyCompliant => Step::LookAgain,
                Decision::Skip(reason) => Step::Settled(Outcome::Skipped(reason), None),
                Decision::Act(action) => self.act(&action, &seen.head).await?,
            };
            match step {
                Step::Proved(proof, after) => {
                    if let Some(ended) = self.marked(Ended::done(proof, after)).await? {
                        return Ok(ended);
                    }
                }
                Step::Settled(outcome, detail) => return Ok(Ended::plain(outcome, detail)),
                Step::LookAgain => {}
            }
        }
        let detail = format!("rewritten {} times while we looked", self.changes);
        Ok(Ended::plain(Outcome::Skipped(SkipReason::Changed), Some(detail)))
    }

    /// The first look may be a trusted row; every later one is a HEAD.
    async fn look(&mut self, row: &SourceRow) -> Look {
        if self.before.is_none()
            && let Some(head) = trusted_head(&self.chunk.job.spec, row)
        {
            let (currency, evidence) = (Currency::Current, Proof::Inventory);
            return Look::Seen(Box::new(Seen { head, currency, evidence }));
        }
        look(self.chunk.context, self.chunk.bucket(), row).await
    }

    fn decide(&self, seen: &Seen) -> Decision {
        choose(&Facts {
            head: &seen.head,
            currency: seen.currency,
            target: self.target(),
            policy: &self.policy,
            capabilities: self.chunk.capabilities(),
            update_refused: self.update_refused,
            now: self.now(),
        })
    }

    async fn act(&mut self, action: &Action, head: &ObjectHead) -> Result<Step, Halt> {
        if matches!(action, Action::Copy | Action::Multipart) {
            if !self.conditions_tell_apart(head).await {
                return Ok(self.too_young());
            }
            if let Some(step) = self.before_replacing(head).await? {
                return Ok(step);
            }
        }
        let done = match action {
            Action::Update(kms) => self.update(kms, head).await,
            Action::Copy => self.copy(&self.as_copied(head)).await,
            Action::Multipart => self.multipart(&self.as_copied(head)).await,
            Action::Restore(terms) => self.restore(terms, head).await,
        };
        match done {
            Ok(step) => Ok(step),
            Err(Trouble::Settled(outcome, detail)) => Ok(Step::Settled(outcome, detail)),
            Err(Trouble::Halt(halt)) => Err(halt),
            Err(Trouble::Store(error)) => self.after_error(&error, head).await,
        }
    }

    /// From here on an attempt counts: whatever is found next may be ours.
    pub(crate) fn tries(&mut self, kind: ActionKind) {
        self.tried = Some(kind);
        self.attempts += 1;
    }

    /// The object as a copy shall be: what was restored changes its class.
    fn as_copied(&self, head: &ObjectHead) -> ObjectHead {
        let mut head = head.clone();
        head.attributes.storage_class = self.policy.class_of_copy(&head);
        head
    }

    /// Where only the time of modification fences the source, an object must
    /// be older than that time's precision. Waits once for it.
    async fn conditions_tell_apart(&mut self, head: &ObjectHead) -> bool {
        if !keeps_etag(head, self.target()) {
            return true;
        }
        let age = self.now().since(head.last_modified);
        if age >= SETTLING {
            return true;
        }
        self.chunk.context.ports.clock.sleep(SETTLING - age).await;
        false
    }

    /// After the wait: look again, unless the endpoint's clock lies so far
    /// ahead of ours that waiting doesn't help.
    fn too_young(&mut self) -> Step {
        self.waits += 1;
        if self.waits > 2 {
            return Step::Settled(Outcome::Skipped(SkipReason::TooYoung), None);
        }
        Step::LookAgain
    }

    /// Somebody edited what no condition fences: said, and left alone.
    pub(crate) fn drifted(&mut self, what: String) {
        self.drift = true;
        self.remark(what);
    }

    /// One more thing to say of it, once.
    pub(crate) fn remark(&mut self, what: String) {
        self.note = Some(match self.note.take() {
            Some(note) if note.contains(&what) => note,
            Some(note) => format!("{note}; {what}"),
            None => what,
        });
    }

    /// Somebody wrote: the next look decides.
    pub(crate) fn changed(&mut self) -> Step {
        self.changes += 1;
        Step::LookAgain
    }

    pub(crate) fn target(&self) -> &Target {
        &self.chunk.job.spec.target
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.chunk.context.ports.clock.now()
    }
}

/// Whether a copy may have the very entity tag of its source, so that the tag
/// can't tell one from the other: a plain MD5 stays one unless KMS is involved.
pub(crate) fn keeps_etag(head: &ObjectHead, target: &Target) -> bool {
    let source_is_plain = matches!(head.encryption, Encryption::None | Encryption::SseS3);
    source_is_plain && target.key().is_none() && head.etag.looks_like_md5()
}
