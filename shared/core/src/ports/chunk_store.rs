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
    /// Whether repeating the same call may succeed. A disk doesn't heal while
    /// one waits; a service may.
    pub transient: bool,
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
