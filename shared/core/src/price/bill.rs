//! What is billed, counted object by object.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::{
    Action, Encryption, MAX_PARTS, ObjectHead, PartPlan, PartSizing, Policy, RestoreTerms,
    RestoreTier, StorageClass, Target, Timestamp,
};

/// What it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// HEAD, to decide.
    Look,
    /// HEAD that failed: what else the object costs isn't known.
    FailedLook,
    /// UpdateObjectEncryption.
    Update,
    /// A copy in one request.
    Copy,
    /// A copy in parts.
    MultipartCopy,
    /// Bringing it back from an archive within hours.
    RestoreStandard,
    /// The same within two days.
    RestoreBulk,
    /// The same within minutes.
    RestoreExpedited,
    /// The copy that is kept of what is replaced.
    Backup,
    /// The marker tag, on what is at the target already.
    Mark,
    /// A fleet's own queue, table and files.
    Fleet,
}

impl Work {
    /// Bringing objects back so fast.
    #[must_use]
    pub fn restore(tier: RestoreTier) -> Self {
        match tier {
            RestoreTier::Standard => Self::RestoreStandard,
            RestoreTier::Bulk => Self::RestoreBulk,
            RestoreTier::Expedited => Self::RestoreExpedited,
        }
    }

    /// How fast objects are brought back; `None` for all other work.
    #[must_use]
    pub fn tier(self) -> Option<RestoreTier> {
        match self {
            Self::RestoreStandard => Some(RestoreTier::Standard),
            Self::RestoreBulk => Some(RestoreTier::Bulk),
            Self::RestoreExpedited => Some(RestoreTier::Expedited),
            Self::Look
            | Self::FailedLook
            | Self::Update
            | Self::Copy
            | Self::MultipartCopy
            | Self::Backup
            | Self::Mark
            | Self::Fleet => None,
        }
    }
}

/// So much of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantities {
    /// Objects.
    pub objects: u64,
    /// Their bytes, as far as they are known.
    pub bytes: u64,
    /// PUT, COPY, POST or LIST requests.
    pub writes: u64,
    /// GET, HEAD and all other requests.
    pub reads: u64,
    /// KMS requests that no bucket key saves.
    pub kms: u64,
    /// KMS requests of which bucket keys save nearly all.
    pub kms_through_bucket_keys: u64,
    /// Bytes read from classes that charge for it.
    pub retrieved_bytes: u64,
    /// Bytes that copies write under DSSE-KMS, and those that they read from it.
    pub dsse_bytes: u64,
    /// Bytes times days that a class bills although the object was replaced.
    pub early_byte_days: u64,
    /// Bytes of old versions that stay, and are billed.
    pub superseded_bytes: u64,
    /// Bytes of backups that stay, as their class bills them.
    pub backup_bytes: u64,
    /// Requests to restore, which have prices of their own.
    pub restores: u64,
    /// Bytes brought back by them.
    pub restored_bytes: u64,
    /// Bytes times days for which restored copies are kept, beside the object.
    pub restored_byte_days: u64,
}

/// What HEAD doesn't tell and is restated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restated {
    /// The bucket uses ACLs.
    pub acl: bool,
    /// A marker tag is wanted.
    pub marker: bool,
}

/// What a job does with every object of a bucket alike, as far as it costs.
#[derive(Clone, Copy, Debug)]
pub struct BilledTerms<'a> {
    /// The job's target.
    pub target: &'a Target,
    /// The job's choices: what was restored changes its class.
    pub policy: &'a Policy,
    /// What is restated.
    pub restated: Restated,
    /// Whether the bucket keeps what a copy replaces.
    pub keeps_versions: bool,
    /// What a copy replaces is copied elsewhere first.
    pub backed_up: bool,
    /// Now: classes bill a minimum of days.
    pub now: Timestamp,
}

/// All that is billed, by what it is for and the class that it is on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bill(BTreeMap<(Work, StorageClass), Quantities>);

/// Reads of a copy in parts, at most: tags four times (before, just before
/// Complete, on the copy, on the old version), the checksum twice, the list of
/// annotations twice, how the source was cut, the HEAD that proves it.
const IN_PARTS: u64 = 10;

/// Seconds in a day.
const DAY: u64 = 86_400;

/// Each is told how many `objects` the one that was seen stands for.
impl Bill {
    /// One look at an object of this size.
    pub fn look(&mut self, class: &StorageClass, bytes: u64, objects: u64) {
        let looked = Quantities { objects: 1, bytes, reads: 1, ..Quantities::default() };
        self.add(Work::Look, class, looked.times(objects));
    }

    /// A look that failed.
    pub fn failed_look(&mut self, bytes: u64, objects: u64) {
        let looked = Quantities { objects: 1, bytes, reads: 1, ..Quantities::default() };
        self.add(Work::FailedLook, &StorageClass::standard(), looked.times(objects));
    }

    /// A tag put onto an object that is at the target, at most: it may have it.
    /// Its tags are read before and after, and it is looked at once more.
    pub fn mark(&mut self, class: &StorageClass, objects: u64) {
        let marked = Quantities { objects: 1, writes: 1, reads: 3, ..Quantities::default() };
        self.add(Work::Mark, class, marked.times(objects));
    }

    /// One action on an object, with its proof.
    pub fn action(
        &mut self,
        action: &Action,
        head: &ObjectHead,
        terms: &BilledTerms<'_>,
        objects: u64,
    ) {
        let class = &head.attributes.storage_class;
        let work = match action {
            Action::Update(_) => Work::Update,
            Action::Copy => Work::Copy,
            Action::Multipart => Work::MultipartCopy,
            Action::Restore(terms) => Work::restore(terms.tier),
        };
        let requests = requests(action, head, terms);
        if !matches!(action, Action::Copy | Action::Multipart) {
            return self.add(work, class, requests.times(objects));
        }
        let requests = Quantities { dsse_bytes: dsse_bytes(head, terms.target), ..requests };
        // What is written is billed by the class that it gets, what is read and
        // replaced by the one that it has.
        self.add(work, &terms.policy.class_of_copy(head), requests.times(objects));
        let read = if class.charges_retrieval() { head.size } else { 0 };
        let moved = Quantities { retrieved_bytes: read, ..Quantities::default() };
        let replaced = if terms.keeps_versions {
            Quantities { superseded_bytes: head.size, ..moved }
        } else {
            Quantities { early_byte_days: early_byte_days(head, terms.now), ..moved }
        };
        self.add(work, class, replaced.times(objects));
        if terms.backed_up {
            let (reads, backup_bytes) = (requests.reads + 1, head.size.max(class.minimum_bytes()));
            let kept = Quantities { reads, retrieved_bytes: read, backup_bytes, ..requests };
            self.add(Work::Backup, class, kept.times(objects));
        }
    }

    fn add(&mut self, work: Work, class: &StorageClass, quantities: Quantities) {
        *self.0.entry((work, class.clone())).or_default() += quantities;
    }

    /// All entries.
    pub fn entries(&self) -> impl Iterator<Item = (Work, &StorageClass, &Quantities)> {
        self.0.iter().map(|((work, class), all)| (*work, class, all))
    }

    /// The sum over all entries.
    #[must_use]
    pub fn sum(&self) -> Quantities {
        let mut sum = Quantities::default();
        self.0.values().for_each(|all| sum += *all);
        sum
    }
}

/// What bucket keys can't save, and what they can.
#[derive(Clone, Copy, Default)]
struct KmsCalls {
    dear: u64,
    cheap: u64,
}

impl KmsCalls {
    fn to_read(encryption: &Encryption) -> Self {
        match encryption {
            Encryption::SseKms { bucket_key: true, .. } => Self { dear: 0, cheap: 1 },
            Encryption::SseKms { .. } | Encryption::DsseKms { .. } => Self { dear: 1, cheap: 0 },
            Encryption::None | Encryption::SseS3 | Encryption::SseC => Self::default(),
        }
    }

    fn to_write(target: &Target) -> Self {
        match target {
            Target::SseS3 => Self::default(),
            Target::SseKms(kms) if kms.bucket_key => Self { dear: 0, cheap: 1 },
            Target::SseKms(_) | Target::DsseKms { .. } => Self { dear: 1, cheap: 0 },
        }
    }
}

fn requests(action: &Action, head: &ObjectHead, terms: &BilledTerms<'_>) -> Quantities {
    let Restated { acl, marker } = terms.restated;
    let (acl, marker) = (u64::from(acl), u64::from(marker));
    let (read, write) = (KmsCalls::to_read(&head.encryption), KmsCalls::to_write(terms.target));
    // KMS of each part, at most: what S3 asks it for is nowhere told.
    let (writes, reads, times) = match action {
        // Re-wrapping the data key decrypts with one key and encrypts with the other.
        Action::Update(_) => (1 + marker, 1 + 3 * marker, 1),
        // What is restated is read before, on the copy and on the old version.
        Action::Copy => (1, 3 * (acl + marker), 1),
        // The copy that follows belongs to a later run, and so does its price.
        Action::Restore(terms) => return restored(head, terms),
        Action::Multipart => {
            let parts = parts_at_most(head);
            (parts + 2, IN_PARTS + 4 * acl, parts)
        }
    };
    Quantities {
        objects: 1,
        bytes: head.size,
        writes,
        reads,
        kms: times * (read.dear + write.dear),
        kms_through_bucket_keys: times * (read.cheap + write.cheap),
        ..Quantities::default()
    }
}

/// In large parts, or in the source's own: where its checksum is made of
/// theirs, only those give the same one again. Only a read that the estimate
/// doesn't spend would tell.
fn parts_at_most(head: &ObjectHead) -> u64 {
    let large = PartPlan::new(head.size, PartSizing::default()).map_or(0, |plan| plan.count());
    let own = head.etag.parts().max(head.parts_count).unwrap_or_default();
    u64::from(large.max(own.min(MAX_PARTS)))
}

/// Both ends of a copy: AWS charges for DSSE-KMS by the byte.
fn dsse_bytes(head: &ObjectHead, target: &Target) -> u64 {
    let from = matches!(head.encryption, Encryption::DsseKms { .. });
    let to = matches!(target, Target::DsseKms { .. });
    head.size.saturating_mul(u64::from(from) + u64::from(to))
}

/// Intelligent-Tiering brings objects back for good: no copy is kept beside.
fn restored(head: &ObjectHead, terms: &RestoreTerms) -> Quantities {
    let days = if head.attributes.storage_class.is_archive() { u64::from(terms.days) } else { 0 };
    Quantities {
        objects: 1,
        bytes: head.size,
        restores: 1,
        restored_bytes: head.size,
        restored_byte_days: days.saturating_mul(head.size),
        ..Quantities::default()
    }
}

/// What the class bills for the days that are left of its minimum, by size; it
/// bills small objects as if they were larger.
fn early_byte_days(head: &ObjectHead, now: Timestamp) -> u64 {
    let class = &head.attributes.storage_class;
    let age = now.since(head.last_modified).as_secs() / DAY;
    let left = class.minimum_days().saturating_sub(age);
    left.saturating_mul(head.size.max(class.minimum_bytes()))
}

impl Quantities {
    /// That of so many objects like it.
    fn times(self, objects: u64) -> Self {
        self.each(Self::default(), |own, _| own.saturating_mul(objects))
    }

    fn each(self, other: Self, with: impl Fn(u64, u64) -> u64) -> Self {
        let Self {
            objects,
            bytes,
            writes,
            reads,
            kms,
            kms_through_bucket_keys,
            retrieved_bytes,
            dsse_bytes,
            early_byte_days,
            superseded_bytes,
            backup_bytes,
            restores,
            restored_bytes,
            restored_byte_days,
        } = self;
        Self {
            objects: with(objects, other.objects),
            bytes: with(bytes, other.bytes),
            writes: with(writes, other.writes),
            reads: with(reads, other.reads),
            kms: with(kms, other.kms),
            kms_through_bucket_keys: with(kms_through_bucket_keys, other.kms_through_bucket_keys),
            retrieved_bytes: with(retrieved_bytes, other.retrieved_bytes),
            dsse_bytes: with(dsse_bytes, other.dsse_bytes),
            early_byte_days: with(early_byte_days, other.early_byte_days),
            superseded_bytes: with(superseded_bytes, other.superseded_bytes),
            backup_bytes: with(backup_bytes, other.backup_bytes),
            restores: with(restores, other.restores),
            restored_bytes: with(restored_bytes, other.restored_bytes),
            restored_byte_days: with(restored_byte_days, other.restored_byte_days),
        }
    }
}

impl AddAssign for Quantities {
    fn add_assign(&mut self, other: Self) {
        *self = self.each(other, u64::saturating_add);
    }
}
