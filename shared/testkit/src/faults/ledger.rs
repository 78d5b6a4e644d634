//! A ledger that throttles, conflicts, vanishes and loses replies.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use reseal_core::ports::{
    Binding, ChunkRecord, Claim, Lease, Ledger, LedgerError, LedgerErrorKind, OpenUpload, Release,
    SourceState,
};
use reseal_core::{
    BucketName, Checkpoint, ChunkId, JobId, JobRecord, JobState, Tally, Timestamp, WorkerId,
};

use super::{Dice, Fault, fail};

/// A `Ledger` with faults before and after every effect.
#[derive(Debug)]
pub struct FaultyLedger<L: ?Sized> {
    inner: Arc<L>,
    dice: Dice,
}

impl<L: Ledger + ?Sized> FaultyLedger<L> {
    /// Faults by these dice around `inner`, which others may share without them.
    pub fn new(inner: Arc<L>, dice: Dice) -> Self {
        Self { inner, dice }
    }

    async fn read<T>(
        &self,
        call: impl Future<Output = Result<T, LedgerError>>,
    ) -> Result<T, LedgerError> {
        fail(self.dice.for_read(), call, error).await
    }

    async fn write<T>(
        &self,
        call: impl Future<Output = Result<T, LedgerError>>,
    ) -> Result<T, LedgerError> {
        fail(self.dice.for_write(), call, error).await
    }
}

fn error(fault: Fault) -> LedgerError {
    let kind = match fault {
        Fault::Throttled => LedgerErrorKind::Throttled,
        Fault::Unavailable => LedgerErrorKind::Unavailable,
        Fault::Conflict => LedgerErrorKind::Conflict,
        Fault::LostRequest | Fault::LostReply => LedgerErrorKind::Ambiguous,
    };
    LedgerError::new(kind, format!("injected: {fault:?}"))
}

#[async_trait]
impl<L: Ledger + ?Sized> Ledger for FaultyLedger<L> {
    async fn create_job(&self, job: &JobRecord) -> Result<(), LedgerError> {
        self.write(self.inner.create_job(job)).await
    }

    async fn job(&self, id: &JobId) -> Result<Option<JobRecord>, LedgerError> {
        self.read(self.inner.job(id)).await
    }

    async fn jobs(&self, after: Option<&JobId>, limit: u32) -> Result<Vec<JobRecord>, LedgerError> {
        self.read(self.inner.jobs(after, limit)).await
    }

    async fn set_job_state(
        &self,
        id: &JobId,
        revision: u64,
        state: JobState,
    ) -> Result<(), LedgerError> {
        self.write(self.inner.set_job_state(id, revision, state)).await
    }

    async fn bind_chunk(&self, chunk: &ChunkRecord) -> Result<Binding, LedgerError> {
        self.write(self.inner.bind_chunk(chunk)).await
    }

    async fn close_source(&self, job: &JobId, source: u32) -> Result<(), LedgerError> {
        self.write(self.inner.close_source(job, source)).await
    }

    async fn source(&self, job: &JobId, source: u32) -> Result<SourceState, LedgerError> {
        self.read(self.inner.source(job, source)).await
    }

    async fn chunk(&self, job: &JobId, chunk: ChunkId) -> Result<Option<ChunkRecord>, LedgerError> {
        self.read(self.inner.chunk(job, chunk)).await
    }

    async fn chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        self.read(self.inner.chunks(job, after, limit)).await
    }

    async fn open_chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        self.read(self.inner.open_chunks(job, after, limit)).await
    }

    async fn leased_chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        self.read(self.inner.leased_chunks(job, after, limit)).await
    }

    async fn claim(
        &self,
        job: &JobId,
        chunk: ChunkId,
        grounds: Claim,
        worker: &WorkerId,
        now: Timestamp,
    ) -> Result<(Lease, ChunkRecord), LedgerError> {
        self.write(self.inner.claim(job, chunk, grounds, worker, now)).await
    }

    async fn renew(&self, lease: &Lease) -> Result<(), LedgerError> {
        self.write(self.inner.renew(lease)).await
    }

    async fn checkpoint(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        self.write(self.inner.checkpoint(lease, checkpoint)).await
    }

    async fn open_upload(
        &self,
        lease: &Lease,
        row: u32,
        upload: &OpenUpload,
    ) -> Result<(), LedgerError> {
        self.write(self.inner.open_upload(lease, row, upload)).await
    }

    async fn close_upload(&self, lease: &Lease, row: u32) -> Result<(), LedgerError> {
        self.write(self.inner.close_upload(lease, row)).await
    }

    async fn complete(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        self.write(self.inner.complete(lease, checkpoint)).await
    }

    async fn quarantine(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        self.write(self.inner.quarantine(lease, checkpoint)).await
    }

    async fn release(&self, lease: &Lease, release: Release) -> Result<(), LedgerError> {
        self.write(self.inner.release(lease, release)).await
    }

    async fn tallies(&self, job: &JobId) -> Result<BTreeMap<BucketName, Tally>, LedgerError> {
        self.read(self.inner.tallies(job)).await
    }
}
