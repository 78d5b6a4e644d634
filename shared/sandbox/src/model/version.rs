//! The versions of one key.

use std::sync::Arc;

use super::attributes::ObjectVersion;
use super::ids::VersionId;
use super::moment::Moment;

/// What a version is.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// An object.
    Object(Arc<ObjectVersion>),
    /// A delete marker with its date.
    DeleteMarker(Moment),
}

/// One version of a key.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    /// Its id.
    pub(crate) id: VersionId,
    /// When its writing began, as a serial. The highest is the current version: S3
    /// orders versions by the start of a multipart upload, not by its completion.
    pub(crate) order: u64,
    /// Object or delete marker.
    pub(crate) entry: Entry,
}

/// All versions of one key, never empty while it is in a bucket.
#[derive(Debug, Clone, Default)]
pub(crate) struct VersionStack {
    /// In ascending order.
    versions: Vec<Version>,
}

impl VersionStack {
    /// The newest version, delete marker or not.
    pub(crate) fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// The current object, unless a delete marker hides it.
    pub(crate) fn current(&self) -> Option<(VersionId, &Arc<ObjectVersion>)> {
        match self.latest()? {
            Version { id, entry: Entry::Object(object), .. } => Some((*id, object)),
            Version { entry: Entry::DeleteMarker(_), .. } => None,
        }
    }

    pub(crate) fn find(&self, id: VersionId) -> Option<&Version> {
        self.versions.iter().rev().find(|version| version.id == id)
    }

    pub(crate) fn find_mut(&mut self, id: VersionId) -> Option<&mut Version> {
        self.versions.iter_mut().rev().find(|version| version.id == id)
    }

    /// Adds `version` at its place; a null version replaces the null version before it.
    pub(crate) fn push(&mut self, version: Version) {
        if version.id == VersionId::Null {
            self.remove(VersionId::Null);
        }
        // Most keys have one version: don't let the vector grow to four.
        self.versions.reserve_exact(1);
        let place = self.versions.partition_point(|other| other.order <= version.order);
        self.versions.insert(place, version);
    }

    pub(crate) fn remove(&mut self, id: VersionId) -> Option<Version> {
        let index = self.versions.iter().rposition(|version| version.id == id)?;
        Some(self.versions.remove(index))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Version> {
        self.versions.iter().rev()
    }
}
