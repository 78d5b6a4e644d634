//! Which objects of the sources a job takes.

use serde::{Deserialize, Serialize};

use crate::{Encryption, ObjectHead, ObjectKey, SourceRow, StorageClass, Timestamp};

/// An encryption to select by, in S3 Inventory's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EncryptionFilter {
    /// Stored in the clear.
    #[serde(rename = "NOT-SSE")]
    NotSse,
    /// SSE-S3.
    #[serde(rename = "SSE-S3")]
    SseS3,
    /// SSE-KMS.
    #[serde(rename = "SSE-KMS")]
    SseKms,
    /// DSSE-KMS.
    #[serde(rename = "DSSE-KMS")]
    DsseKms,
}

impl EncryptionFilter {
    fn matches(self, encryption: &Encryption) -> bool {
        match self {
            Self::NotSse => matches!(encryption, Encryption::None),
            Self::SseS3 => matches!(encryption, Encryption::SseS3),
            Self::SseKms => matches!(encryption, Encryption::SseKms { .. }),
            Self::DsseKms => matches!(encryption, Encryption::DsseKms { .. }),
        }
    }
}

/// The selection; empty lists and absent bounds select everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Only objects encrypted so now.
    pub only: Vec<EncryptionFilter>,
    /// Only objects under this key now, as HEAD reports it.
    pub source_kms_key: Option<String>,
    /// No keys beginning so.
    pub exclude_prefixes: Vec<String>,
    /// No smaller objects, in bytes.
    pub min_size: Option<u64>,
    /// No larger objects, in bytes.
    pub max_size: Option<u64>,
    /// Only objects last modified before.
    pub modified_before: Option<Timestamp>,
    /// Only objects last modified at or after.
    pub modified_after: Option<Timestamp>,
    /// Only objects of these classes.
    pub storage_classes: Vec<StorageClass>,
}

impl Selection {
    /// Whether a source's row may be in the selection. Rows that say too
    /// little pass: HEAD decides.
    #[must_use]
    pub fn may_take(&self, row: &SourceRow) -> bool {
        self.may_take_key(&row.key)
            && row.size.is_none_or(|size| self.takes_size(size))
            && row.last_modified.is_none_or(|time| self.takes_time(time))
            && row.storage_class.as_ref().is_none_or(|class| self.takes_class(class))
    }

    /// Whether it asks anything of an object but its key.
    #[must_use]
    pub fn looks_at_objects(&self) -> bool {
        let Self {
            only,
            source_kms_key,
            exclude_prefixes: _,
            min_size,
            max_size,
            modified_before,
            modified_after,
            storage_classes,
        } = self;
        !(only.is_empty() && storage_classes.is_empty())
            || source_kms_key.is_some()
            || min_size.or(*max_size).is_some()
            || modified_before.or(*modified_after).is_some()
    }

    /// [`may_take`](Self::may_take) by the key alone, which can't be out of date.
    #[must_use]
    pub fn may_take_key(&self, key: &ObjectKey) -> bool {
        !self.exclude_prefixes.iter().any(|p| key.as_str().starts_with(p.as_str()))
    }

    /// Whether an object is in the selection, as its HEAD shows it.
    #[must_use]
    pub fn takes(&self, head: &ObjectHead) -> bool {
        let only = self.only.is_empty() || self.only.iter().any(|f| f.matches(&head.encryption));
        let key = self.source_kms_key.as_deref().is_none_or(|k| head.encryption.key() == Some(k));
        only && key
            && self.takes_size(head.size)
            && self.takes_time(head.last_modified)
            && self.takes_class(&head.attributes.storage_class)
    }

    fn takes_size(&self, size: u64) -> bool {
        self.min_size.is_none_or(|min| size >= min) && self.max_size.is_none_or(|max| size <= max)
    }

    fn takes_time(&self, time: Timestamp) -> bool {
        self.modified_before.is_none_or(|before| time < before)
            && self.modified_after.is_none_or(|after| time >= after)
    }

    fn takes_class(&self, class: &StorageClass) -> bool {
        self.storage_classes.is_empty() || self.storage_classes.contains(class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_says_little_passes_and_a_row_that_says_no_does_not() {
        let selection = Selection {
            exclude_prefixes: vec!["logs/".to_owned()],
            max_size: Some(10),
            ..Selection::default()
        };
        let mut row = SourceRow::of_key(ObjectKey::new("data/a").expect("a key"));
        assert!(selection.may_take(&row));
        row.size = Some(11);
        assert!(!selection.may_take(&row));
        let logs = SourceRow::of_key(ObjectKey::new("logs/a").expect("a key"));
        assert!(!selection.may_take(&logs));
    }
}
