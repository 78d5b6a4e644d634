//! The ports that the engine works through, as one bundle.

use std::sync::Arc;

use reseal_core::ports::{
    Budgets, ChunkStore, Clock, KeyService, Ledger, Queue, Random, ReportSink, Stores,
};

/// Everything the engine can reach. There is no verb in it that lists or
/// deletes objects.
#[derive(Clone)]
pub struct Ports {
    /// S3's data path, for the roles that a job names.
    pub stores: Arc<dyn Stores>,
    /// KMS, to tell trouble with the target key from trouble with one object's.
    pub keys: Arc<dyn KeyService>,
    /// What wakes the engine.
    pub queue: Arc<dyn Queue>,
    /// What is true.
    pub ledger: Arc<dyn Ledger>,
    /// The limits that a fleet keeps together; `None` on a single machine,
    /// whose limits are its own.
    pub budgets: Option<Arc<dyn Budgets>>,
    /// Chunk files.
    pub chunks: Arc<dyn ChunkStore>,
    /// Report segments.
    pub report: Arc<dyn ReportSink>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for jitter.
    pub random: Arc<dyn Random>,
}
