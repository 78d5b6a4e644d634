//! A multipart copy of an object onto itself.
//!
//! Owns: its order: tags, upload, parts, tags once more, Complete, proof; and
//! what is made of a Complete whose answer was never heard.
//! Never: completes over tags that changed, forgets an upload before its
//! result is compared.
//! Next: `transfer` for the upload and its parts, `compare` for what must be
//! as before.

mod annotations;
mod compare;
mod prepare;
mod transfer;

use reseal_core::ports::{OpenUpload, UploadSource};
use reseal_core::{
    ActionKind, FailReason, ObjectHead, Outcome, Proof, Snapshot, StoreError, StoreErrorKind,
};

use crate::act::not_proved;
use crate::keep::{Kept, RestatedTags};
use crate::look::head as look_head;
use crate::object::{Halt, Step, Task, Trouble};
pub(crate) use compare::{checksum_differs, difference};
pub(crate) use transfer::Transfer;

impl Task<'_> {
    /// Copies in parts, completes on condition, proves by HEAD.
    pub(crate) async fn multipart(&mut self, head: &ObjectHead) -> Result<Step, Trouble> {
        let done = self.try_multipart(head).await;
        if let Err(Trouble::Store(error)) = &done
            && !error.is_transient()
        {
            // The parts belong to an object that is no more, or can't be
            // completed: nothing of them is worth keeping.
            self.discard_upload().await?;
        }
        done
    }

    async fn try_multipart(&mut self, head: &ObjectHead) -> Result<Step, Trouble> {
        let transfer = self.prepare(head).await?;
        self.tries(ActionKind::Multipart);
        let (open, parts) = self.copy_in_parts(&transfer).await?;
        // Annotations, tags and ACL change without a trace in the ETag: the
        // upload carries those of the moment it was begun, so look once more,
        // just before it counts.
        let annotations = self.annotations_to_keep(&transfer.from, head).await?;
        let now = self.keep(head, true).await?;
        let tags = now.tags.unwrap_or_else(RestatedTags::none);
        let UploadSource { annotations: listed, tags: read, protection, .. } = &transfer.source;
        if annotations != *listed || tags.before != *read || now.protection != *protection {
            self.discard_upload().await?;
            return Ok(self.changed());
        }
        let receipt = self.complete(&transfer, &open.id, &parts).await?;
        self.keeps_versions(receipt.version.as_ref())?;
        let after = look_head(self.chunk.context, &transfer.to).await?;
        let step = if after.etag != receipt.etag {
            // Not what we completed: somebody wrote after us.
            self.changed()
        } else if self.chunk.is_met_by(&after.encryption) {
            self.compare(&open, &after).await?
        } else {
            not_proved(&after)
        };
        if matches!(step, Step::LookAgain) {
            self.chunk.close_upload(self.index).await?;
        } else {
            self.chunk.upload_ended(self.index);
        }
        Ok(step)
    }

    /// After a multipart copy everything that had to be restated is compared,
    /// and annotations are written back.
    async fn compare(&mut self, open: &OpenUpload, after: &ObjectHead) -> Result<Step, StoreError> {
        if let Some(lost) = difference(&open.source, after) {
            return Ok(not_preserved(format!("{lost} differs after the copy")));
        }
        if let Some(what) = self.compare_checksum(open, after).await? {
            return Ok(not_preserved(what));
        }
        if let Some(what) = self.write_back(open, after).await? {
            return Ok(not_preserved(what));
        }
        let kept = self.kept_by(&open.source);
        self.try_compare(&kept, after.version.as_ref()).await?;
        Ok(Step::Proved(Proof::Head, Snapshot::from(after)))
    }

    async fn compare_checksum(
        &mut self,
        open: &OpenUpload,
        after: &ObjectHead,
    ) -> Result<Option<String>, StoreError> {
        let Some(before) = &open.source.attributes.checksum else { return Ok(None) };
        let made = self.object.at(after.version.clone());
        let found = self.read_checksum(&made).await?;
        Ok(checksum_differs(before, found.as_ref(), open.cut_as_source))
    }

    /// What an upload was begun with, as far as HEAD doesn't tell it.
    fn kept_by(&mut self, source: &UploadSource) -> Kept {
        let before = source.tags.clone();
        // One without room for the marker tag wouldn't have been begun.
        let sent = self.tags_of_copy(&before).unwrap_or_else(|_| before.clone());
        Kept {
            old: source.version.clone(),
            protection: source.protection.clone(),
            tags: Some(RestatedTags { before, sent }),
        }
    }

    /// The object is at the target and an upload of ours is on record: was it
    /// completed without our hearing of it? If so, this is what it led to.
    pub(crate) async fn completed_unheard(
        &mut self,
        head: &ObjectHead,
    ) -> Result<Option<Step>, Halt> {
        let Some(open) = self.chunk.open_upload_of(self.index) else { return Ok(None) };
        if open.to != self.object.current() || !has_shape_of(&open, head) {
            return Ok(None);
        }
        // A completed upload is no longer there.
        match self.list_parts(&open.to, &open.id).await {
            Err(error) if error.kind == StoreErrorKind::UploadGone => {}
            Ok(_) => return Ok(None),
            Err(error) => return self.after_error(&error, head).await.map(Some),
        }
        let step = match self.compare(&open, head).await {
            Ok(step) => step,
            Err(error) => self.after_error(&error, head).await?,
        };
        if !matches!(step, Step::LookAgain) {
            self.chunk.upload_ended(self.index);
        }
        Ok(Some(step))
    }
}

fn not_preserved(what: String) -> Step {
    Step::Settled(Outcome::Failed(FailReason::NotPreserved), Some(what))
}

/// Whether the object has as many bytes and parts as the upload's result has.
fn has_shape_of(open: &OpenUpload, head: &ObjectHead) -> bool {
    let parts = transfer::plan(&open.source, open.part_bytes).map(|plan| plan.count());
    head.size == open.source.size && parts.is_ok_and(|parts| head.etag.parts() == Some(parts))
}
