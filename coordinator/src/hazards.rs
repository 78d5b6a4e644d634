//! What a run brings with it that its owner should know beforehand.

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
            Self::LastModifiedReset => "a copy resets LastModified, and perhaps the ETag: lifecycle clocks start anew, date filters and caches notice; events fire and replication copies again".to_owned(),
            Self::NotPutBack => "a copy in parts loses annotations, and any copy a retention that ran out, and a KMS encryption context of your own".to_owned(),
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
        }
    }
}

fn names(buckets: &[BucketName]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = buckets.iter().take(SHOWN).map(BucketName::as_str).collect();
    let more = buckets.len().saturating_sub(SHOWN);
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
