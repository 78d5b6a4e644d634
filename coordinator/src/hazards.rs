//! What a run brings with it that its owner should know beforehand.
//!
//! Owns: every hazard's name, its fields for scripts, and its text for people:
//! what happens, and the flag or setting that changes it.
//! Never: decides; preflight finds them. Next: `neighbours` for what else lives
//! off a bucket, `readers` for whom a KMS key locks out.

mod neighbours;
mod readers;

pub(crate) use neighbours::{NeighbourHazard, PolicyHazard};
pub(crate) use readers::{KeyOpens, ReaderHazard};

use reseal_core::{BucketName, KeyArn};
use serde::Serialize;

/// One hazard. The text says what happens and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "hazard", rename_all = "kebab-case")]
pub(crate) enum Hazard {
    /// Copies on versioned buckets keep the old ciphertext.
    VersionsKept { buckets: Vec<BucketName> },
    /// Backups are billed until somebody removes them.
    BackupsKept { place: String, buckets: Vec<BucketName> },
    /// Copies are new objects to lifecycle rules and date filters.
    LastModifiedReset,
    /// What copies lose, and this version of reseal doesn't put back.
    NotPutBack,
    /// Nobody can read it, so nobody can put it back.
    EncryptionContextLost,
    /// Update isn't possible across accounts.
    ForeignKey { key: KeyArn },
    /// Copies from infrequent-access classes are billed for reading, and
    /// perhaps for leaving early.
    Retrieval { objects: u64, bytes: u64 },
    /// Nobody can say whether somebody else writes in the same instant.
    UnfencedCopies { buckets: Vec<BucketName> },
    /// What only the probe can know is assumed.
    AssumedCapabilities,
    /// Objects that a run would leave as they are, and that need a look.
    LeftBehind { objects: u64 },
    /// To what else lives off a bucket.
    #[serde(untagged)]
    Neighbour(NeighbourHazard),
    /// To whoever reads without the new key.
    #[serde(untagged)]
    Reader(ReaderHazard),
}

impl Hazard {
    /// For people.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::VersionsKept { buckets } => format!(
                "versioned: a copy makes a new version, and the old one stays readable, keeps its old encryption and is billed, in {}",
                names(buckets)
            ),
            Self::BackupsKept { place, buckets } if buckets.is_empty() => format!(
                "no bucket needs the backups in {place}: all of them keep old versions by themselves"
            ),
            Self::BackupsKept { place, buckets } => format!(
                "what a copy replaces in {} is copied to {place} first: twice the copies, and the backups are billed until you remove them",
                names(buckets)
            ),
            Self::LastModifiedReset => "a copy resets LastModified, and perhaps the ETag: date filters, caches and whoever synchronises by them take the object for a new one; --strategy update copies nothing".to_owned(),
            Self::NotPutBack => "a copy in parts loses annotations, and any copy a retention that ran out".to_owned(),
            Self::EncryptionContextLost => "a KMS encryption context of your own is lost: S3 never tells it, so nothing can put it back; leave such objects out with --exclude-prefix".to_owned(),
            Self::ForeignKey { key } => format!(
                "the key belongs to account {}, not to the buckets' owner: every object must be copied, since UpdateObjectEncryption takes keys of the owner only",
                key.account()
            ),
            Self::Retrieval { objects, bytes } => format!(
                "{objects} objects ({bytes} bytes) in infrequent-access classes would be copied: S3 bills the retrieval, and an early deletion where they are young"
            ),
            Self::UnfencedCopies { buckets } => format!(
                "copies are not fenced in {}: a write by somebody else in the instant of a copy could be lost (you accepted that with --accept-unfenced-copies)",
                names(buckets)
            ),
            Self::AssumedCapabilities => "a plan changes nothing, so it doesn't probe: it assumes what AWS documents (update works, copies can be fenced); `reseal probe` finds out".to_owned(),
            Self::LeftBehind { objects } => format!(
                "{objects} objects would be left as they are and need a look: see the skips and failures above"
            ),
            Self::Neighbour(hazard) => hazard.text(),
            Self::Reader(hazard) => hazard.text(),
        }
    }
}

impl From<NeighbourHazard> for Hazard {
    fn from(hazard: NeighbourHazard) -> Self {
        Self::Neighbour(hazard)
    }
}

impl From<ReaderHazard> for Hazard {
    fn from(hazard: ReaderHazard) -> Self {
        Self::Reader(hazard)
    }
}

fn names(buckets: &[BucketName]) -> String {
    shortened(&buckets.iter().map(BucketName::as_str).collect::<Vec<_>>())
}

/// The first few, and how many more there are.
fn shortened<T: AsRef<str>>(names: &[T]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
