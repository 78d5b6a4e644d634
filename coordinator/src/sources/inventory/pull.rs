//! A report's rows, pulled from any place on.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use reseal_core::ports::SCRATCH_PREFIX;
use reseal_core::{Cursor, SourceRow, SourceSpec};
use tokio::task::yield_now;

use super::rows::{BadRow, Rows};
use super::{Report, bad_row};
use crate::sources::{Batch, Pulled, Source, SourceError};

/// Rows per pull, and rows between two chances for others to run.
const BATCH: u64 = 1_000;

/// A place in a report: a file by its index, and how many of its rows are
/// behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    file: usize,
    row: u64,
}

impl Place {
    fn parse(cursor: &Cursor) -> Option<Self> {
        if cursor.0.is_empty() {
            return Some(Self { file: 0, row: 0 });
        }
        let (file, row) = cursor.0.split_once(':')?;
        Some(Self { file: file.parse().ok()?, row: row.parse().ok()? })
    }

    fn cursor(self) -> Cursor {
        Cursor(format!("{}:{}", self.file, self.row))
    }
}

/// A report that is being pulled. It keeps its place between pulls; from any
/// other place it reads the file anew: gzip from its beginning, since that
/// can't be entered in the middle, the others from the row group or stripe.
pub(super) struct ReportSource {
    report: Report,
    open: Mutex<Option<(usize, Rows)>>,
}

impl ReportSource {
    pub(super) fn new(report: Report) -> Self {
        Self { report, open: Mutex::default() }
    }

    /// The rows from this place on; `None` behind the last file.
    async fn rows_at(&self, place: Place) -> Result<Option<Rows>, SourceError> {
        let Some(stored) = self.report.files.get(place.file) else { return Ok(None) };
        let file = self.report.file(place.file, stored)?;
        let kept = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((index, rows)) = kept
            && (Place { file: index, row: rows.read() }) == place
        {
            return Ok(Some(rows));
        }
        let size = stored.stamp.length();
        let rows = Rows::open(&self.report.manifest, file, size);
        let mut rows = rows.map_err(|bad| self.bad(place.file, &bad))?;
        while rows.read() < place.row {
            if !rows.skip(place.row).map_err(|bad| self.bad(place.file, &bad))? {
                return Err(SourceError::Cursor(place.cursor().0));
            }
            if rows.read().is_multiple_of(BATCH) {
                yield_now().await;
            }
        }
        Ok(Some(rows))
    }

    fn bad(&self, file: usize, bad: &BadRow) -> SourceError {
        bad_row(&self.report.manifest.files[file].key, bad)
    }

    /// Objects of the probe are no business of a job.
    fn pulled(&self, row: SourceRow, place: Place) -> Option<Pulled> {
        let ours = !row.key.as_str().starts_with(SCRATCH_PREFIX);
        ours.then(|| Pulled { bucket: self.report.bucket().clone(), row, after: place.cursor() })
    }
}

#[async_trait]
impl Source for ReportSource {
    fn spec(&self) -> &SourceSpec {
        self.report.spec()
    }

    async fn pull(&self, from: &Cursor) -> Result<Batch, SourceError> {
        let place = Place::parse(from).ok_or_else(|| SourceError::Cursor(from.0.clone()))?;
        let Some(mut open) = self.rows_at(place).await? else { return Ok(Batch::default()) };
        let mut rows = Vec::new();
        let end = place.row.saturating_add(BATCH);
        while open.read() < end {
            let next = open.next(|line| line.row());
            let Some(row) = next.map_err(|bad| self.bad(place.file, &bad))? else {
                let next = Place { file: place.file + 1, row: 0 };
                return Ok(Batch { rows, next: Some(next.cursor()) });
            };
            rows.extend(self.pulled(row, Place { row: open.read(), ..place }));
        }
        let next = Place { row: open.read(), ..place }.cursor();
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some((place.file, open));
        yield_now().await;
        Ok(Batch { rows, next: Some(next) })
    }

    /// The digests bind the report, so two who cut it cut it alike.
    fn cursor_after(&self, _row: &SourceRow) -> Option<Cursor> {
        None
    }
}
