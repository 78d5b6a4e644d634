//! The ledger is the truth: jobs, chunks, leases, checkpoints, counters.
//!
//! A closed set of verbs. Each is one conditional write, one transaction of
//! at most 100 actions, one keyed read or one paged keyed query, so that
//! DynamoDB can do what SQLite does. Nothing counts, joins or increments
//! outside a condition.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::ports::OpenUpload;
use crate::{
    BucketName, Checkpoint, ChunkDigest, ChunkId, ChunkState, Cursor, Epoch, JobId, JobRecord,
    JobState, Tally, Timestamp, WorkerId,
};

/// What the caller must do about a failed ledger call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerErrorKind {
    /// The condition doesn't hold: read, compare, adopt or stop.
    Conflict,
    /// Slow down, then repeat.
    Throttled,
    /// It may have been written or not: read, or repeat where the condition
    /// makes that harmless.
    Ambiguous,
    /// Out of reach, full or broken: start nothing new, drain, stop (I9).
    Unavailable,
}

/// A ledger call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ledger: {message}")]
pub struct LedgerError {
    /// What to do about it.
    pub kind: LedgerErrorKind,
    /// One line for people.
    pub message: String,
}

impl LedgerError {
    /// A failure of this kind.
    #[must_use]
    pub fn new(kind: LedgerErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

/// A chunk as the ledger holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkRecord {
    /// The job.
    pub job: JobId,
    /// Its id within the job.
    pub id: ChunkId,
    /// The bucket of all its rows.
    pub bucket: BucketName,
    /// How many rows.
    pub rows: u32,
    /// Of the chunk file.
    pub digest: ChunkDigest,
    /// From where splitting goes on after this chunk.
    pub next: Cursor,
    /// Where it stands.
    pub state: ChunkState,
    /// Counts its claims.
    pub epoch: Epoch,
    /// Counts its holder's signs of life within the epoch.
    pub renewals: u64,
    /// Its holder's label, for people.
    pub worker: Option<WorkerId>,
    /// Claims that ended without completing it and were its own fault, and
    /// those that were taken over fruitless. Throttling, shutdown and pauses
    /// don't count.
    pub attempts: u32,
    /// When it was first claimed: what changed before then isn't ours.
    pub first_claimed_at: Option<Timestamp>,
    /// How far it has come.
    pub checkpoint: Checkpoint,
    /// Multipart uploads that may be open, by row (I7).
    pub uploads: BTreeMap<u32, OpenUpload>,
}

impl ChunkRecord {
    /// A chunk that nobody has touched.
    #[must_use]
    pub fn pending(
        job: JobId,
        id: ChunkId,
        bucket: BucketName,
        rows: u32,
        digest: ChunkDigest,
        next: Cursor,
    ) -> Self {
        Self {
            job,
            id,
            bucket,
            rows,
            digest,
            next,
            state: ChunkState::Pending,
            epoch: Epoch::default(),
            renewals: 0,
            worker: None,
            attempts: 0,
            first_claimed_at: None,
            checkpoint: Checkpoint::start(rows),
            uploads: BTreeMap::new(),
        }
    }
}

/// Whether a chunk was bound by us or was there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// By us.
    Bound,
    /// Somebody was first; go on from this one.
    Adopted(Box<ChunkRecord>),
}

/// On what grounds a chunk is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody holds it.
    Pending,
    /// Its holder showed no sign of life: the claimant has watched these very
    /// numbers stand still for the lease's duration and a margin, on its own
    /// monotonic clock. No wall clock is compared with another's.
    Takeover {
        /// The holder's epoch.
        epoch: Epoch,
        /// The holder's last renewal.
        renewals: u64,
        /// Whether the holder recorded nothing under that epoch. Such a claim
        /// counts as an attempt: a chunk that kills its workers must end.
        fruitless: bool,
    },
}

/// The right to work on a chunk. Every write of its holder carries the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// The chunk.
    pub chunk: ChunkId,
    /// The claim.
    pub epoch: Epoch,
}

/// How a chunk is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Not its fault: shutdown, throttling, a pause.
    NoFault,
    /// It went wrong: counts towards quarantine.
    Fault,
}

/// How far the splitting of a source has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceState {
    /// The last chunk bound, if any: splitting goes on from its cursor.
    pub last: Option<ChunkRecord>,
    /// Whether the source is split to its end.
    pub closed: bool,
}

/// Jobs, chunks, leases and counters, durably.
///
/// Every write may answer Conflict, Throttled or Ambiguous, and is written so
/// that repeating it is harmless: its condition fails once it took effect.
/// The caller retries.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Conditional put: the id is free.
    async fn create_job(&self, job: &JobRecord) -> Result<(), LedgerError>;

    /// Keyed read.
    async fn job(&self, id: &JobId) -> Result<Option<JobRecord>, LedgerError>;

    /// Paged keyed query, by id, after `after`.
    async fn jobs(&self, after: Option<&JobId>, limit: u32) -> Result<Vec<JobRecord>, LedgerError>;

    /// Conditional write: the job still has this revision, which goes up by one.
    async fn set_job_state(
        &self,
        id: &JobId,
        revision: u64,
        state: JobState,
    ) -> Result<(), LedgerError>;

    /// Conditional put: the chunk's id is free, and its source isn't closed
    /// (Conflict): a job that was found to be at its end gets no more chunks.
    /// Its file must be durable.
    async fn bind_chunk(&self, chunk: &ChunkRecord) -> Result<Binding, LedgerError>;

    /// Conditional write: the source isn't closed, or was closed the same way.
    async fn close_source(&self, job: &JobId, source: u32) -> Result<(), LedgerError>;

    /// Keyed read, and a keyed query backwards for one row.
    async fn source(&self, job: &JobId, source: u32) -> Result<SourceState, LedgerError>;

    /// Keyed read.
    async fn chunk(&self, job: &JobId, chunk: ChunkId) -> Result<Option<ChunkRecord>, LedgerError>;

    /// Paged keyed query over a job's chunks, by id, after `after`.
    async fn chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError>;

    /// Paged keyed query over the sparse index of chunks that are neither
    /// done nor quarantined, by id, after `after`.
    async fn open_chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError>;

    /// Paged keyed query over the sparse index of chunks that are leased, by
    /// id, after `after`.
    async fn leased_chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError>;

    /// Conditional write on state, epoch and renewals, by the grounds given:
    /// the chunk becomes leased under the next epoch. Conflict when the
    /// grounds don't hold. Returns the chunk as it now is.
    async fn claim(
        &self,
        job: &JobId,
        chunk: ChunkId,
        grounds: Claim,
        worker: &WorkerId,
        now: Timestamp,
    ) -> Result<(Lease, ChunkRecord), LedgerError>;

    /// Conditional write on the epoch: one more sign of life.
    async fn renew(&self, lease: &Lease) -> Result<(), LedgerError>;

    /// Conditional write on the epoch: replaces the checkpoint.
    async fn checkpoint(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError>;

    /// Conditional write on the epoch: an upload is open for this row. Must
    /// be durable before the upload's first part.
    async fn open_upload(
        &self,
        lease: &Lease,
        row: u32,
        upload: &OpenUpload,
    ) -> Result<(), LedgerError>;

    /// Conditional write on the epoch: the row's upload is completed or aborted.
    async fn close_upload(&self, lease: &Lease, row: u32) -> Result<(), LedgerError>;

    /// One transaction, conditional on state and epoch: the chunk is done
    /// with this checkpoint, and its bucket's counters move by its tally.
    async fn complete(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError>;

    /// The same for a chunk that is given up: its unsettled rows are in the
    /// tally as failed (I18).
    async fn quarantine(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError>;

    /// Conditional write on the epoch: the chunk is pending again.
    async fn release(&self, lease: &Lease, release: Release) -> Result<(), LedgerError>;

    /// Keyed query: the counters of each bucket. A job's totals are their sum.
    async fn tallies(&self, job: &JobId) -> Result<BTreeMap<BucketName, Tally>, LedgerError>;
}
