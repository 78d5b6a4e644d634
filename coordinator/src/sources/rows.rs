//! The rows of another job that ended in certain ways: what `retry` drives
//! again. That job is over, so its rows are the same each time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use reseal_core::ports::{ChunkRecord, ChunkStore, FileError, Ledger, LedgerError, ReportSink};
use reseal_core::{
    BucketName, ChunkFile, ChunkId, Cursor, JobId, Outcome, SourceRow, SourceSpec, Tally,
};
use serde::{Deserialize, Serialize};

use super::{Batch, Pulled, Source, SourceError};

/// Chunks read from the ledger at a time.
const PAGE: u32 = 100;

/// Where the other job lies.
#[derive(Clone)]
pub(crate) struct Report {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) chunks: Arc<dyn ChunkStore>,
    pub(crate) report: Arc<dyn ReportSink>,
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report").finish_non_exhaustive()
    }
}

/// Rows of a job that is over, counted.
#[derive(Clone, Debug)]
pub(crate) struct JobRows {
    from: Report,
    job: JobId,
    outcomes: BTreeSet<Outcome>,
    spec: SourceSpec,
    rows: u64,
    unnamed: u64,
    buckets: BTreeSet<BucketName>,
}

/// How far pulling has come: through all of this chunk, or up to this row.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    chunk: ChunkId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    row: Option<u32>,
}

impl Place {
    fn cursor(&self) -> Cursor {
        // Three numbers always serialise.
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }
}

impl JobRows {
    /// Reads the job's report to its end and counts.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) async fn check(
        from: Report,
        job: &JobId,
        outcomes: BTreeSet<Outcome>,
    ) -> Result<Self, SourceError> {
        let spec = SourceSpec::Rows { job: job.clone(), outcomes: outcomes.clone() };
        let (job, buckets) = (job.clone(), BTreeSet::new());
        let mut rows = Self { from, job, outcomes, spec, rows: 0, unnamed: 0, buckets };
        let mut after = None;
        loop {
            let page = rows.from.ledger.chunks(&rows.job, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(rows) };
            after = Some(last.id);
            for chunk in &page {
                if !rows.has_some(chunk) {
                    continue;
                }
                let (named, unnamed) = rows.of_chunk(chunk).await?;
                rows.unnamed += unnamed;
                if !named.is_empty() {
                    rows.rows += named.len() as u64;
                    rows.buckets.insert(chunk.bucket.clone());
                }
            }
        }
    }

    /// How many there are.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows that ended so and that nobody can name, since their chunk's file
    /// can't be read.
    pub(crate) fn unnamed(&self) -> u64 {
        self.unnamed
    }

    /// The buckets that they name.
    pub(crate) fn buckets(&self) -> &BTreeSet<BucketName> {
        &self.buckets
    }

    /// One line for people.
    pub(crate) fn describe(&self) -> String {
        format!(
            "job {}, {} rows in {} buckets that failed or were skipped",
            self.job,
            self.rows,
            self.buckets.len()
        )
    }

    /// By its counts: most chunks of most jobs hold none.
    fn has_some(&self, chunk: &ChunkRecord) -> bool {
        let Tally { skipped, failed, .. } = &chunk.checkpoint.tally;
        let skipped = skipped.keys().map(|reason| Outcome::Skipped(*reason));
        let failed = failed.keys().map(|reason| Outcome::Failed(*reason));
        skipped.chain(failed).any(|outcome| self.outcomes.contains(&outcome))
    }

    /// The rows of a chunk by their index, and how many can't be named. What
    /// the source said of them is old by now, but for their names.
    async fn of_chunk(
        &self,
        chunk: &ChunkRecord,
    ) -> Result<(BTreeMap<u32, SourceRow>, u64), SourceError> {
        let mut ended = BTreeSet::new();
        for segment in &chunk.checkpoint.segments {
            let rows = self.from.report.read(&self.job, chunk.id, segment).await;
            let rows = rows.map_err(|error| self.unreadable(error))?;
            let wanted = rows.into_iter().filter(|row| self.outcomes.contains(&row.outcome));
            ended.extend(wanted.map(|row| row.index));
        }
        let bytes = self.from.chunks.get(&self.job, chunk.id).await;
        // A chunk may be quarantined because its file can't be read.
        let file = bytes.ok().and_then(|bytes| ChunkFile::decode(&bytes, &chunk.digest).ok());
        let Some(file) = file else { return Ok((BTreeMap::new(), ended.len() as u64)) };
        let rows = (0u32..).zip(file.rows).filter(|(index, _)| ended.contains(index));
        let rows = rows.map(|(index, row)| (index, only_the_name(row))).collect();
        Ok((rows, 0))
    }

    fn unreadable(&self, error: FileError) -> SourceError {
        SourceError::Rows { job: self.job.clone(), error }
    }

    async fn chunk_at(&self, place: Option<&Place>) -> Result<Option<ChunkRecord>, LedgerError> {
        match place {
            Some(Place { chunk, row: Some(_) }) => self.from.ledger.chunk(&self.job, *chunk).await,
            Some(Place { chunk, row: None }) => self.next_chunk(Some(*chunk)).await,
            None => self.next_chunk(None).await,
        }
    }

    async fn next_chunk(&self, after: Option<ChunkId>) -> Result<Option<ChunkRecord>, LedgerError> {
        let mut after = after;
        loop {
            let page = self.from.ledger.chunks(&self.job, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(None) };
            after = Some(last.id);
            if let Some(chunk) = page.into_iter().find(|chunk| self.has_some(chunk)) {
                return Ok(Some(chunk));
            }
        }
    }
}

fn only_the_name(row: SourceRow) -> SourceRow {
    let SourceRow { version, is_latest, is_delete_marker, .. } = row;
    SourceRow { version, is_latest, is_delete_marker, ..SourceRow::of_key(row.key) }
}

#[async_trait]
impl Source for JobRows {
    fn spec(&self) -> &SourceSpec {
        &self.spec
    }

    /// One chunk of the other job.
    async fn pull(&self, from: &Cursor) -> Result<Batch, SourceError> {
        let place: Option<Place> = match from.0.as_str() {
            "" => None,
            text => {
                let place = serde_json::from_str(text);
                Some(place.map_err(|_| SourceError::Cursor(text.to_owned()))?)
            }
        };
        let Some(chunk) = self.chunk_at(place.as_ref()).await? else { return Ok(Batch::default()) };
        let (rows, _) = self.of_chunk(&chunk).await?;
        let done = place.and_then(|place| place.row);
        let rows = rows.into_iter().filter(|(index, _)| done.is_none_or(|done| *index > done));
        let rows = rows.map(|(index, row)| Pulled {
            bucket: chunk.bucket.clone(),
            row,
            after: Place { chunk: chunk.id, row: Some(index) }.cursor(),
        });
        let next = Some(Place { chunk: chunk.id, row: None }.cursor());
        Ok(Batch { rows: rows.collect(), next })
    }

    /// That job is over, so two who cut its rows cut them alike.
    fn cursor_after(&self, _row: &SourceRow) -> Option<Cursor> {
        None
    }
}
