//! Who works in a fleet, and who looks after it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::LedgerError;
use crate::{Timestamp, WorkerId};

/// What a worker tells of itself, for people: nothing is decided by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerBeat {
    /// Its label.
    pub worker: WorkerId,
    /// When it last said so, by its own clock.
    pub seen_at: Timestamp,
    /// When it started.
    pub started_at: Timestamp,
    /// Chunks that it holds.
    pub chunks: u32,
    /// Objects that it settled since it started.
    pub settled: u64,
    /// Messages that it refused to follow.
    pub refused_messages: u64,
}

/// The office of the steward: who sends lost messages again, gives back what
/// dead workers held, and finishes jobs. Two at a time would be harmless; one
/// is cheaper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stewardship {
    /// Who has it; `None` before the first.
    pub holder: Option<WorkerId>,
    /// Counts the writes: stands still when the holder is gone.
    pub beat: u64,
}

/// The fleet's people. Errors mean what the ledger's do; the caller retries.
#[async_trait]
pub trait Roster: Send + Sync {
    /// Write: forgotten by itself some time after the last one.
    async fn beat(&self, beat: &WorkerBeat) -> Result<(), LedgerError>;

    /// Paged keyed query, read to its end: those not yet forgotten.
    async fn workers(&self) -> Result<Vec<WorkerBeat>, LedgerError>;

    /// Keyed read.
    async fn steward(&self) -> Result<Stewardship, LedgerError>;

    /// Conditional write: the beat is still the one that was seen, and goes
    /// up by one; the holder is this worker then.
    async fn take_office(&self, worker: &WorkerId, seen: u64) -> Result<(), LedgerError>;
}
