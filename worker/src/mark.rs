//! The marker tag on objects that weren't copied: updated by us, or at the
//! target already. What is copied gets it in the copy.
//!
//! PutObjectTagging knows no condition: the tags are read just before and
//! again after, the version is named where there is one, and where there is
//! none the object is looked at once more, since the tag may have met what
//! somebody wrote in between.

use reseal_core::{
    FailReason, FullTags, ObjectHead, ObjectRef, Outcome, PauseReason, Snapshot, StoreError,
    StoreErrorKind, TagRoom, TagSet, VersionId,
};

use crate::ending::Ended;
use crate::look::head as look_head;
use crate::object::{Halt, Task, Trouble};
use crate::pace::Cost;

impl Task<'_> {
    /// Marks what ended at the target; `None` means to look again.
    pub(crate) async fn marked(&mut self, ended: Ended) -> Result<Option<Ended>, Halt> {
        let at_target = matches!(ended.outcome, Outcome::ReEncrypted | Outcome::AlreadyCompliant);
        let Some(after) = ended.after.clone().filter(|_| at_target && !self.marked) else {
            return Ok(Some(ended));
        };
        if self.chunk.marker().is_none() {
            return Ok(Some(ended));
        }
        match self.mark(&after).await {
            Ok(true) => Ok(Some(ended)),
            // Overwritten or deleted meanwhile: the next look says which.
            Ok(false) | Err(StoreError { kind: StoreErrorKind::Gone, .. }) => {
                self.changed();
                Ok(None)
            }
            Err(error) if error.kind == StoreErrorKind::Credentials => {
                Err(Halt::Pause(PauseReason::Credentials))
            }
            Err(error) => {
                let outcome = Outcome::Failed(FailReason::NotTagged);
                Ok(Some(Ended { outcome, detail: Some(error.to_string()), ..ended }))
            }
        }
    }

    /// Puts the tag on. False where the object is no longer the one that was proved.
    async fn mark(&mut self, proved: &Snapshot) -> Result<bool, StoreError> {
        let object = self.object.at(proved.version.clone());
        loop {
            let before = self.read_tags(&object).await?;
            let Some(marker) = self.chunk.marker() else { return Ok(true) };
            let tags = match marker.beside(&before) {
                TagRoom::Marked => return Ok(true),
                TagRoom::Full if marker.when_full == FullTags::Fail => {
                    let message = "has ten tags already";
                    return Err(StoreError::new(StoreErrorKind::Invalid, "TooManyTags", message));
                }
                TagRoom::Full => {
                    self.no_room_for_the_tag();
                    return Ok(true);
                }
                TagRoom::With(tags) => tags,
            };
            match self.put_tags(&object, &tags).await {
                // What is there now is read again before another attempt.
                Err(error) if error.is_transient() => {
                    if !self.chunk.context.pause(&mut self.patience, error.kind).await {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
                Ok(()) => return self.check_mark(&object, &tags, proved).await,
            }
        }
    }

    async fn check_mark(
        &mut self,
        object: &ObjectRef,
        sent: &TagSet,
        proved: &Snapshot,
    ) -> Result<bool, StoreError> {
        if self.read_tags(object).await? != *sent {
            self.drifted("tags edited while it was being marked".to_owned());
        }
        // The version `null` may be another write by now, like one without a name.
        if object.version.as_ref().is_some_and(|version| *version != VersionId::null()) {
            return Ok(true);
        }
        let now = look_head(self.chunk.context, object).await?;
        Ok(now.etag == proved.etag)
    }

    async fn put_tags(&mut self, object: &ObjectRef, tags: &TagSet) -> Result<(), StoreError> {
        let context = self.chunk.context;
        let call = || context.store.put_tags(object, tags);
        context.write(object, Cost::Write, &mut self.patience, call).await
    }

    /// Before an update, which couldn't be undone: whether the tag will find room.
    pub(crate) async fn has_room_for_the_tag(&mut self, head: &ObjectHead) -> Result<(), Trouble> {
        const FULL: u32 = 10;
        let strict = self.chunk.marker().is_some_and(|m| m.when_full == FullTags::Fail);
        if !strict || head.tag_count < FULL {
            return Ok(());
        }
        let tags = self.read_tags(&self.object.at(head.version.clone())).await?;
        match self.chunk.marker().map(|marker| marker.beside(&tags)) {
            Some(TagRoom::Full) => Err(crate::keep::too_many_tags()),
            _ => Ok(()),
        }
    }
}
