//! Where objects come from: live listings, inventory reports, lists of keys.
//!
//! Owns: pulling rows from a source, from any cursor on, the same rows each
//! time as far as the source itself stands still.
//! Never: filters by the selection, cuts chunks, changes anything.
//! Next: `listing`, `inventory` and `keys` for the kinds, `accounts` for buckets
//! that are listed because of their tag, `split` for who pulls.

mod accounts;
mod files;
mod inventory;
mod keys;
mod listing;
mod prepare;
mod rows;

use async_trait::async_trait;
use reseal_core::ports::{FileError, LedgerError};
use reseal_core::{BucketName, Cursor, JobId, SourceRow, SourceSpec, StoreError};

pub(crate) use inventory::Counts as ReportCounts;
pub use inventory::Report as InventoryReport;
pub(crate) use inventory::{Newest, form_decoded, is_report_date, newest};
pub use keys::KeyList;
pub use listing::Listing;
pub(crate) use prepare::{Checked, Prepared, fetch, prepare};
pub(crate) use rows::{JobRows, Report as JobReport};

use crate::retry::Transient;

/// Why a source can't be read. The messages say what the fields are.
#[expect(missing_docs, reason = "each field stands in its message")]
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A list that isn't what it should be.
    #[error("{file}, line {line}: {what}")]
    Malformed { file: String, line: u64, what: String },
    /// A file that can't be read.
    #[error("{file}: {error}")]
    File { file: String, error: std::io::Error },
    /// A list that isn't the one that was checked any more.
    #[error("{file} changed while it was being read: the job took in the list as it was before")]
    Changed { file: String },
    /// A report, or a file of it, that isn't what it should be.
    #[error("{file}{}: {what}", row.map(|row| format!(", row {row}")).unwrap_or_default())]
    Report { file: String, row: Option<u64>, what: String },
    /// Two sources that may name the same objects.
    #[error(
        "a report on {bucket} and another source of {bucket} overlap: an object must be taken in once only"
    )]
    Overlap { bucket: BucketName },
    /// A report that S3 doesn't give us now.
    #[error("reading {what}: {error}")]
    Unreachable { what: String, error: StoreError },
    /// A report that another one was put in the place of, or that was taken
    /// away, since it was looked at.
    #[error("{file} isn't the one any more that was looked at")]
    Replaced { file: String },
    /// Rows of another job's report that can't be read.
    #[error("the report of job {job}: {error}")]
    Rows { job: JobId, error: FileError },
    /// The ledger that holds another job.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A cursor that this source didn't write.
    #[error("the ledger holds a cursor that is none for this source: '{0}'")]
    Cursor(String),
    /// S3 can't be asked.
    #[error("listing {bucket}: {error}")]
    Listing { bucket: BucketName, error: StoreError },
    /// An endpoint that isn't S3 in what a listing relies on.
    #[error(
        "listing {bucket}: the endpoint gives keys out of order, so nobody could tell whether all were seen: take --manifest or --keys"
    )]
    Unordered { bucket: BucketName },
    /// Asked once more after it couldn't go on.
    #[error("listing {bucket}: it broke off before its end; the same command begins it anew")]
    Unfinished { bucket: BucketName },
    /// A defect of ours.
    #[error("a request of a listing broke off: {0}")]
    Broken(tokio::task::JoinError),
}

impl Transient for SourceError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Listing { error, .. } => error.is_transient(),
            Self::Ledger(error) => error.is_transient(),
            _ => false,
        }
    }
}

/// One row with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// Whose row it is.
    pub bucket: BucketName,
    /// What the source says of the object.
    pub row: SourceRow,
    /// Where pulling goes on after this row.
    pub after: Cursor,
}

/// What one pull gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// In the source's order; may be empty though there is more.
    pub rows: Vec<Pulled>,
    /// Where the next pull begins; `None` at the source's end.
    pub next: Option<Cursor>,
}

/// A source of rows. The default cursor is its beginning.
#[async_trait]
pub trait Source: Send + Sync {
    /// What the user named, as the job freezes it.
    fn spec(&self) -> &SourceSpec;

    /// The next rows after `from`, at most about a thousand. One attempt; the
    /// caller retries.
    async fn pull(&self, from: &Cursor) -> Result<Batch, SourceError>;

    /// Where pulling goes on after a chunk that somebody else cut and that
    /// ends with this row, when it differs from ours. `None` where that can't
    /// be, because the source never changes.
    fn cursor_after(&self, row: &SourceRow) -> Option<Cursor>;
}
