//! Chunk files.

use std::fs;
use std::path::Path;

use async_trait::async_trait;
use reseal_core::ports::{ChunkStore, FileError};
use reseal_core::{ChunkId, JobId};

use super::names::Names;
use super::{Files, disk};

/// The `ChunkStore` port on local files. Clones share the thread for files.
#[derive(Clone, Debug)]
pub struct LocalChunks {
    files: Files,
    names: Names,
}

impl LocalChunks {
    pub(crate) fn below(state: &Path, files: Files) -> Self {
        Self { files, names: Names::below(state) }
    }
}

#[async_trait]
impl ChunkStore for LocalChunks {
    async fn put(
        &self,
        job: &JobId,
        chunk: ChunkId,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, FileError> {
        let path = self.names.chunk(job, chunk);
        let bytes = bytes.to_vec();
        self.files.run(path.display().to_string(), move || disk::publish(&path, &bytes)).await
    }

    async fn get(&self, job: &JobId, chunk: ChunkId) -> Result<Vec<u8>, FileError> {
        let path = self.names.chunk(job, chunk);
        self.files.run(path.display().to_string(), move || fs::read(path)).await
    }
}
