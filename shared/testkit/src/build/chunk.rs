//! Chunks.

use reseal_core::ports::ChunkRecord;
use reseal_core::{Checkpoint, ChunkDigest, ChunkFile, ChunkId, Cursor, JobId};

use super::bucket;

/// A chunk's id.
#[must_use]
pub fn chunk_id(source: u32, sequence: u64) -> ChunkId {
    ChunkId { source, sequence }
}

/// A pending chunk of four rows of `bucket`.
#[derive(Clone, Debug)]
pub struct ChunkBuilder(ChunkRecord);

impl ChunkBuilder {
    /// The chunk of this name.
    #[must_use]
    pub fn new(job: &JobId, source: u32, sequence: u64) -> Self {
        let id = chunk_id(source, sequence);
        let digest = ChunkDigest::of(id.to_string().as_bytes());
        let next = Cursor(format!("after {id}"));
        Self(ChunkRecord::pending(job.clone(), id, bucket("bucket"), 4, digest, next))
    }

    /// Of another bucket.
    #[must_use]
    pub fn bucket(mut self, name: &str) -> Self {
        self.0.bucket = bucket(name);
        self
    }

    /// With so many rows, none of them settled.
    #[must_use]
    pub fn rows(mut self, rows: u32) -> Self {
        self.0.rows = rows;
        self.0.checkpoint = Checkpoint::start(rows);
        self
    }

    /// With this digest of its file.
    #[must_use]
    pub fn digest(mut self, digest: ChunkDigest) -> Self {
        self.0.digest = digest;
        self
    }

    /// The chunk whose file this is.
    ///
    /// # Panics
    /// Never: every chunk file encodes.
    #[must_use]
    pub fn of(file: &ChunkFile) -> Self {
        let mut chunk = Self::new(&file.job, file.chunk.source, file.chunk.sequence);
        chunk.0.bucket = file.bucket.clone();
        let bytes = file.encode().expect("a chunk file encodes");
        chunk.rows(file.len()).digest(ChunkDigest::of(&bytes))
    }

    /// The record.
    #[must_use]
    pub fn build(self) -> ChunkRecord {
        self.0
    }
}
