//! An upload and its parts, onto the object itself or into a backup.
//!
//! The upload's id is in the ledger before its first part (I7), with what
//! the source looked like then. A later claim goes on from the parts that
//! are there, if the source is still the same, or removes them.

use futures_util::StreamExt as _;
use futures_util::stream::{self, TryStreamExt as _};
use reseal_core::ports::{
    CopyReceipt, DestinationGuard, OpenUpload, PartReceipt, PartRequest, SourceGuard, UploadId,
    UploadRef, UploadRequest, UploadSource,
};
use reseal_core::{ObjectRef, PartPlan, PartRange, PartSizing, StoreError, StoreErrorKind, TagSet};

use crate::object::{Halt, Task, Trouble};
use crate::pace::Cost;
use crate::retry::Patience;

/// How an object is cut into parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Preferred bytes per part.
    pub(crate) part_bytes: u64,
    /// Whether these are the source's own parts.
    pub(crate) as_source: bool,
}

/// One copy in parts.
pub(crate) struct Transfer {
    /// What is copied, pinned to its version where there are versions.
    pub(crate) from: ObjectRef,
    /// What is written.
    pub(crate) to: ObjectRef,
    /// The source as it must still be, and what is restated of it.
    pub(crate) source: UploadSource,
    /// The tags that the result shall have.
    pub(crate) tags: TagSet,
    /// How it is cut.
    pub(crate) cut: Cut,
    /// Condition on the source.
    pub(crate) source_guard: SourceGuard,
    /// Condition on what is replaced.
    pub(crate) destination: DestinationGuard,
}

impl Task<'_> {
    /// All parts in place, in an upload that only has to be completed.
    pub(crate) async fn copy_in_parts(
        &mut self,
        transfer: &Transfer,
    ) -> Result<(OpenUpload, Vec<PartReceipt>), Trouble> {
        let (open, done) = self.upload(transfer).await?;
        let plan = plan(&open.source, open.part_bytes)?;
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
            .map(|range| this.copy_part(transfer, &open.id, range))
            .buffer_unordered(limit)
            .try_collect()
            .await?;
        parts.extend(copied);
        parts.sort_by_key(|part| part.number);
        Ok((open, parts))
    }

    /// The upload to go on with, and the parts that it has.
    async fn upload(
        &mut self,
        transfer: &Transfer,
    ) -> Result<(OpenUpload, Vec<PartReceipt>), Trouble> {
        if let Some(open) = self.chunk.open_upload_of(self.index) {
            if open.to == transfer.to && open.source == transfer.source {
                match self.list_parts(&open.to, &open.id).await {
                    Ok(parts) => return Ok((open, parts)),
                    Err(error) if error.kind == StoreErrorKind::UploadGone => {
                        self.chunk.close_upload(self.index).await?;
                    }
                    Err(error) => return Err(error.into()),
                }
            } else if let Some(error) = self.try_discard().await? {
                // The ledger has room for one: the old one's id must not be lost.
                return Err(error.into());
            }
        }
        Ok((self.create_upload(transfer).await?, Vec::new()))
    }

    pub(crate) async fn list_parts(
        &mut self,
        to: &ObjectRef,
        id: &UploadId,
    ) -> Result<Vec<PartReceipt>, StoreError> {
        let context = self.chunk.context;
        let upload = UploadRef { object: to, id };
        context.read(to, || context.store.list_parts(&upload)).await
    }

    async fn create_upload(&mut self, transfer: &Transfer) -> Result<OpenUpload, Trouble> {
        let Transfer { to, source, tags, cut, .. } = transfer;
        let context = self.chunk.context;
        let request = UploadRequest {
            to,
            target: &self.chunk.job.spec.target,
            attributes: &source.attributes,
            protection: &source.protection,
            tags,
        };
        let call = || context.store.create_upload(&request);
        let id = context.write(to, self.write_cost(), &mut self.patience, call).await?;
        let open = OpenUpload {
            id,
            to: to.clone(),
            source: source.clone(),
            part_bytes: cut.part_bytes,
            cut_as_source: cut.as_source,
        };
        match self.chunk.open_upload(self.index, &open).await {
            Ok(()) => Ok(open),
            Err(halt) => {
                // Nobody but us knows of it, and soon nobody will.
                let upload = UploadRef { object: to, id: &open.id };
                let abort = context.store.abort_upload(&upload);
                let _ = context.call(to, Cost::Read, abort).await;
                Err(halt.into())
            }
        }
    }

    /// One part, repeated while its failures are transient: copying the same
    /// range into the same part twice is harmless.
    async fn copy_part(
        &self,
        transfer: &Transfer,
        id: &UploadId,
        range: PartRange,
    ) -> Result<PartReceipt, StoreError> {
        let context = self.chunk.context;
        let request = PartRequest {
            upload: UploadRef { object: &transfer.to, id },
            from: &transfer.from,
            target: self.target(),
            source: transfer.source_guard.clone(),
            range,
        };
        let mut patience = Patience::new();
        loop {
            let call = context.store.copy_part(&request);
            match context.call(&transfer.to, self.write_cost(), call).await {
                Err(error) if error.is_transient() => {
                    if !context.pause(&mut patience, error.kind).await {
                        return Err(error);
                    }
                }
                other => return other,
            }
        }
    }

    /// Makes the parts the object.
    pub(crate) async fn complete(
        &mut self,
        transfer: &Transfer,
        id: &UploadId,
        parts: &[PartReceipt],
    ) -> Result<CopyReceipt, Trouble> {
        let context = self.chunk.context;
        let Transfer { to, source, destination, .. } = transfer;
        let upload = UploadRef { object: to, id };
        let store = &context.store;
        let call = store.complete_upload(&upload, parts, source.size, destination.clone());
        match context.call(to, Cost::Write, call).await {
            Ok(receipt) => Ok(receipt),
            Err(error) if error.kind == StoreErrorKind::Conflict => {
                // S3 asks for a new upload after a conflict on Complete.
                self.discard_upload().await?;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the row's upload, if one is recorded. What can't be removed now
    /// stays recorded, and is tried again when the job is over.
    pub(crate) async fn discard_upload(&mut self) -> Result<(), Halt> {
        self.try_discard().await.map(|_| ())
    }

    /// The same; the error that keeps it there, if one does.
    async fn try_discard(&mut self) -> Result<Option<StoreError>, Halt> {
        let Some(open) = self.chunk.open_upload_of(self.index) else { return Ok(None) };
        let context = self.chunk.context;
        let upload = UploadRef { object: &open.to, id: &open.id };
        let call = || context.store.abort_upload(&upload);
        // Aborting twice is harmless, so this repeats like a read.
        match context.read(&open.to, call).await {
            Err(error) if error.kind != StoreErrorKind::UploadGone => Ok(Some(error)),
            Ok(()) | Err(_) => self.chunk.close_upload(self.index).await.map(|()| None),
        }
    }
}

/// How the source is cut.
pub(crate) fn plan(source: &UploadSource, part_bytes: u64) -> Result<PartPlan, StoreError> {
    PartPlan::new(source.size, PartSizing { preferred: part_bytes })
        .map_err(|e| StoreError::new(StoreErrorKind::Invalid, "PartPlan", e.to_string()))
}

fn is_part(part: &PartReceipt, range: &PartRange) -> bool {
    part.number == range.number && part.size.is_none_or(|size| size == range.len())
}
