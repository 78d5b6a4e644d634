//! Which action an object needs: one pure function.

use crate::{
    ActionKind, ArchiveState, Archived, Capabilities, Encryption, KmsTarget, LockMode, Locked,
    ObjectHead, Policy, RestoreTerms, SkipReason, Strategy, Target, Timestamp,
};

/// Whether a version is the one that readers of the key get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Currency {
    /// It is.
    Current,
    /// A newer version or a delete marker lies above it.
    Noncurrent,
}

/// All that the choice depends on.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The object as HEAD shows it now.
    pub head: &'a ObjectHead,
    /// Whether it is the current version.
    pub currency: Currency,
    /// What it shall become.
    pub target: &'a Target,
    /// The user's choices.
    pub policy: &'a Policy,
    /// What the probe saw this endpoint, key and role do.
    pub capabilities: &'a Capabilities,
    /// Whether UpdateObjectEncryption already refused this very object.
    pub update_refused: bool,
    /// The time, for retentions that ran out.
    pub now: Timestamp,
}

/// What to do with one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: it is at the target.
    AlreadyCompliant,
    /// Nothing, for this reason.
    Skip(SkipReason),
    /// This.
    Act(Action),
}

/// An action with what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// UpdateObjectEncryption to this key.
    Update(KmsTarget),
    /// CopyObject onto itself.
    Copy,
    /// UploadPartCopy onto itself.
    Multipart,
    /// RestoreObject: a later run copies what it brings back.
    Restore(RestoreTerms),
}

impl Action {
    /// The word for reports.
    #[must_use]
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::Update(_) => ActionKind::Update,
            Self::Copy => ActionKind::Copy,
            Self::Multipart => ActionKind::Multipart,
            Self::Restore(_) => ActionKind::Restore,
        }
    }
}

/// Decides what to do with an object that HEAD could see. First match wins:
///
/// | # | question | outcome |
/// |---|---|---|
/// | 1 | directory bucket? | refused in preflight, never gets here |
/// | 2 | delete marker? | `skip(delete-marker)`, from the source's row |
/// | 3 | at the target's type, key and bucket-key state? | already compliant |
/// | 4 | SSE-C? | `skip(sse-c)`; usually HEAD can't even see it |
/// | 5 | compliance retention that hasn't run out? | `skip(locked)` |
/// | 5 | governance retention that hasn't run out, or legal hold? | `skip(locked)`; with [`Locked::Copy`] on at row 7: a lock refuses updates |
/// | 6 | SSE-S3 or SSE-KMS → SSE-KMS, update allowed, seen to work, not refused for this object | update |
/// | 7 | noncurrent? | `skip(noncurrent)`: a copy would make it current |
/// | – | strategy is update only | `skip(needs-copy)` |
/// | – | metadata that HEAD can't return, and multipart would have to restate? | `skip(unreadable-metadata)` |
/// | 8 | archived, not restored? | `skip(archived)`; with [`Archived::Restore`] restore, then `skip(restoring)` until it is done |
/// | 9 | else | copy up to the single-copy limit, multipart above it |
///
/// Rows 1, 2 and the bodiless half of 4 are settled before a HEAD exists; the
/// rest is decided here and nowhere else.
#[must_use]
pub fn choose(facts: &Facts<'_>) -> Decision {
    let Facts { head, currency, target, policy, capabilities, update_refused, now } = *facts;
    if capabilities.meets(target, &head.encryption) {
        return Decision::AlreadyCompliant;
    }
    if head.encryption == Encryption::SseC {
        return Decision::Skip(SkipReason::SseC);
    }
    let lock = lock(head, now);
    if !may_go_on(lock, policy) {
        return Decision::Skip(SkipReason::Locked);
    }
    if let Some(kms) = updatable(head, target)
        && policy.strategy != Strategy::Copy
        && capabilities.update
        && !update_refused
        && lock == Lock::None
    {
        return Decision::Act(Action::Update(kms.clone()));
    }
    if currency == Currency::Noncurrent {
        return Decision::Skip(SkipReason::Noncurrent);
    }
    if policy.strategy == Strategy::Update {
        return Decision::Skip(SkipReason::NeedsCopy);
    }
    let in_parts = head.size > policy.single_copy_limit;
    if in_parts && !capabilities.parts {
        return Decision::Skip(SkipReason::NeedsParts);
    }
    if in_parts && head.attributes.missing_metadata > 0 {
        return Decision::Skip(SkipReason::UnreadableMetadata);
    }
    if let Some(wait) = archived(head, policy) {
        return wait;
    }
    Decision::Act(if in_parts { Action::Multipart } else { Action::Copy })
}

/// What still holds a version.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lock {
    None,
    /// Could be lifted by somebody, which reseal never does.
    Liftable,
    Compliance,
}

fn lock(head: &ObjectHead, now: Timestamp) -> Lock {
    match head.lock.still_holds(now).retention.map(|retention| retention.mode) {
        Some(LockMode::Compliance) => Lock::Compliance,
        Some(LockMode::Governance) => Lock::Liftable,
        None if head.lock.legal_hold => Lock::Liftable,
        None => Lock::None,
    }
}

fn may_go_on(lock: Lock, policy: &Policy) -> bool {
    match lock {
        Lock::None => true,
        Lock::Liftable => policy.locked == Locked::Copy && policy.strategy != Strategy::Update,
        Lock::Compliance => false,
    }
}

/// Row 6's pair of encryptions: what UpdateObjectEncryption documents.
fn updatable<'a>(head: &ObjectHead, target: &'a Target) -> Option<&'a KmsTarget> {
    match (&head.encryption, target) {
        (Encryption::SseS3 | Encryption::SseKms { .. }, Target::SseKms(kms)) => Some(kms),
        _ => None,
    }
}

/// What to do instead of a copy, whose source must be readable.
fn archived(head: &ObjectHead, policy: &Policy) -> Option<Decision> {
    match (head.archive, &policy.archived) {
        (ArchiveState::Online, _) | (ArchiveState::Restored, Archived::Restore(_)) => None,
        // A restored copy could be copied, but into which class is the
        // user's choice, and STANDARD isn't "kept".
        (ArchiveState::Restored, Archived::Report)
            if !head.attributes.storage_class.is_archive() =>
        {
            None
        }
        (_, Archived::Report) => Some(Decision::Skip(SkipReason::Archived)),
        (ArchiveState::Restoring, Archived::Restore(_)) => {
            Some(Decision::Skip(SkipReason::Restoring))
        }
        (ArchiveState::Archived, Archived::Restore(terms)) => {
            Some(Decision::Act(Action::Restore(terms.clone())))
        }
    }
}
