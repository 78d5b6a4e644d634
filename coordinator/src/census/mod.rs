//! What there is: objects counted by bucket, encryption, key, class, version
//! and size.
//!
//! Owns: the groups, their counts, and how they are shown.
//! Never: asks anybody; the command does that.
//! Next: `render` for what people and spreadsheets see.

mod render;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use reseal_core::{
    BucketKeyStatus, BucketName, Encryption, EncryptionStatus, ObjectHead, OutcomeRow, SourceRow,
};
use serde::Serialize;

use crate::sources::ReportCounts;

pub(crate) use render::{Shown, write_csv};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// How large an object is, cut where something changes: its price in classes
/// that bill 128 KiB at least, and how it can be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum Band {
    /// Nothing in it.
    #[serde(rename = "0 B")]
    Empty,
    /// Billed as 128 KiB in STANDARD_IA, ONEZONE_IA and GLACIER_IR.
    #[serde(rename = "< 128 KiB")]
    Tiny,
    #[serde(rename = "< 1 MiB")]
    Small,
    #[serde(rename = "< 128 MiB")]
    Medium,
    #[serde(rename = "<= 5 GiB")]
    Large,
    /// Copied in parts only: CopyObject's limit is 5 GiB.
    #[serde(rename = "> 5 GiB")]
    InParts,
    /// Nobody said.
    #[serde(rename = "?")]
    Unknown,
}

impl Band {
    /// In the order of their discriminants.
    pub(crate) const ALL: [Self; 7] = [
        Self::Empty,
        Self::Tiny,
        Self::Small,
        Self::Medium,
        Self::Large,
        Self::InParts,
        Self::Unknown,
    ];

    pub(crate) fn of(size: Option<u64>) -> Self {
        let Some(size) = size else { return Self::Unknown };
        match size {
            0 => Self::Empty,
            _ if size < 128 * KIB => Self::Tiny,
            _ if size < MIB => Self::Small,
            _ if size < 128 * MIB => Self::Medium,
            _ if size <= 5 * GIB => Self::Large,
            _ => Self::InParts,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Empty => "0 B",
            Self::Tiny => "< 128 KiB",
            Self::Small => "< 1 MiB",
            Self::Medium => "< 128 MiB",
            Self::Large => "<= 5 GiB",
            Self::InParts => "> 5 GiB",
            Self::Unknown => "?",
        }
    }
}

/// How something is encrypted, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Seal {
    /// S3 Inventory's word, or `?` for what couldn't be looked at.
    pub(crate) encryption: &'static str,
    /// The KMS key, which S3 tells and reports don't.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kms_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bucket_key: Option<bool>,
}

impl Seal {
    pub(crate) fn unknown() -> Self {
        Self { encryption: "?", kms_key: None, bucket_key: None }
    }

    /// An object that S3 shows nobody without the key that its writer has.
    pub(crate) fn sse_c() -> Self {
        (&Encryption::SseC).into()
    }

    /// As a report tells it, where it does.
    fn told(row: &SourceRow) -> Option<Self> {
        Some(Self::of(row.encryption_status?, row.bucket_key_status))
    }

    fn of(status: EncryptionStatus, bucket_key: Option<BucketKeyStatus>) -> Self {
        let bucket_key = bucket_key.map(|status| status == BucketKeyStatus::Enabled);
        Self { encryption: status.word(), kms_key: None, bucket_key }
    }
}

impl From<&Encryption> for Seal {
    fn from(encryption: &Encryption) -> Self {
        let bucket_key = match encryption {
            Encryption::SseKms { bucket_key, .. } => Some(*bucket_key),
            _ => None,
        };
        let kms_key = encryption.key().map(str::to_owned);
        Self { encryption: encryption.kind(), kms_key, bucket_key }
    }
}

/// Which of a key's versions it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Layer {
    Current,
    Noncurrent,
}

impl Layer {
    fn of(is_latest: bool) -> Self {
        if is_latest { Self::Current } else { Self::Noncurrent }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Noncurrent => "noncurrent",
        }
    }
}

/// Objects that have all of this in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Group {
    pub(crate) bucket: BucketName,
    #[serde(flatten)]
    pub(crate) seal: Seal,
    /// Of a job's census: what became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<Seal>,
    pub(crate) storage_class: String,
    /// Not in a job's census, whose report doesn't tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<Layer>,
    pub(crate) size: Band,
}

/// How many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Count {
    pub(crate) objects: u64,
    pub(crate) bytes: u64,
}

/// What was counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Census {
    groups: BTreeMap<Group, Count>,
    /// Delete markers hold nothing that could be encrypted.
    pub(crate) delete_markers: u64,
    /// Named by a source, and not there any more.
    pub(crate) gone: u64,
    /// Looked at in vain.
    pub(crate) not_seen: u64,
    /// Rows of a job that aren't settled yet.
    pub(crate) not_settled: u64,
}

impl Census {
    /// Counts a row by what its source says; false when the source doesn't
    /// say how the object is encrypted.
    pub(crate) fn told(&mut self, bucket: &BucketName, row: &SourceRow) -> bool {
        if row.is_delete_marker {
            self.delete_markers += 1;
            return true;
        }
        let Some(seal) = Seal::told(row) else { return false };
        self.add(bucket, row, seal);
        true
    }

    /// Counts what a report's rows come to.
    pub(crate) fn report(&mut self, bucket: &BucketName, counts: &ReportCounts) {
        self.delete_markers += counts.delete_markers;
        for (alike, count) in counts.groups() {
            let group = Group {
                bucket: bucket.clone(),
                seal: Seal::of(alike.encryption_status, alike.bucket_key_status),
                after: None,
                storage_class: alike.storage_class.unwrap_or("?").to_owned(),
                version: Some(Layer::of(alike.is_latest)),
                size: alike.band,
            };
            self.group(group, count);
        }
    }

    /// Counts an object as S3 shows it.
    pub(crate) fn seen(&mut self, bucket: &BucketName, row: &SourceRow, head: &ObjectHead) {
        let class = &head.attributes.storage_class;
        let row =
            SourceRow { size: Some(head.size), storage_class: Some(class.clone()), ..row.clone() };
        self.add(bucket, &row, (&head.encryption).into());
    }

    /// Counts an object of which only its source knows something.
    pub(crate) fn add(&mut self, bucket: &BucketName, row: &SourceRow, seal: Seal) {
        let class = row.storage_class.as_ref().map_or("?", |class| class.as_str());
        let group = Group {
            bucket: bucket.clone(),
            seal,
            after: None,
            storage_class: class.to_owned(),
            version: Some(Layer::of(row.is_latest)),
            size: Band::of(row.size),
        };
        self.group(group, Count { objects: 1, bytes: row.size.unwrap_or(0) });
    }

    /// Counts a row of a job's report: before and after.
    pub(crate) fn settled(&mut self, row: &OutcomeRow) {
        let before = row.before.as_ref();
        let seal = before.map_or_else(Seal::unknown, |before| (&before.encryption).into());
        // What nothing was done with is as it was.
        let after = row.after.as_ref().map_or_else(|| seal.clone(), |s| (&s.encryption).into());
        let size = before.map(|before| before.size);
        let class = before.map_or("?", |before| before.storage_class.as_str());
        let group = Group {
            bucket: row.object.bucket.clone(),
            seal,
            after: Some(after),
            storage_class: class.to_owned(),
            version: None,
            size: Band::of(size),
        };
        self.group(group, Count { objects: 1, bytes: size.unwrap_or(0) });
    }

    fn group(&mut self, group: Group, more: Count) {
        let count = self.groups.entry(group).or_default();
        count.objects += more.objects;
        count.bytes = count.bytes.saturating_add(more.bytes);
    }

    /// All objects.
    pub(crate) fn total(&self) -> Count {
        self.groups.values().fold(Count::default(), |all, group| Count {
            objects: all.objects + group.objects,
            bytes: all.bytes.saturating_add(group.bytes),
        })
    }
}
