//! The ledger in DynamoDB.
//!
//! Owns: one function per verb, each a conditional write, a transaction, a
//! keyed read or a paged query, all of them consistent.
//! Never: retries; reads a state to decide on a write that doesn't repeat the
//! condition; writes a counter outside the transaction that completes a chunk.
//! Next: `jobs`, `chunks` for splitting and reading, `leases` for what a
//! holder writes, `super::table` for what lies where.

mod chunks;
mod jobs;
mod leases;
mod record;
mod tallies;

use std::collections::BTreeMap;

use async_trait::async_trait;
use reseal_core::ports::{
    Binding, ChunkRecord, Claim, Lease, Ledger, LedgerError, OpenUpload, Release, SourceState,
};
use reseal_core::{
    BucketName, Checkpoint, ChunkEvent, ChunkId, JobId, JobRecord, JobState, Tally, Timestamp,
    WorkerId,
};

pub(super) use record::{LEASED, OPEN};

use super::table::Table;
use jobs::Specs;

/// The `Ledger`, `Budgets` and `Roster` ports on one DynamoDB table. Clones
/// share what they remember of jobs.
#[derive(Clone, Debug)]
pub struct DynamoLedger {
    pub(super) table: Table,
    specs: Specs,
}

impl DynamoLedger {
    pub(super) fn new(table: Table) -> Self {
        Self { table, specs: Specs::default() }
    }
}

#[async_trait]
impl Ledger for DynamoLedger {
    async fn create_job(&self, job: &JobRecord) -> Result<(), LedgerError> {
        jobs::create(&self.table, job).await
    }

    async fn job(&self, id: &JobId) -> Result<Option<JobRecord>, LedgerError> {
        jobs::get(&self.table, &self.specs, id).await
    }

    async fn jobs(&self, after: Option<&JobId>, limit: u32) -> Result<Vec<JobRecord>, LedgerError> {
        jobs::page(&self.table, &self.specs, after, limit).await
    }

    async fn set_job_state(
        &self,
        id: &JobId,
        revision: u64,
        state: JobState,
    ) -> Result<(), LedgerError> {
        jobs::set_state(&self.table, id, revision, state).await
    }

    async fn bind_chunk(&self, chunk: &ChunkRecord) -> Result<Binding, LedgerError> {
        chunks::bind(&self.table, chunk).await
    }

    async fn close_source(&self, job: &JobId, source: u32) -> Result<(), LedgerError> {
        chunks::close_source(&self.table, job, source).await
    }

    async fn source(&self, job: &JobId, source: u32) -> Result<SourceState, LedgerError> {
        chunks::source(&self.table, job, source).await
    }

    async fn chunk(&self, job: &JobId, chunk: ChunkId) -> Result<Option<ChunkRecord>, LedgerError> {
        chunks::get(&self.table, job, chunk).await
    }

    async fn chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        chunks::page(&self.table, job, after, limit).await
    }

    async fn open_chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        chunks::indexed(&self.table, record::OPEN, job, after, limit).await
    }

    async fn leased_chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        chunks::indexed(&self.table, record::LEASED, job, after, limit).await
    }

    async fn claim(
        &self,
        job: &JobId,
        chunk: ChunkId,
        grounds: Claim,
        worker: &WorkerId,
        now: Timestamp,
    ) -> Result<(Lease, ChunkRecord), LedgerError> {
        leases::claim(&self.table, job, chunk, grounds, worker, now).await
    }

    async fn renew(&self, lease: &Lease) -> Result<(), LedgerError> {
        leases::renew(&self.table, lease).await
    }

    async fn checkpoint(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        leases::checkpoint(&self.table, lease, checkpoint).await
    }

    async fn open_upload(
        &self,
        lease: &Lease,
        row: u32,
        upload: &OpenUpload,
    ) -> Result<(), LedgerError> {
        leases::open_upload(&self.table, lease, row, upload).await
    }

    async fn close_upload(&self, lease: &Lease, row: u32) -> Result<(), LedgerError> {
        leases::close_upload(&self.table, lease, row).await
    }

    async fn complete(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        leases::settle(&self.table, lease, checkpoint, ChunkEvent::Complete).await
    }

    async fn quarantine(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        leases::settle(&self.table, lease, checkpoint, ChunkEvent::Quarantine).await
    }

    async fn release(&self, lease: &Lease, release: Release) -> Result<(), LedgerError> {
        leases::release(&self.table, lease, release).await
    }

    async fn tallies(&self, job: &JobId) -> Result<BTreeMap<BucketName, Tally>, LedgerError> {
        tallies::read(&self.table, job).await
    }
}
