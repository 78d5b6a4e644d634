//! A multipart copy of an object onto itself.
//!
//! Owns: its order: tags, upload, parts, tags once more, Complete, proof; and
//! what is made of a Complete whose answer was never heard.
//! Never: completes over tags that changed, forgets an upload before its
//! result is compared.
//! Next: `transfer` for the upload and its parts, `compare` for what must be
//! as before.

mod compare;
mod transfer;

use reseal_core::ports::{OpenUpload, UploadSource};
use reseal_core::{
    FailReason, ObjectHead, ObjectRef, Outcome, Proof, Snapshot, StoreError, StoreErrorKind, TagSet,
};

use crate::act::{not_proved, source_guard};
use crate::look::head as look_head;
use crate::object::{Halt, Step, Task};
pub(crate) use compare::difference;
pub(crate) use transfer::{Transfer, Trouble};

impl Task<'_> {
    /// Copies in parts, completes on condition, proves by HEAD.
    pub(crate) async fn multipart(&mut self, head: &ObjectHead) -> Result<Step, Halt> {
        match self.try_multipart(head).await {
            Ok(step) => Ok(step),
            Err(Trouble::Halt(halt)) => Err(halt),
            Err(Trouble::Store(error)) => {
                if !error.is_transient() {
                    // The parts belong to an object that is no more, or can't
                    // be completed: nothing of them is worth keeping.
                    self.discard_upload().await?;
                }
                self.after_error(&error, head).await
            }
        }
    }

    async fn try_multipart(&mut self, head: &ObjectHead) -> Result<Step, Trouble> {
        let current = self.object.current();
        let tags = self.read_tags(&current).await?;
        let transfer = Transfer {
            from: current.at(head.version.clone()),
            to: current.clone(),
            source: UploadSource::new(head, &tags),
            source_guard: source_guard(head, self),
            destination: self.destination_guard(head),
        };
        let (open, parts) = self.copy_in_parts(&transfer).await?;
        // Tags change without a trace in the ETag: the upload carries those of
        // the moment it was begun, so look once more, just before it counts.
        if self.read_tags(&current).await? != tags {
            self.discard_upload().await?;
            return Ok(self.changed());
        }
        let receipt = self.complete(&transfer, &open.id, &parts).await?;
        self.keeps_versions(receipt.version.as_ref())?;
        let after = look_head(self.chunk.context, &current, &mut self.patience).await?;
        let step = if after.etag != receipt.etag {
            // Not what we completed: somebody wrote after us.
            self.changed()
        } else if self.chunk.is_met_by(&after.encryption) {
            self.compare(&open, &after).await?
        } else {
            not_proved(&after)
        };
        self.chunk.close_upload(self.index).await?;
        Ok(step)
    }

    pub(crate) async fn read_tags(&mut self, object: &ObjectRef) -> Result<TagSet, StoreError> {
        let context = self.chunk.context;
        context.read(object, &mut self.patience, || context.ports.store.tags(object)).await
    }

    /// After a multipart copy everything that had to be restated is compared.
    async fn compare(&mut self, open: &OpenUpload, after: &ObjectHead) -> Result<Step, StoreError> {
        if let Some(lost) = difference(&open.source, after) {
            let outcome = Outcome::Failed(FailReason::NotPreserved);
            return Ok(Step::Settled(outcome, Some(format!("{lost} differs after the copy"))));
        }
        let current = self.object.current();
        if self.read_tags(&current).await? != open.source.tags {
            self.drifted("its tags aren't those that were copied: edited since".to_owned());
        } else if let Some(version) = &open.source.version {
            // In the instant before Complete the old version was current: an
            // edit of its tags went there, and our copy doesn't have it.
            let old = current.at(Some(version.clone()));
            match self.read_tags(&old).await {
                Ok(tags) if tags != open.source.tags => {
                    self.drifted(format!("tags edited just before the copy are on {old} only"));
                }
                // A lifecycle rule may have removed it.
                Ok(_) | Err(StoreError { kind: StoreErrorKind::Gone, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Step::Proved(Proof::Head, Snapshot::from(after)))
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
            self.chunk.close_upload(self.index).await?;
        }
        Ok(Some(step))
    }
}

/// Whether the object has as many bytes and parts as the upload's result has.
fn has_shape_of(open: &OpenUpload, head: &ObjectHead) -> bool {
    let parts = transfer::plan(&open.source, open.part_bytes).map(|plan| plan.count());
    head.size == open.source.size && parts.is_ok_and(|parts| head.etag.parts() == Some(parts))
}
