//! ListObjectVersions.

use std::sync::Arc;

use super::super::bucket::Bucket;
use super::super::version::{Entry, Version, VersionStack};
use super::super::{
    Caller, Fault, ListVersions, ListedVersion, Model, Response, VersionId, VersionPage,
};
use super::page_size;
use super::roll::{Rolled, Walk};

/// A page in the making.
struct Filling<'a> {
    bucket: &'a Bucket,
    page: VersionPage,
    max: usize,
    last: Option<(String, Option<VersionId>)>,
}

impl Filling<'_> {
    fn is_full(&self) -> bool {
        self.page.versions.len() + self.page.prefixes.len() == self.max
    }

    /// Adds the versions of one key, without those up to `after`; false if they don't fit.
    fn add_key(&mut self, key: &str, stack: &VersionStack, after: Option<VersionId>) -> bool {
        let mut skipping = after.is_some();
        for (index, version) in stack.newest_first().enumerate() {
            if skipping {
                skipping = Some(version.id) != after;
                continue;
            }
            if self.is_full() {
                return false;
            }
            self.page.versions.push(list_version(self.bucket, key, version, index == 0));
            self.last = Some((key.to_owned(), Some(version.id)));
        }
        true
    }
}

fn list_version(bucket: &Bucket, key: &str, version: &Version, is_latest: bool) -> ListedVersion {
    let (entry, owner) = match &version.entry {
        Entry::Object(object) => (Ok(Arc::clone(object)), bucket.foreign_owner(object)),
        Entry::DeleteMarker(date) => (Err(*date), None),
    };
    ListedVersion { key: key.to_owned(), version_id: version.id, is_latest, entry, owner }
}

impl Model {
    pub(in super::super) fn list_versions(
        &self,
        caller: &Caller,
        list: &ListVersions,
    ) -> Result<Response, Fault> {
        let ListVersions { bucket, prefix, delimiter, key_marker, version_marker, max } = list;
        let bucket = self.bucket(caller, bucket)?;
        let delimiter = delimiter.as_deref();
        let resume = resume_point(key_marker.as_deref(), version_marker.as_deref())?;
        let mut walk = Walk::new(&bucket.objects, prefix, delimiter, key_marker.as_deref());
        if let Some((key, _)) = resume {
            walk = walk.resume_at(key);
        }
        let owner = bucket.home.account.clone();
        let page = VersionPage { owner, ..VersionPage::default() };
        let mut filling = Filling { bucket, page, max: page_size(*max), last: None };
        if filling.max == 0 {
            return Ok(Response::Versions(filling.page));
        }
        'stretches: loop {
            for (key, stack) in walk.stretch() {
                let fits = match Rolled::of(key, prefix, delimiter) {
                    Rolled::Key(key) => {
                        let after = resume.filter(|(at, _)| *at == key).map(|(_, id)| id);
                        filling.add_key(key, stack, after)
                    }
                    Rolled::Prefix(_) if filling.is_full() => false,
                    Rolled::Prefix(rolled) => {
                        filling.page.prefixes.push(rolled.to_owned());
                        filling.last = Some((rolled.to_owned(), None));
                        walk.skip(rolled);
                        continue 'stretches;
                    }
                };
                if !fits {
                    filling.page.next = filling.last;
                    break 'stretches;
                }
            }
            break;
        }
        Ok(Response::Versions(filling.page))
    }
}

fn resume_point<'a>(
    key: Option<&'a str>,
    version: Option<&str>,
) -> Result<Option<(&'a str, VersionId)>, Fault> {
    match (key, version.filter(|version| !version.is_empty())) {
        (_, None) => Ok(None),
        (None, Some(_)) => {
            Err(Fault::argument("A version-id marker cannot be specified without a key marker."))
        }
        (Some(key), Some(version)) => match VersionId::parse(version) {
            Some(id) => Ok(Some((key, id))),
            None => Err(Fault::argument("Invalid version id specified")),
        },
    }
}
