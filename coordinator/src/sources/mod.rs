//! Where objects come from: live listings and lists of keys.
//!
//! Owns: pulling rows from a source, from any cursor on, the same rows each
//! time as far as the source itself stands still.
//! Never: filters by the selection, cuts chunks, changes anything.
//! Next: `listing` and `keys` for the two kinds, `split` for who pulls.

mod keys;
mod listing;
mod prepare;

use async_trait::async_trait;
use reseal_core::{BucketName, Cursor, SourceRow, SourceSpec, StoreError};

pub(crate) use keys::KeyList;
pub(crate) use prepare::{Prepared, prepare};

use crate::retry::Transient;

/// Why a source can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// A list that isn't what it should be.
    #[error("{file}, line {line}: {what}")]
    Malformed { file: String, line: u64, what: String },
    /// A file that can't be read.
    #[error("{file}: {error}")]
    File { file: String, error: std::io::Error },
    /// A list that isn't the one that was checked any more.
    #[error("{file} changed while it was being read: the job took in the list as it was before")]
    Changed { file: String },
    /// A cursor that this source didn't write.
    #[error("the ledger holds a cursor that is none for this source: '{0}'")]
    Cursor(String),
    /// S3 can't be asked.
    #[error("listing {bucket}: {error}")]
    Listing { bucket: BucketName, error: StoreError },
}

impl Transient for SourceError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Listing { error, .. } if error.is_transient())
    }
}

/// One row with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pulled {
    pub(crate) bucket: BucketName,
    pub(crate) row: SourceRow,
    /// Where pulling goes on after this row.
    pub(crate) after: Cursor,
}

/// What one pull gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Batch {
    /// In the source's order; may be empty though there is more.
    pub(crate) rows: Vec<Pulled>,
    /// Where the next pull begins; `None` at the source's end.
    pub(crate) next: Option<Cursor>,
}

/// A source of rows. The default cursor is its beginning.
#[async_trait]
pub(crate) trait Source: Send + Sync {
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
