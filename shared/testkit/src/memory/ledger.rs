//! The ledger in memory: the model behind the port.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use reseal_core::ports::{
    Binding, ChunkRecord, Claim, Lease, Ledger, LedgerError, OpenUpload, Release, SourceState,
};
use reseal_core::{
    BucketName, Checkpoint, ChunkEvent, ChunkId, ChunkState, JobId, JobRecord, JobState, Tally,
    Timestamp, WorkerId,
};

use super::model::Model;

/// A ledger that dies with its owner. Share it in an `Arc`.
#[derive(Debug, Default)]
pub struct MemoryLedger(Mutex<Model>);

impl MemoryLedger {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn model(&self) -> MutexGuard<'_, Model> {
        // A test that panicked elsewhere shall not hide its message behind ours.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn create_job(&self, job: &JobRecord) -> Result<(), LedgerError> {
        self.model().create_job(job)
    }

    async fn job(&self, id: &JobId) -> Result<Option<JobRecord>, LedgerError> {
        Ok(self.model().job(id))
    }

    async fn jobs(&self, after: Option<&JobId>, limit: u32) -> Result<Vec<JobRecord>, LedgerError> {
        Ok(self.model().jobs(after, limit))
    }

    async fn set_job_state(
        &self,
        id: &JobId,
        revision: u64,
        state: JobState,
    ) -> Result<(), LedgerError> {
        self.model().set_job_state(id, revision, state)
    }

    async fn bind_chunk(&self, chunk: &ChunkRecord) -> Result<Binding, LedgerError> {
        self.model().bind(chunk)
    }

    async fn close_source(&self, job: &JobId, source: u32) -> Result<(), LedgerError> {
        self.model().close_source(job, source);
        Ok(())
    }

    async fn source(&self, job: &JobId, source: u32) -> Result<SourceState, LedgerError> {
        Ok(self.model().source(job, source))
    }

    async fn chunk(&self, job: &JobId, chunk: ChunkId) -> Result<Option<ChunkRecord>, LedgerError> {
        Ok(self.model().chunk(job, chunk))
    }

    async fn chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        Ok(self.model().chunks(job, after, limit, |_| true))
    }

    async fn open_chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        let open = |state| matches!(state, ChunkState::Pending | ChunkState::Leased);
        Ok(self.model().chunks(job, after, limit, open))
    }

    async fn leased_chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        Ok(self.model().chunks(job, after, limit, |state| state == ChunkState::Leased))
    }

    async fn claim(
        &self,
        job: &JobId,
        chunk: ChunkId,
        grounds: Claim,
        worker: &WorkerId,
        now: Timestamp,
    ) -> Result<(Lease, ChunkRecord), LedgerError> {
        self.model().claim(job, chunk, grounds, worker, now)
    }

    async fn renew(&self, lease: &Lease) -> Result<(), LedgerError> {
        self.model().held(lease)?.renewals += 1;
        Ok(())
    }

    async fn checkpoint(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        self.model().checkpoint(lease, checkpoint)
    }

    async fn open_upload(
        &self,
        lease: &Lease,
        row: u32,
        upload: &OpenUpload,
    ) -> Result<(), LedgerError> {
        self.model().held(lease)?.uploads.insert(row, upload.clone());
        Ok(())
    }

    async fn close_upload(&self, lease: &Lease, row: u32) -> Result<(), LedgerError> {
        self.model().held(lease)?.uploads.remove(&row);
        Ok(())
    }

    async fn complete(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        self.model().settle(lease, checkpoint, ChunkEvent::Complete)
    }

    async fn quarantine(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        self.model().settle(lease, checkpoint, ChunkEvent::Quarantine)
    }

    async fn release(&self, lease: &Lease, release: Release) -> Result<(), LedgerError> {
        self.model().release(lease, release)
    }

    async fn tallies(&self, job: &JobId) -> Result<BTreeMap<BucketName, Tally>, LedgerError> {
        Ok(self.model().tallies(job))
    }
}
