//! How far a job has come, by the ledger.

use std::collections::BTreeMap;

use reseal_core::ports::{ChunkRecord, Ledger, LedgerError};
use reseal_core::{BucketName, ChunkState, JobId, Tally};
use serde::Serialize;

use crate::retry::Patience;

/// Chunks read from the ledger at a time.
const PAGE: u32 = 500;

/// Chunks by their state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ChunkCounts {
    /// Nobody works on them.
    pub(crate) pending: u64,
    /// Somebody does, or did before it was killed.
    pub(crate) leased: u64,
    pub(crate) done: u64,
    pub(crate) quarantined: u64,
}

/// One bucket's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct BucketSurvey {
    /// Rows in chunks.
    pub(crate) taken_in: u64,
    #[serde(flatten)]
    pub(crate) tally: Tally,
}

/// A job's chunks, summed up. Counts are those of the checkpoints: ahead of
/// the counters, which move when a chunk is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    pub(crate) states: ChunkCounts,
    /// Rows in them.
    pub(crate) rows: u64,
    /// Rows that are settled.
    pub(crate) settled: u64,
    /// Multipart uploads that may be open.
    pub(crate) uploads: u64,
    pub(crate) buckets: BTreeMap<BucketName, BucketSurvey>,
}

impl Survey {
    /// All chunks.
    pub(crate) fn chunks(&self) -> u64 {
        let ChunkCounts { pending, leased, done, quarantined } = self.states;
        pending + leased + done + quarantined
    }

    /// All buckets.
    pub(crate) fn overall(&self) -> Tally {
        let mut overall = Tally::default();
        for bucket in self.buckets.values() {
            overall += &bucket.tally;
        }
        overall
    }

    fn add(&mut self, chunk: &ChunkRecord) {
        let count = match chunk.state {
            ChunkState::Pending => &mut self.states.pending,
            ChunkState::Leased => &mut self.states.leased,
            ChunkState::Done => &mut self.states.done,
            ChunkState::Quarantined => &mut self.states.quarantined,
        };
        *count += 1;
        self.rows += u64::from(chunk.rows);
        self.settled += u64::from(chunk.checkpoint.settled.count());
        self.uploads += chunk.uploads.len() as u64;
        let bucket = self.buckets.entry(chunk.bucket.clone()).or_default();
        bucket.taken_in += u64::from(chunk.rows);
        bucket.tally += &chunk.checkpoint.tally;
    }
}

/// Reads all chunks of a job, a page at a time.
///
/// # Errors
/// When the ledger can't be read.
pub(crate) async fn survey(
    ledger: &dyn Ledger,
    job: &JobId,
    patience: Patience<'_>,
) -> Result<Survey, LedgerError> {
    let mut survey = Survey::default();
    let mut after = None;
    loop {
        let page = patience.retry(|| ledger.chunks(job, after, PAGE)).await?;
        let Some(last) = page.last() else { return Ok(survey) };
        after = Some(last.id);
        page.iter().for_each(|chunk| survey.add(chunk));
    }
}
