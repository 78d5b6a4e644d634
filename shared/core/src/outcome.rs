//! How an object ended: exactly one outcome each (I3), with the proof.

use serde::{Deserialize, Serialize};

use crate::{ETag, Encryption, ObjectHead, ObjectRef, StorageClass, Timestamp, VersionId};

/// Words of the report: the variants of each, once, with the text that the
/// ledger, the report and the command line share.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word for reports.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

words! {
    /// Which request sequence re-encrypted an object.
    ActionKind {
        /// UpdateObjectEncryption: no data moved.
        Update = "update",
        /// CopyObject onto itself.
        Copy = "copy",
        /// UploadPartCopy onto itself.
        Multipart = "multipart",
        /// RestoreObject: the object itself is as it was.
        Restore = "restore",
    }
}

words! {
    /// Why an object was left as it was.
    SkipReason {
        /// A delete marker has nothing to encrypt.
        DeleteMarker = "delete-marker",
        /// Deleted meanwhile, or never there.
        Gone = "gone",
        /// Outside the selection, as its HEAD shows.
        Filtered = "filtered",
        /// Encrypted with a key that only its owner holds.
        SseC = "sse-c",
        /// Under a retention or legal hold.
        Locked = "locked",
        /// A noncurrent version that only a copy could change, which would make it current.
        Noncurrent = "noncurrent",
        /// Archived and not restored.
        Archived = "archived",
        /// Archived, and being restored: a later run copies it.
        Restoring = "restoring",
        /// Owned by another account than a copy's would be.
        ForeignOwner = "foreign-owner",
        /// Its annotations could not be kept: they exist nowhere else once it is replaced.
        Annotations = "annotations",
        /// Rewritten again and again while we looked.
        Changed = "changed",
        /// Only a copy would do, and `--strategy update` forbids it.
        NeedsCopy = "needs-copy",
        /// Too large for one copy, and the probe saw copies in parts fail or lose something.
        NeedsParts = "needs-parts",
        /// Metadata that S3 doesn't return would be lost.
        UnreadableMetadata = "unreadable-metadata",
        /// Younger than the conditions can tell apart; take it in the next run.
        TooYoung = "too-young",
        /// Versioning is suspended, and a copy would replace an older version for good.
        ReplacesVersion = "replaces-version",
    }
}

impl SkipReason {
    /// Whether nothing is left to do for such an object: it doesn't keep a
    /// job from being reported as all compliant.
    #[must_use]
    pub fn is_benign(self) -> bool {
        matches!(self, Self::DeleteMarker | Self::Gone | Self::Filtered)
    }
}

words! {
    /// Why an object could not be re-encrypted.
    FailReason {
        /// S3 or KMS answered 403 for this object.
        Denied = "denied",
        /// S3 refused the request in a way that repeating won't cure.
        Refused = "refused",
        /// Transient errors to the end of the retry budget.
        Exhausted = "exhausted",
        /// S3 reported success, but the object isn't at the target.
        NotProved = "not-proved",
        /// It is at the target, but something a copy must keep differs.
        NotPreserved = "not-preserved",
        /// It is at the target, but the marker tag could not be set.
        NotTagged = "not-tagged",
        /// It has ten tags already, and the marker tag must not be left out.
        TooManyTags = "too-many-tags",
        /// The chunk could not be processed; its rows are accounted for here (I18).
        Quarantined = "quarantined",
    }
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

    /// The reason's word, where there is one.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::ReEncrypted | Self::AlreadyCompliant => None,
            Self::Skipped(reason) => Some(reason.word()),
            Self::Failed(reason) => Some(reason.word()),
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

words! {
    /// What proved an outcome (I6).
    Proof {
        /// The encryption headers of S3's own reply to the copy.
        Reply = "reply",
        /// A HEAD after the fact.
        Head = "head",
        /// A HEAD after an attempt whose answer was lost: at the target for
        /// sure, and by this job as far as can be told.
        Found = "found",
        /// A trusted inventory row, where no key matters.
        Inventory = "inventory",
    }
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
    /// [`Attributes::digest`](crate::Attributes::digest), where a HEAD told them.
    #[serde(default)]
    pub attributes: Option<String>,
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
            attributes: Some(head.attributes.digest()),
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
    /// As last seen before this job acted on it; absent when it couldn't be
    /// looked at.
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

impl OutcomeRow {
    /// The version that still holds the old encryption and will until somebody
    /// removes it: what a copy left behind, or an old version that was
    /// skipped as such.
    #[must_use]
    pub fn old_version(&self) -> Option<&Snapshot> {
        let before = self.before.as_ref().filter(|before| before.version.is_some())?;
        let stays = match self.outcome {
            Outcome::ReEncrypted => {
                let made = self.after.as_ref().and_then(|after| after.version.as_ref());
                made.is_some() && made != before.version.as_ref()
            }
            Outcome::Skipped(SkipReason::Noncurrent) => true,
            Outcome::AlreadyCompliant | Outcome::Skipped(_) | Outcome::Failed(_) => false,
        };
        stays.then_some(before)
    }
}
