//! Where chunk files lie.

use async_trait::async_trait;

use crate::{ChunkId, JobId};

/// A stored file could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {message}")]
pub struct FileError {
    /// Which file.
    pub what: String,
    /// Why.
    pub message: String,
    /// What the caller must do about it.
    pub kind: FileErrorKind,
}

/// What to do about a file that could not be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileErrorKind {
    /// It isn't there, or isn't what it should be: nothing will mend it.
    Broken,
    /// Repeat after a pause.
    Transient,
    /// It may be fine, but nobody lets us at it: not the file's fault.
    OutOfReach,
}

/// Immutable chunk files, named by job and chunk. The caller retries.
#[async_trait]
pub trait ChunkStore: Send + Sync {
    /// Stores a chunk's bytes durably before it returns. The first writer of
    /// a name wins: where a file is there already, its bytes are returned
    /// instead, and the caller goes on with those.
    async fn put(
        &self,
        job: &JobId,
        chunk: ChunkId,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, FileError>;

    /// A chunk's bytes, unchecked: the ledger's digest decides.
    async fn get(&self, job: &JobId, chunk: ChunkId) -> Result<Vec<u8>, FileError>;
}
