//! A multipart copy of an object onto itself.
//!
//! The upload's id is in the ledger before its first part (I7), with what
//! the source looked like then. A later claim goes on from the parts that
//! are there, if the source is still the same, or removes them.

use futures_util::StreamExt as _;
use futures_util::stream::{self, TryStreamExt as _};
use reseal_core::ports::{
    CopyReceipt, OpenUpload, PartReceipt, PartRequest, UploadId, UploadRef, UploadRequest,
};
use reseal_core::{
    Attributes, FailReason, ObjectHead, Outcome, PartPlan, PartRange, PartSizing, Proof, Snapshot,
    StoreError, StoreErrorKind, TagSet,
};

use crate::act::source_guard;
use crate::look::head as look_head;
use crate::object::{Halt, Step, Task};
use crate::pace::Cost;

/// A failure of either world.
enum Trouble {
    Store(StoreError),
    Halt(Halt),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Halt> for Trouble {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

impl Task<'_> {
    /// Copies in parts, completes on condition, proves by HEAD.
    pub(crate) async fn multipart(&mut self, head: &ObjectHead) -> Result<Step, Halt> {
        match self.try_multipart(head).await {
            Ok(step) => Ok(step),
            Err(Trouble::Halt(halt)) => Err(halt),
            Err(Trouble::Store(error)) => {
                let transient = error.is_transient();
                if !transient {
                    // The parts belong to an object that is no more, or can't
                    // be completed: nothing of them is worth keeping.
                    self.discard_upload().await?;
                }
                self.after_error(&error, head).await
            }
        }
    }

    async fn try_multipart(&mut self, head: &ObjectHead) -> Result<Step, Trouble> {
        let tags = self.read_tags().await?;
        let (upload, done) = self.upload(head, &tags).await?;
        let parts = self.copy_parts(head, &upload, done).await?;
        // Tags change without a trace in the ETag: the upload carries those of
        // the moment it was begun, so look once more, just before it counts.
        if upload.tags != self.read_tags().await? {
            self.discard_upload().await?;
            return Ok(self.changed());
        }
        let receipt = self.complete(head, &upload.id, &parts).await?;
        self.chunk.close_upload(self.index).await?;
        Ok(self.prove_multipart(head, &tags, &receipt).await?)
    }

    async fn read_tags(&mut self) -> Result<TagSet, StoreError> {
        let context = self.chunk.context;
        let object = self.object.current();
        context.read(&object, &mut self.patience, || context.ports.store.tags(&object)).await
    }

    /// The upload to go on with, and the parts that it has.
    async fn upload(
        &mut self,
        head: &ObjectHead,
        tags: &TagSet,
    ) -> Result<(OpenUpload, Vec<PartReceipt>), Trouble> {
        if let Some(open) = self.chunk.open_upload_of(self.index) {
            if belongs_to(&open, head, tags) {
                match self.list_parts(&open.id).await {
                    Ok(parts) => return Ok((open, parts)),
                    Err(error) if error.kind == StoreErrorKind::UploadGone => {
                        self.chunk.close_upload(self.index).await?;
                    }
                    Err(error) => return Err(error.into()),
                }
            } else {
                self.discard_upload().await?;
            }
        }
        Ok((self.create_upload(head, tags).await?, Vec::new()))
    }

    async fn list_parts(&mut self, id: &UploadId) -> Result<Vec<PartReceipt>, StoreError> {
        let context = self.chunk.context;
        let object = self.object.current();
        let upload = UploadRef { object: &object, id };
        context.read(&object, &mut self.patience, || context.ports.store.list_parts(&upload)).await
    }

    async fn create_upload(
        &mut self,
        head: &ObjectHead,
        tags: &TagSet,
    ) -> Result<OpenUpload, Trouble> {
        let context = self.chunk.context;
        let object = self.object.current();
        let target = &self.chunk.job.spec.target;
        let request = UploadRequest { object: &object, target, attributes: &head.attributes, tags };
        let call = || context.ports.store.create_upload(&request);
        let cost = self.write_cost();
        let id = context.write(&object, cost, &mut self.patience, call).await?;
        let open = OpenUpload {
            id,
            etag: head.etag.clone(),
            last_modified: head.last_modified,
            version: head.version.clone(),
            part_bytes: context.settings.parts.preferred,
            tags: tags.clone(),
        };
        match self.chunk.open_upload(self.index, &open).await {
            Ok(()) => Ok(open),
            Err(halt) => {
                // Nobody but us knows of it, and soon nobody will.
                let upload = UploadRef { object: &object, id: &open.id };
                let _ = context
                    .call(&object, Cost::Read, context.ports.store.abort_upload(&upload))
                    .await;
                Err(halt.into())
            }
        }
    }

    async fn copy_parts(
        &mut self,
        head: &ObjectHead,
        upload: &OpenUpload,
        done: Vec<PartReceipt>,
    ) -> Result<Vec<PartReceipt>, Trouble> {
        let plan = PartPlan::new(head.size, PartSizing { preferred: upload.part_bytes })
            .map_err(|e| StoreError::new(StoreErrorKind::Invalid, "PartPlan", e.to_string()))?;
        let missing = |range: &PartRange| !done.iter().any(|part| is_part(part, range));
        let ranges: Vec<PartRange> = plan.ranges().filter(missing).collect();
        let mut parts: Vec<PartReceipt> = done
            .iter()
            .filter(|part| plan.ranges().any(|range| is_part(part, &range)))
            .cloned()
            .collect();
        let this = &*self;
        let limit = this.chunk.context.settings.part_concurrency.max(1) as usize;
        let copied: Vec<PartReceipt> = stream::iter(ranges)
            .map(|range| this.copy_part(head, &upload.id, range))
            .buffer_unordered(limit)
            .try_collect()
            .await?;
        parts.extend(copied);
        parts.sort_by_key(|part| part.number);
        Ok(parts)
    }

    /// One part, repeated while its failures are transient: copying the same
    /// range into the same part twice is harmless.
    async fn copy_part(
        &self,
        head: &ObjectHead,
        id: &UploadId,
        range: PartRange,
    ) -> Result<PartReceipt, StoreError> {
        let context = self.chunk.context;
        let object = self.object.current();
        let request = PartRequest {
            upload: UploadRef { object: &object, id },
            source_version: head.version.as_ref(),
            target: self.target(),
            source: source_guard(head, self),
            range,
        };
        let mut patience = crate::retry::Patience::new();
        loop {
            let call = context.ports.store.copy_part(&request);
            match context.call(&object, self.write_cost(), call).await {
                Err(error) if error.is_transient() => {
                    if !context.pause(&mut patience, error.kind).await {
                        return Err(error);
                    }
                }
                other => return other,
            }
        }
    }

    async fn complete(
        &mut self,
        head: &ObjectHead,
        id: &UploadId,
        parts: &[PartReceipt],
    ) -> Result<CopyReceipt, Trouble> {
        let context = self.chunk.context;
        let object = self.object.current();
        let upload = UploadRef { object: &object, id };
        let call = || {
            let guard = self.destination_guard(head);
            context.ports.store.complete_upload(&upload, parts, head.size, guard)
        };
        match context.call(&object, Cost::Write, call()).await {
            Ok(receipt) => Ok(receipt),
            Err(error) if error.kind == StoreErrorKind::Conflict => {
                // S3 asks for a new upload after a conflict on Complete.
                self.discard_upload().await?;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// After a multipart copy everything that had to be restated is compared.
    async fn prove_multipart(
        &mut self,
        head: &ObjectHead,
        tags: &TagSet,
        receipt: &CopyReceipt,
    ) -> Result<Step, StoreError> {
        let object = self.object.current();
        let after = look_head(self.chunk.context, &object, &mut self.patience).await?;
        if after.etag != receipt.etag || !self.chunk.is_met_by(&after.encryption) {
            // Not what we completed: somebody wrote after us.
            return Ok(self.changed());
        }
        if let Some(lost) = difference(&head.attributes, &after.attributes, head, &after) {
            let outcome = Outcome::Failed(FailReason::NotPreserved);
            return Ok(Step::Settled(outcome, Some(format!("{lost} differs after the copy"))));
        }
        self.drift |= self.read_tags().await? != *tags;
        Ok(Step::Proved(Proof::Head, Snapshot::from(&after)))
    }

    /// Removes the row's upload, if one is recorded.
    pub(crate) async fn discard_upload(&mut self) -> Result<(), Halt> {
        let Some(open) = self.chunk.open_upload_of(self.index) else { return Ok(()) };
        let context = self.chunk.context;
        let object = self.object.current();
        let upload = UploadRef { object: &object, id: &open.id };
        let call = || context.ports.store.abort_upload(&upload);
        // Aborting twice is harmless, so this repeats like a read.
        match context.read(&object, &mut self.patience, call).await {
            Ok(()) => self.chunk.close_upload(self.index).await,
            Err(error) if error.kind == StoreErrorKind::UploadGone => {
                self.chunk.close_upload(self.index).await
            }
            // It stays recorded: the sweep at the job's end tries again.
            Err(_) => Ok(()),
        }
    }
}

fn belongs_to(open: &OpenUpload, head: &ObjectHead, now: &TagSet) -> bool {
    let OpenUpload { id: _, etag, last_modified, version, part_bytes: _, tags } = open;
    *etag == head.etag
        && *last_modified == head.last_modified
        && *version == head.version
        && tags == now
}

fn is_part(part: &PartReceipt, range: &PartRange) -> bool {
    part.number == range.number && part.size.is_none_or(|size| size == range.len())
}

/// The first thing that a multipart copy should have put back and didn't.
fn difference(
    want: &Attributes,
    have: &Attributes,
    before: &ObjectHead,
    after: &ObjectHead,
) -> Option<&'static str> {
    let Attributes {
        storage_class,
        metadata,
        missing_metadata,
        content_type,
        content_encoding,
        content_language,
        content_disposition,
        cache_control,
        expires,
        website_redirect,
        checksum: _,
    } = want;
    let pairs = [
        ("size", before.size == after.size),
        ("storage class", *storage_class == have.storage_class),
        ("user metadata", *metadata == have.metadata),
        ("unreadable metadata", *missing_metadata == have.missing_metadata),
        ("content type", *content_type == have.content_type),
        ("content encoding", *content_encoding == have.content_encoding),
        ("content language", *content_language == have.content_language),
        ("content disposition", *content_disposition == have.content_disposition),
        ("cache control", *cache_control == have.cache_control),
        ("expires", *expires == have.expires),
        ("website redirect", *website_redirect == have.website_redirect),
    ];
    pairs.into_iter().find(|(_, same)| !same).map(|(name, _)| name)
}
