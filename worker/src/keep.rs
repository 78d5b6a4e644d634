//! What HEAD doesn't tell and a copy would lose: read just before it, and
//! compared once after it.
//!
//! No condition of S3's sees an edit of tags or ACL. So what was edited
//! between our read and the copy is looked for afterwards: on the copy, and,
//! where the bucket keeps it, on the version that was copied. What is found is
//! said (`drift`) and never overwritten.

use reseal_core::{
    Acl, AclTerms, FailReason, FullTags, ObjectHead, ObjectRef, Outcome, Protection, SkipReason,
    StoreError, StoreErrorKind, TagRoom, TagSet, VersionId,
};

use crate::object::{Task, Trouble};

/// What a copy restates besides what HEAD tells.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// The version that was copied, where the bucket keeps it.
    pub(crate) old: Option<VersionId>,
    pub(crate) protection: Protection,
    /// Where they are restated; else S3 carries them over by itself.
    pub(crate) tags: Option<RestatedTags>,
}

/// The tags that a copy is told.
#[derive(Clone, Debug)]
pub(crate) struct RestatedTags {
    pub(crate) before: TagSet,
    /// With the marker tag, where one is wanted and finds room.
    pub(crate) sent: TagSet,
}

impl RestatedTags {
    pub(crate) fn none() -> Self {
        Self { before: TagSet::new(), sent: TagSet::new() }
    }
}

impl Task<'_> {
    /// Reads it. `all_tags`: whether S3 would lose them.
    pub(crate) async fn keep(
        &mut self,
        head: &ObjectHead,
        all_tags: bool,
    ) -> Result<Kept, Trouble> {
        let source = self.object.at(head.version.clone());
        let tags = if all_tags || self.chunk.marker().is_some() {
            let before = self.read_tags(&source).await?;
            Some(RestatedTags { sent: self.tags_of_copy(&before)?, before })
        } else {
            None
        };
        let protection = Protection {
            acl: self.acl_to_keep(&source).await?,
            lock: head.lock.still_holds(self.now()),
        };
        Ok(Kept { old: head.version.clone(), protection, tags })
    }

    /// The ACL, where the bucket uses them. An object of another owner would
    /// change hands, so it is left alone.
    async fn acl_to_keep(&mut self, source: &ObjectRef) -> Result<Option<Acl>, Trouble> {
        let AclTerms::Kept { writer } = self.chunk.acls().clone() else { return Ok(None) };
        let acl = self.read_acl(source).await?;
        if acl.owner == writer {
            return Ok(Some(acl));
        }
        let detail = format!("owned by {}, a copy would be ours", acl.owner);
        Err(Trouble::Settled(Outcome::Skipped(SkipReason::ForeignOwner), Some(detail)))
    }

    /// What the copy's tags shall be.
    pub(crate) fn tags_of_copy(&mut self, before: &TagSet) -> Result<TagSet, Trouble> {
        let Some(marker) = self.chunk.marker() else { return Ok(before.clone()) };
        let (room, when_full) = (marker.beside(before), marker.when_full);
        let sent = match room {
            TagRoom::With(tags) => tags,
            TagRoom::Marked => before.clone(),
            TagRoom::Full if when_full == FullTags::Fail => return Err(too_many_tags()),
            TagRoom::Full => {
                self.no_room_for_the_tag();
                before.clone()
            }
        };
        self.marked = true;
        Ok(sent)
    }

    pub(crate) fn no_room_for_the_tag(&mut self) {
        self.marked = true;
        self.remark("has ten tags already: not marked".to_owned());
    }

    /// Compares a copy of ours, at this version, with what it was told. What
    /// can't be read isn't known to be as it should.
    pub(crate) async fn compare_kept(&mut self, made: Option<&VersionId>) {
        let Some(kept) = self.kept.take() else { return };
        if let Err(error) = self.try_compare(&kept, made).await {
            self.drifted(format!("its tags or ACL could not be compared: {error}"));
        }
    }

    pub(crate) async fn try_compare(
        &mut self,
        kept: &Kept,
        made: Option<&VersionId>,
    ) -> Result<(), StoreError> {
        let Kept { old, protection: Protection { acl, lock: _ }, tags } = kept;
        let made = self.object.at(made.cloned());
        let old = old.as_ref().filter(|old| made.version.as_ref() != Some(old));
        let old = old.map(|old| self.object.at(Some(old.clone())));
        if let Some(RestatedTags { before, sent }) = tags {
            let found = self.read_tags(&made).await?;
            let left = match &old {
                Some(old) => gone_is_none(self.read_tags(old).await)?,
                None => None,
            };
            let edited = old.as_ref().filter(|_| left.is_some_and(|left| left != *before));
            self.look_for_drift("tags", found == *sent, edited);
        }
        if let Some(acl) = acl {
            let found = self.read_acl(&made).await?;
            let left = match &old {
                Some(old) => gone_is_none(self.read_acl(old).await)?,
                None => None,
            };
            let edited = old.as_ref().filter(|_| left.is_some_and(|left| left != *acl));
            self.look_for_drift("ACL", found == *acl, edited);
        }
        Ok(())
    }

    /// Whether the copy has what was sent, and which old version has another
    /// than was read of it.
    fn look_for_drift(&mut self, what: &str, as_sent: bool, edited: Option<&ObjectRef>) {
        if !as_sent {
            self.drifted(format!("its {what} isn't what was copied: edited since"));
        } else if let Some(old) = edited {
            self.drifted(format!("{what} edited just before the copy is on {old} only"));
        }
    }

    pub(crate) async fn read_tags(&mut self, object: &ObjectRef) -> Result<TagSet, StoreError> {
        let context = self.chunk.context;
        context.read(object, || context.store.tags(object)).await
    }

    async fn read_acl(&mut self, object: &ObjectRef) -> Result<Acl, StoreError> {
        let context = self.chunk.context;
        context.read(object, || context.store.acl(object)).await
    }
}

pub(crate) fn too_many_tags() -> Trouble {
    let detail = "ten tags already, and none may be left out".to_owned();
    Trouble::Settled(Outcome::Failed(FailReason::TooManyTags), Some(detail))
}

/// A lifecycle rule may have removed the old version.
fn gone_is_none<T>(read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == StoreErrorKind::Gone => Ok(None),
        Err(error) => Err(error),
    }
}
