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
    /// Copies restate ACLs, whose owners they can't keep.
    AclsRestated { buckets: Vec<BucketName> },
    /// Copies reset ACLs, as the user accepted.
    AclsReset { buckets: Vec<BucketName> },
    /// Locked objects get a second version that is as locked.
    LocksDoubled { buckets: Vec<BucketName> },
    /// Nobody can read it, so nobody can put it back.
    EncryptionContextLost,
    /// Update isn't possible across accounts.
    ForeignKey { key: KeyArn, buckets: Vec<BucketName> },
    /// Copies from infrequent-access classes are billed for reading, and
    /// perhaps for leaving early.
    Retrieval { objects: u64, bytes: u64 },
    /// Restores are billed, and so are the copies that they make for a while.
    Restores { objects: u64, bytes: u64 },
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
            Self::NotPutBack => "a copy loses a retention that ran out; one of an object uploaded in parts has a checksum over the whole object instead of its parts; a copy in parts lacks its annotations for the moment that it takes to write them back".to_owned(),
            Self::AclsRestated { buckets } => format!(
                "object ACLs count in {}: copies restate every grant, at three reads an object; objects of other owners are left alone (foreign-owner), which only the run finds out; grants edited in the instant of a copy are found and named afterwards; --accept-acl-reset gives ACLs up",
                names(buckets)
            ),
            Self::AclsReset { buckets } => format!(
                "object ACLs count in {}, and copies reset them to private: whoever reads by a grant is locked out (you accepted that with --accept-acl-reset)",
                names(buckets)
            ),
            Self::LocksDoubled { buckets } => format!(
                "locked objects in {} get a new version under the same lock: both versions are billed until their locks end (--locked report leaves them as they are)",
                names(buckets)
            ),
            Self::EncryptionContextLost => "a KMS encryption context of your own is lost: S3 never tells it, so nothing can put it back; leave such objects out with --exclude-prefix".to_owned(),
            Self::ForeignKey { key, buckets } => format!(
                "the key belongs to account {}, not to the owner of {}: every object there must be copied, since UpdateObjectEncryption takes keys of the owner only",
                key.account(),
                names(buckets)
            ),
            Self::Retrieval { objects, bytes } => format!(
                "{objects} objects ({bytes} bytes) in infrequent-access classes would be copied: S3 bills the retrieval, and an early deletion where they are young"
            ),
            Self::Restores { objects, bytes } => format!(
                "the restore of {objects} archived objects ({bytes} bytes) would be requested: S3 bills the retrieval by tier and size, which the price below leaves out, and the restored copies by day; a later run copies them (--archived report leaves them as they are)"
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
