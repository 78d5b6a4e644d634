//! Chunk files and results as one process reaches them.

use std::sync::Arc;

use async_trait::async_trait;
use reseal_core::ports::{ChunkStore, FileError, ReportSink, SegmentName};
use reseal_core::{ChunkId, JobId, OutcomeRow, SegmentRef};
use reseal_testkit::{MemoryChunks, MemoryReport};

use crate::wire::{Step, Wire};

pub(crate) struct WiredChunks {
    pub(crate) wire: Wire,
    pub(crate) inner: Arc<MemoryChunks>,
}

#[async_trait]
impl ChunkStore for WiredChunks {
    async fn put(
        &self,
        job: &JobId,
        chunk: ChunkId,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, FileError> {
        self.wire.call(Step::PUT_FILE, &chunk, self.inner.put(job, chunk, bytes)).await
    }

    async fn get(&self, job: &JobId, chunk: ChunkId) -> Result<Vec<u8>, FileError> {
        self.wire.call(Step::GET_FILE, &chunk, self.inner.get(job, chunk)).await
    }
}

pub(crate) struct WiredReport {
    pub(crate) wire: Wire,
    pub(crate) inner: Arc<MemoryReport>,
}

#[async_trait]
impl ReportSink for WiredReport {
    async fn append(
        &self,
        name: &SegmentName,
        rows: &[OutcomeRow],
    ) -> Result<SegmentRef, FileError> {
        let effect = async {
            self.wire.net.judge.claims(rows);
            self.inner.append(name, rows).await
        };
        let about = format!("{} {}-{}", name.chunk, name.epoch.0, name.ordinal);
        self.wire.call(Step::APPEND, &about, effect).await
    }

    async fn read(
        &self,
        job: &JobId,
        chunk: ChunkId,
        segment: &SegmentRef,
    ) -> Result<Vec<OutcomeRow>, FileError> {
        self.wire.call(Step::READ_ROWS, &chunk, self.inner.read(job, chunk, segment)).await
    }
}
