//! Which action an object needs: one pure function.

use serde::{Deserialize, Serialize};

use crate::{
    ActionKind, ArchiveState, Capabilities, Encryption, KmsTarget, ObjectHead, SkipReason, Target,
    Timestamp,
};

/// Which kinds of action the user allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Update where it works, else copy.
    #[default]
    Auto,
    /// Update only: never move data.
    Update,
    /// Copy only.
    Copy,
}

/// Whether a version is the one that readers of the key get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Currency {
    /// It is.
    Current,
    /// A newer version or a delete marker lies above it.
    Noncurrent,
}

/// The user's choices and the endpoint's limits, as far as they decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Which kinds of action are allowed.
    pub strategy: Strategy,
    /// The largest object that CopyObject takes, in bytes. AWS says "5 GB";
    /// 5 GiB is what is commonly observed, so it is configurable and an
    /// `EntityTooLarge` answer falls back to multipart.
    pub single_copy_limit: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { strategy: Strategy::Auto, single_copy_limit: 5 * 1024 * 1024 * 1024 }
    }
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
}

impl Action {
    /// The word for reports.
    #[must_use]
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::Update(_) => ActionKind::Update,
            Self::Copy => ActionKind::Copy,
            Self::Multipart => ActionKind::Multipart,
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
/// | 5 | retention that hasn't run out, or legal hold? | `skip(locked)` |
/// | 6 | SSE-S3 or SSE-KMS → SSE-KMS, update allowed, seen to work, not refused for this object | update |
/// | 7 | noncurrent? | `skip(noncurrent)`: a copy would make it current |
/// | – | strategy is update only | `skip(needs-copy)` |
/// | 8 | archived, not restored? | `skip(archived)` |
/// | – | metadata that HEAD can't return, and multipart would have to restate? | `skip(unreadable-metadata)` |
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
    if is_locked(head, now) {
        return Decision::Skip(SkipReason::Locked);
    }
    if let Some(kms) = updatable(head, target)
        && policy.strategy != Strategy::Copy
        && capabilities.update
        && !update_refused
    {
        return Decision::Act(Action::Update(kms.clone()));
    }
    if currency == Currency::Noncurrent {
        return Decision::Skip(SkipReason::Noncurrent);
    }
    if policy.strategy == Strategy::Update {
        return Decision::Skip(SkipReason::NeedsCopy);
    }
    if is_archived(head) {
        return Decision::Skip(SkipReason::Archived);
    }
    if head.size <= policy.single_copy_limit {
        return Decision::Act(Action::Copy);
    }
    if head.attributes.missing_metadata > 0 {
        return Decision::Skip(SkipReason::UnreadableMetadata);
    }
    Decision::Act(Action::Multipart)
}

fn is_locked(head: &ObjectHead, now: Timestamp) -> bool {
    head.lock.retention.is_some_and(|r| r.until > now) || head.lock.legal_hold
}

/// Row 6's pair of encryptions: what UpdateObjectEncryption documents.
fn updatable<'a>(head: &ObjectHead, target: &'a Target) -> Option<&'a KmsTarget> {
    match (&head.encryption, target) {
        (Encryption::SseS3 | Encryption::SseKms { .. }, Target::SseKms(kms)) => Some(kms),
        _ => None,
    }
}

fn is_archived(head: &ObjectHead) -> bool {
    match head.archive {
        ArchiveState::Archived | ArchiveState::Restoring => true,
        // A restored copy could be copied, but into which class is the
        // user's choice, and STANDARD isn't "kept".
        ArchiveState::Restored => head.attributes.storage_class.is_archive(),
        ArchiveState::Online => false,
    }
}
