//! Where the report's rows lie.

use async_trait::async_trait;

use crate::ports::FileError;
use crate::{ChunkId, Epoch, JobId, OutcomeRow, SegmentRef};

/// A segment's name: one claim of one chunk writes segments 0, 1, 2, …; two
/// claims never write the same name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentName {
    /// The job.
    pub job: JobId,
    /// The chunk.
    pub chunk: ChunkId,
    /// The claim.
    pub epoch: Epoch,
    /// Its ordinal within the claim.
    pub ordinal: u32,
}

/// Immutable pieces of chunk results. A segment counts only once a ledger
/// checkpoint names it; what a crashed claim left behind is never read.
#[async_trait]
pub trait ReportSink: Send + Sync {
    /// Stores rows durably before it returns.
    async fn append(
        &self,
        name: &SegmentName,
        rows: &[OutcomeRow],
    ) -> Result<SegmentRef, FileError>;

    /// The rows of a segment that a checkpoint names, refused when the bytes
    /// don't have its digest.
    async fn read(
        &self,
        job: &JobId,
        chunk: ChunkId,
        segment: &SegmentRef,
    ) -> Result<Vec<OutcomeRow>, FileError>;
}
