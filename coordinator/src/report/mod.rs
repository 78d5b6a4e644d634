//! The report of a job: one row per object as CSV, totals as JSON.
//!
//! Owns: how the ledger's chunks and their result segments become files, and
//! the check that the counts add up (I4).
//! Never: holds more than one chunk's rows in memory; counts anything that a
//! checkpoint doesn't name.
//! Next: `columns` for what rows say, `rows` for the CSV, `parts` for what
//! query engines read, `totals` for the JSON.

mod columns;
mod parts;
mod rows;
mod shelf;
mod stream;
#[cfg(test)]
mod tests;
mod totals;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use async_trait::async_trait;
use reseal_core::ports::{ChunkRecord, FileError, Ledger, LedgerError, ReportSink};
use reseal_core::{ChunkState, JobId, JobRecord, OutcomeRow, PauseReason, Tally};

use crate::retry::Patience;
pub(crate) use columns::RowKind;
pub(crate) use parts::{Encoding, PART, Parts};
use rows::RowWriter;
pub(crate) use shelf::{BucketShelf, FolderShelf, Shelf};
pub(crate) use stream::RowStream;
pub(crate) use totals::{Summary, Totals};

/// Chunks read from the ledger at a time.
const PAGE: u32 = 100;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error("there is no job {0} in this state folder (--state)")]
    NoSuchJob(JobId),
    #[error("there is no job in this state folder (--state)")]
    NoJobs,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Segment(#[from] FileError),
    #[error("writing the report: {0}")]
    Write(#[from] io::Error),
    #[error("{place} (--out): {why}")]
    Part { place: String, why: String },
    #[error("{0} is there already and says otherwise: name another --out")]
    Taken(String),
}

impl From<csv::Error> for ReportError {
    fn from(error: csv::Error) -> Self {
        // The plain error, so that a reader who left can be told from a full disk.
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Self::Write(error),
            other => Self::Write(io::Error::other(format!("{other:?}"))),
        }
    }
}

/// The named job, or the latest.
///
/// # Errors
/// When there is none.
pub(crate) async fn find_job(
    ledger: &dyn Ledger,
    named: Option<&JobId>,
    patience: Patience<'_>,
) -> Result<JobRecord, ReportError> {
    if let Some(id) = named {
        let job = patience.retry(|| ledger.job(id)).await?;
        return job.ok_or_else(|| ReportError::NoSuchJob(id.clone()));
    }
    let (mut latest, mut after) = (None::<JobRecord>, None::<JobId>);
    loop {
        let page = patience.retry(|| ledger.jobs(after.as_ref(), PAGE)).await?;
        let Some(last) = page.last() else { return latest.ok_or(ReportError::NoJobs) };
        after = Some(last.id.clone());
        let newest = page.into_iter().chain(latest).max_by_key(|job| job.created_at);
        latest = newest;
    }
}

/// Where rows go, in the job's order.
#[async_trait]
pub(crate) trait TakesRows: Send {
    /// Takes a chunk's rows.
    ///
    /// # Errors
    /// When they can't be written.
    async fn take(&mut self, rows: &[OutcomeRow]) -> Result<(), ReportError>;
}

/// Streams a job's rows as CSV, chunk by chunk, and adds them up.
///
/// # Errors
/// When the ledger or a segment can't be read, or `out` not written.
pub(crate) async fn write_rows(
    ledger: &dyn Ledger,
    sink: &dyn ReportSink,
    job: &JobRecord,
    kind: RowKind,
    out: impl Write + Send,
    patience: Patience<'_>,
) -> Result<Totals, ReportError> {
    let mut writer = RowWriter::new(out, kind)?;
    let totals = hand_over(ledger, sink, job, &mut writer, patience).await?;
    writer.finish()?;
    Ok(totals)
}

/// The same to whoever takes them.
///
/// # Errors
/// As [`write_rows`].
pub(crate) async fn hand_over(
    ledger: &dyn Ledger,
    sink: &dyn ReportSink,
    job: &JobRecord,
    writer: &mut dyn TakesRows,
    patience: Patience<'_>,
) -> Result<Totals, ReportError> {
    let mut totals = Totals::default();
    let mut after = None;
    loop {
        let page = patience.retry(|| ledger.chunks(&job.id, after, PAGE)).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for chunk in &page {
            let rows = rows_of(sink, chunk).await?;
            let found = Tally::of(&rows);
            writer.take(&rows).await?;
            totals.add(chunk, &rows, &found);
        }
    }
    // While somebody works, the counters are ahead of the chunks read before.
    if job.state.is_terminal() {
        totals.compare(&patience.retry(|| ledger.tallies(&job.id)).await?);
    }
    Ok(totals)
}

/// A chunk's rows in the order of their index.
async fn rows_of(
    sink: &dyn ReportSink,
    chunk: &ChunkRecord,
) -> Result<Vec<OutcomeRow>, ReportError> {
    let mut rows = Vec::new();
    for segment in &chunk.checkpoint.segments {
        rows.extend(sink.read(&chunk.job, chunk.id, segment).await?);
    }
    rows.sort_by_key(|row| row.index);
    Ok(rows)
}

/// Writes `report.csv` and `totals.json` into the job's folder, each whole or
/// not at all.
///
/// # Errors
/// As [`write_rows`].
pub(crate) async fn write_to_state(
    ledger: &dyn Ledger,
    sink: &dyn ReportSink,
    job: &JobRecord,
    state: &Path,
    patience: Patience<'_>,
) -> Result<Totals, ReportError> {
    let folder = totals::folder(state, &job.id);
    fs::create_dir_all(&folder)?;
    let side = folder.join("report.csv.partial");
    let file = BufWriter::new(File::create(&side)?);
    let totals = write_rows(ledger, sink, job, RowKind::Objects, file, patience).await?;
    fs::rename(&side, folder.join("report.csv"))?;
    let side = folder.join("totals.json.partial");
    let mut file = File::create(&side)?;
    serde_json::to_writer_pretty(&mut file, &totals.with_job(job)).map_err(io::Error::from)?;
    file.write_all(b"\n")?;
    fs::rename(&side, folder.join("totals.json"))?;
    Ok(totals)
}

/// Why a job stands still, and what mends it.
pub(crate) fn why_paused(reason: PauseReason) -> String {
    match reason {
        PauseReason::Key(trouble) => format!("{trouble}: mend the key"),
        PauseReason::Credentials => {
            "the credentials, or a role that was assumed with them, expired or are refused (the log of who worked says which): renew or mend them".to_owned()
        }
        PauseReason::Failures => {
            "too many objects failed: see the report for the reasons, and --failure-threshold"
                .to_owned()
        }
        PauseReason::Versioning => {
            "a bucket stopped keeping old versions in mid-run, so that copies replace objects for good: switch its versioning on again, or cancel the job and begin anew".to_owned()
        }
        PauseReason::Requested => "somebody asked for it".to_owned(),
    }
}

/// Whether nothing can change in this chunk any more.
fn is_settled(chunk: &ChunkRecord) -> bool {
    matches!(chunk.state, ChunkState::Done | ChunkState::Quarantined)
}
