//! How far a job has come, by the ledger.

use reseal_core::JobId;
use reseal_core::ports::{Ledger, LedgerError};

use crate::retry::Patience;

/// Chunks read from the ledger at a time.
const PAGE: u32 = 500;

/// A job's chunks, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    pub(crate) chunks: u64,
    /// Rows in them.
    pub(crate) rows: u64,
    /// Rows that are settled.
    pub(crate) settled: u64,
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
        for chunk in &page {
            survey.chunks += 1;
            survey.rows += u64::from(chunk.rows);
            survey.settled += u64::from(chunk.checkpoint.settled.count());
        }
    }
}
