//! The ledger in SQLite.
//!
//! Owns: one function per verb, each a single conditional statement or a few
//! in the same transaction.
//! Never: reads a state to decide on a write that doesn't repeat the
//! condition; opens a transaction (the group's is there already).
//! Next: `jobs`, `chunks` for splitting and reading, `leases` for what a
//! holder writes.

mod chunks;
mod jobs;
mod leases;
mod rows;

use std::collections::BTreeMap;

use async_trait::async_trait;
use reseal_core::ports::{
    Binding, ChunkRecord, Claim, Lease, Ledger, LedgerError, OpenUpload, Release, SourceState,
};
use reseal_core::{
    BucketName, Checkpoint, ChunkEvent, ChunkId, JobId, JobRecord, JobState, Tally, Timestamp,
    WorkerId,
};
use rusqlite::Connection;

use crate::db::{Database, DbError};

pub(crate) use leases::recover;

/// The `Ledger` port on a SQLite file. Clones share the file.
///
/// A write is answered once it is on the disk. It answers Conflict when its
/// condition doesn't hold, Throttled when another process kept the file busy
/// for five seconds, and Unavailable for a disk that is full, read-only or
/// broken; never Ambiguous.
#[derive(Clone, Debug)]
pub struct SqliteLedger(Database);

impl SqliteLedger {
    pub(crate) fn new(database: Database) -> Self {
        Self(database)
    }

    async fn read<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Connection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        Ok(self.0.read(verb).await?)
    }

    async fn write<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Connection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        Ok(self.0.write(verb).await?)
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn create_job(&self, job: &JobRecord) -> Result<(), LedgerError> {
        let job = job.clone();
        self.write(move |db| jobs::create(db, &job)).await
    }

    async fn job(&self, id: &JobId) -> Result<Option<JobRecord>, LedgerError> {
        let id = id.clone();
        self.read(move |db| jobs::get(db, &id)).await
    }

    async fn jobs(&self, after: Option<&JobId>, limit: u32) -> Result<Vec<JobRecord>, LedgerError> {
        let after = after.cloned();
        self.read(move |db| jobs::page(db, after.as_ref(), limit)).await
    }

    async fn set_job_state(
        &self,
        id: &JobId,
        revision: u64,
        state: JobState,
    ) -> Result<(), LedgerError> {
        let id = id.clone();
        self.write(move |db| jobs::set_state(db, &id, revision, state)).await
    }

    async fn bind_chunk(&self, chunk: &ChunkRecord) -> Result<Binding, LedgerError> {
        let chunk = chunk.clone();
        self.write(move |db| chunks::bind(db, &chunk)).await
    }

    async fn close_source(&self, job: &JobId, source: u32) -> Result<(), LedgerError> {
        let job = job.clone();
        self.write(move |db| chunks::close_source(db, &job, source)).await
    }

    async fn source(&self, job: &JobId, source: u32) -> Result<SourceState, LedgerError> {
        let job = job.clone();
        self.read(move |db| chunks::source(db, &job, source)).await
    }

    async fn chunk(&self, job: &JobId, chunk: ChunkId) -> Result<Option<ChunkRecord>, LedgerError> {
        let job = job.clone();
        self.read(move |db| chunks::get(db, &job, chunk)).await
    }

    async fn chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        let job = job.clone();
        self.read(move |db| chunks::page(db, &job, after, limit)).await
    }

    async fn open_chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        let job = job.clone();
        self.read(move |db| chunks::open_page(db, &job, after, limit)).await
    }

    async fn leased_chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        let job = job.clone();
        self.read(move |db| chunks::leased_page(db, &job, after, limit)).await
    }

    async fn claim(
        &self,
        job: &JobId,
        chunk: ChunkId,
        grounds: Claim,
        worker: &WorkerId,
        now: Timestamp,
    ) -> Result<(Lease, ChunkRecord), LedgerError> {
        let (job, worker) = (job.clone(), worker.clone());
        self.write(move |db| leases::claim(db, &job, chunk, grounds, &worker, now)).await
    }

    async fn renew(&self, lease: &Lease) -> Result<(), LedgerError> {
        let lease = lease.clone();
        self.write(move |db| leases::renew(db, &lease)).await
    }

    async fn checkpoint(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        let (lease, checkpoint) = (lease.clone(), checkpoint.clone());
        self.write(move |db| leases::checkpoint(db, &lease, &checkpoint)).await
    }

    async fn open_upload(
        &self,
        lease: &Lease,
        row: u32,
        upload: &OpenUpload,
    ) -> Result<(), LedgerError> {
        let (lease, upload) = (lease.clone(), upload.clone());
        self.write(move |db| leases::open_upload(db, &lease, row, &upload)).await
    }

    async fn close_upload(&self, lease: &Lease, row: u32) -> Result<(), LedgerError> {
        let lease = lease.clone();
        self.write(move |db| leases::close_upload(db, &lease, row)).await
    }

    async fn complete(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        let (lease, checkpoint) = (lease.clone(), checkpoint.clone());
        self.write(move |db| leases::settle(db, &lease, &checkpoint, ChunkEvent::Complete)).await
    }

    async fn quarantine(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        let (lease, checkpoint) = (lease.clone(), checkpoint.clone());
        self.write(move |db| leases::settle(db, &lease, &checkpoint, ChunkEvent::Quarantine)).await
    }

    async fn release(&self, lease: &Lease, release: Release) -> Result<(), LedgerError> {
        let lease = lease.clone();
        self.write(move |db| leases::release(db, &lease, release)).await
    }

    async fn tallies(&self, job: &JobId) -> Result<BTreeMap<BucketName, Tally>, LedgerError> {
        let job = job.clone();
        self.read(move |db| leases::tallies(db, &job)).await
    }
}
