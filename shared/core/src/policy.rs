//! The user's choices, as far as they decide what is done with an object.

use serde::{Deserialize, Serialize};

use crate::{ArchiveState, ObjectHead, StorageClass, TagSet};

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

/// What becomes of objects under a governance retention or a legal hold. Under
/// a compliance retention they are always left alone: a new version would be
/// locked in turn, and nobody could undo that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Locked {
    /// Left as they are, and reported.
    #[default]
    Report,
    /// Copied into a new version under the same lock. The old version stays,
    /// as locked as it was.
    Copy,
}

/// How fast, and how dear, a restore is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RestoreTier {
    /// Hours.
    Standard,
    /// Half a day to two days; the cheapest.
    Bulk,
    /// Minutes; the dearest, and not from DEEP_ARCHIVE.
    Expedited,
}

impl RestoreTier {
    /// S3's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Bulk => "Bulk",
            Self::Expedited => "Expedited",
        }
    }
}

/// How archived objects are brought back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreTerms {
    /// For how many days the restored copy can be read.
    pub days: u32,
    /// How fast.
    pub tier: RestoreTier,
    /// The class that the re-encrypted object gets: its own can't be kept
    /// without archiving it anew.
    pub class: StorageClass,
}

/// What becomes of archived objects that only a copy would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Archived {
    /// Left as they are, and reported.
    #[default]
    Report,
    /// Restored now, and copied by a later run.
    Restore(RestoreTerms),
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
    /// What becomes of locked objects.
    #[serde(default)]
    pub locked: Locked,
    /// What becomes of archived objects.
    #[serde(default)]
    pub archived: Archived,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            strategy: Strategy::Auto,
            single_copy_limit: crate::MAX_SINGLE_COPY,
            locked: Locked::Report,
            archived: Archived::Report,
        }
    }
}

impl Policy {
    /// The storage class that a copy of this object gets: its own, but for
    /// what was restored from an archive.
    #[must_use]
    pub fn class_of_copy(&self, head: &ObjectHead) -> StorageClass {
        let own = &head.attributes.storage_class;
        match &self.archived {
            Archived::Restore(terms)
                if own.is_archive() && head.archive == ArchiveState::Restored =>
            {
                terms.class.clone()
            }
            Archived::Restore(_) | Archived::Report => own.clone(),
        }
    }
}

/// What to do about an object that has no room for the marker tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FullTags {
    /// Re-encrypt it without the tag, and say so.
    #[default]
    SkipTag,
    /// Leave it as it is, and count it as failed.
    Fail,
}

/// A tag that every object gets which is at the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkerTag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// What if ten others are there.
    #[serde(default)]
    pub when_full: FullTags,
}

/// Whether the marker tag finds room beside an object's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagRoom {
    /// It is there already.
    Marked,
    /// These would be the object's tags.
    With(TagSet),
    /// S3 allows no more tags.
    Full,
}

/// S3's limit on the tags of an object.
const MAX_TAGS: usize = 10;

impl MarkerTag {
    /// Puts it beside these tags.
    #[must_use]
    pub fn beside(&self, tags: &TagSet) -> TagRoom {
        if tags.get(&self.key) == Some(&self.value) {
            return TagRoom::Marked;
        }
        let mut with = tags.clone();
        with.insert(self.key.clone(), self.value.clone());
        if with.len() > MAX_TAGS { TagRoom::Full } else { TagRoom::With(with) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_replaces_its_own_key_and_never_another() {
        let marker =
            MarkerTag { key: "m".to_owned(), value: "1".to_owned(), when_full: FullTags::SkipTag };
        let tags =
            |n: usize| -> TagSet { (0..n).map(|i| (format!("t{i}"), String::new())).collect() };
        assert!(matches!(marker.beside(&tags(9)), TagRoom::With(with) if with.len() == 10));
        assert_eq!(marker.beside(&tags(10)), TagRoom::Full);
        let mut other = tags(9);
        other.insert("m".to_owned(), "0".to_owned());
        assert!(matches!(marker.beside(&other), TagRoom::With(with) if with["m"] == "1"));
        other.insert("m".to_owned(), "1".to_owned());
        assert_eq!(marker.beside(&other), TagRoom::Marked);
    }
}
