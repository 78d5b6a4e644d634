//! A job's rows, chunk by chunk: a whole report need not fit into memory.

use reseal_core::ports::{ChunkRecord, Ledger, ReportSink};
use reseal_core::{ChunkId, JobId, OutcomeRow};

use super::{PAGE, ReportError, rows_of};
use crate::retry::Patience;

/// The report of a job, whether or not somebody works it.
pub(crate) struct RowStream<'a> {
    ledger: &'a dyn Ledger,
    sink: &'a dyn ReportSink,
    job: &'a JobId,
    after: Option<ChunkId>,
    page: std::vec::IntoIter<ChunkRecord>,
}

impl<'a> RowStream<'a> {
    pub(crate) fn new(ledger: &'a dyn Ledger, sink: &'a dyn ReportSink, job: &'a JobId) -> Self {
        Self { ledger, sink, job, after: None, page: Vec::new().into_iter() }
    }

    /// The next chunk and its rows so far; `None` at the end.
    ///
    /// # Errors
    /// When the ledger or the report can't be read.
    pub(crate) async fn next(
        &mut self,
        patience: Patience<'_>,
    ) -> Result<Option<(ChunkRecord, Vec<OutcomeRow>)>, ReportError> {
        let chunk = match self.page.next() {
            Some(chunk) => chunk,
            None => {
                let page =
                    patience.retry(|| self.ledger.chunks(self.job, self.after, PAGE)).await?;
                self.page = page.into_iter();
                let Some(chunk) = self.page.next() else { return Ok(None) };
                chunk
            }
        };
        self.after = Some(chunk.id);
        let rows = rows_of(self.sink, &chunk).await?;
        Ok(Some((chunk, rows)))
    }
}
