//! How an object ended: exactly one outcome each (I3), with the proof.

use serde::{Deserialize, Serialize};

use crate::{ETag, Encryption, ObjectHead, ObjectRef, StorageClass, Timestamp, VersionId};

/// Which request sequence re-encrypted an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionKind {
    /// UpdateObjectEncryption: no data moved.
    Update,
    /// CopyObject onto itself.
    Copy,
    /// UploadPartCopy onto itself.
    Multipart,
}

/// Why an object was left as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// A delete marker has nothing to encrypt.
    DeleteMarker,
    /// Deleted meanwhile, or never there.
    Gone,
    /// Outside the selection, as its HEAD shows.
    Filtered,
    /// Encrypted with a key that only its owner holds.
    SseC,
    /// Under a retention or legal hold.
    Locked,
    /// A noncurrent version that only a copy could change, which would make it current.
    Noncurrent,
    /// Archived and not restored.
    Archived,
    /// Rewritten again and again while we looked.
    Changed,
    /// Only a copy would do, and `--strategy update` forbids it.
    NeedsCopy,
    /// Metadata that S3 doesn't return would be lost.
    UnreadableMetadata,
    /// Younger than the conditions can tell apart; take it in the next run.
    TooYoung,
    /// Versioning is suspended, and a copy would replace an older version for good.
    ReplacesVersion,
}

impl SkipReason {
    /// Whether nothing is left to do for such an object: it doesn't keep a
    /// job from being reported as all compliant.
    #[must_use]
    pub fn is_benign(self) -> bool {
        matches!(self, Self::DeleteMarker | Self::Gone | Self::Filtered)
    }
}

/// Why an object could not be re-encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailReason {
    /// S3 or KMS answered 403 for this object.
    Denied,
    /// S3 refused the request in a way that repeating won't cure.
    Refused,
    /// Transient errors to the end of the retry budget.
    Exhausted,
    /// S3 reported success, but the object isn't at the target.
    NotProved,
    /// It is at the target, but something a copy must keep differs.
    NotPreserved,
    /// The chunk could not be processed; its rows are accounted for here (I18).
    Quarantined,
}

/// An object's terminal state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "reason", rename_all = "kebab-case")]
pub enum Outcome {
    /// Brought to the target by this job, and proved.
    ReEncrypted,
    /// Was at the target when first looked at.
    AlreadyCompliant,
    /// Left as it was.
    Skipped(SkipReason),
    /// Not brought to the target.
    Failed(FailReason),
}

impl Outcome {
    /// The word for reports.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::ReEncrypted => "re-encrypted",
            Self::AlreadyCompliant => "already-compliant",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "failed",
        }
    }

    /// Whether somebody should look at this object.
    #[must_use]
    pub fn needs_a_look(&self) -> bool {
        match self {
            Self::ReEncrypted | Self::AlreadyCompliant => false,
            Self::Skipped(reason) => !reason.is_benign(),
            Self::Failed(_) => true,
        }
    }
}

/// What proved an outcome (I6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// The encryption headers of S3's own reply to the copy.
    Reply,
    /// A HEAD after the fact.
    Head,
    /// A trusted inventory row, where no key matters.
    Inventory,
}

/// An object at one moment, as far as the report shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Version, where there are versions.
    pub version: Option<VersionId>,
    /// Entity tag.
    pub etag: ETag,
    /// Bytes.
    pub size: u64,
    /// Last modified, where it was told.
    pub last_modified: Option<Timestamp>,
    /// Storage class.
    pub storage_class: StorageClass,
    /// Encryption.
    #[serde(flatten)]
    pub encryption: Encryption,
}

impl From<&ObjectHead> for Snapshot {
    fn from(head: &ObjectHead) -> Self {
        Self {
            version: head.version.clone(),
            etag: head.etag.clone(),
            size: head.size,
            last_modified: Some(head.last_modified),
            storage_class: head.attributes.storage_class.clone(),
            encryption: head.encryption.clone(),
        }
    }
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeRow {
    /// The row's index in its chunk.
    pub index: u32,
    /// The object as the source named it.
    pub object: ObjectRef,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What was done, where something was.
    pub action: Option<ActionKind>,
    /// As first seen by this job; absent when it couldn't be looked at.
    pub before: Option<Snapshot>,
    /// As it is now, where that differs from before.
    pub after: Option<Snapshot>,
    /// What proved the encryption, where that was claimed.
    pub proof: Option<Proof>,
    /// Where it was copied before a copy onto itself replaced it.
    #[serde(default)]
    pub backup: Option<ObjectRef>,
    /// Found at the target after an interrupted attempt of this job, whose
    /// record of the state before was lost with it.
    pub recovered: bool,
    /// Tags or metadata were edited by somebody while we worked: left alone.
    pub drift: bool,
    /// Attempts at mutating it.
    pub attempts: u32,
    /// One line for people, where there is something to say.
    pub detail: Option<String>,
    /// When it was settled.
    pub settled_at: Timestamp,
}
