//! Before an upload is begun: everything that it must restate, and how the
//! source was cut.

use reseal_core::ports::UploadSource;
use reseal_core::{
    Annotations, Checksum, ObjectHead, ObjectLock, ObjectRef, Outcome, PartPlan, PartSizing,
    SkipReason, StoreError, Versioning,
};

use super::transfer::{Cut, Transfer};
use crate::act::source_guard;
use crate::keep::RestatedTags;
use crate::object::{Task, Trouble};

impl Task<'_> {
    /// A copy of the object onto itself.
    pub(super) async fn prepare(&mut self, head: &ObjectHead) -> Result<Transfer, Trouble> {
        let current = self.object.current();
        let from = current.at(head.version.clone());
        let head = self.with_checksum(&from, head).await?;
        let annotations = self.annotations_to_keep(&from, &head).await?;
        let cut = self.cut(&from, &head).await?;
        let kept = self.keep(&head, true).await?;
        let RestatedTags { before, sent } = kept.tags.unwrap_or_else(RestatedTags::none);
        let source =
            UploadSource { annotations, ..UploadSource::new(&head, kept.protection, before) };
        Ok(Transfer {
            from,
            to: current,
            source,
            tags: sent,
            cut,
            source_guard: source_guard(&head, self),
            destination: self.completion_guard(&head),
        })
    }

    /// HEAD leaves the checksum out unless it is asked for. Here S3 may
    /// decrypt for it: the parts' copies need the same permission.
    pub(crate) async fn with_checksum(
        &mut self,
        from: &ObjectRef,
        head: &ObjectHead,
    ) -> Result<ObjectHead, StoreError> {
        let mut head = head.clone();
        head.attributes.checksum = self.read_checksum(from).await?;
        Ok(head)
    }

    pub(super) async fn read_checksum(
        &mut self,
        object: &ObjectRef,
    ) -> Result<Option<Checksum>, StoreError> {
        let context = self.chunk.context;
        context.read(object, || context.store.checksum(object)).await
    }

    /// In large parts, unless the object's checksum is made of its parts'
    /// checksums: only the same parts give the same one again.
    pub(crate) async fn cut(
        &mut self,
        from: &ObjectRef,
        head: &ObjectHead,
    ) -> Result<Cut, StoreError> {
        let context = self.chunk.context;
        let large = Cut { part_bytes: context.settings.parts.preferred, as_source: false };
        if head.attributes.checksum.as_ref().is_none_or(|checksum| checksum.full_object) {
            return Ok(large);
        }
        let call = || context.store.first_part(from);
        let Some(first) = context.read(from, call).await? else {
            return Ok(large);
        };
        let same = PartSizing { preferred: first.bytes };
        let plan = PartPlan::new(head.size, same).ok();
        let fits = plan.is_some_and(|plan| {
            plan.count() == first.parts
                && plan.ranges().next().is_some_and(|range| range.len() == first.bytes)
        });
        // Parts of unequal size could be asked for one by one; nobody uploads so.
        Ok(if fits { Cut { part_bytes: first.bytes, as_source: true } } else { large })
    }

    /// The names of what must be written back. Only the old version keeps
    /// annotations, and what a crash would lose must not be begun.
    pub(super) async fn annotations_to_keep(
        &mut self,
        from: &ObjectRef,
        head: &ObjectHead,
    ) -> Result<Vec<String>, Trouble> {
        let left_alone = |detail: &str| {
            let outcome = Outcome::Skipped(SkipReason::Annotations);
            Err(Trouble::Settled(outcome, Some(detail.to_owned())))
        };
        match self.chunk.capabilities().annotations {
            Annotations::Unknown => return Ok(Vec::new()),
            Annotations::Denied => {
                return left_alone("it may have annotations, which may not be listed");
            }
            Annotations::Readable => {}
        }
        let context = self.chunk.context;
        let call = || context.store.annotations(from);
        let names = context.read(from, call).await?;
        if !names.is_empty() && self.chunk.versioning() != Versioning::Enabled {
            return left_alone("its annotations would exist nowhere once it is replaced");
        }
        // A new version under the same lock may refuse them.
        if !names.is_empty() && head.lock.still_holds(self.now()) != ObjectLock::default() {
            return left_alone("annotations may not be written onto a locked version");
        }
        Ok(names)
    }
}
