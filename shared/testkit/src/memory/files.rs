//! Chunk files and report segments in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use reseal_core::ports::{ChunkStore, FileError, FileErrorKind, ReportSink, SegmentName};
use reseal_core::{ChunkDigest, ChunkId, JobId, OutcomeRow, SegmentRef};

/// Immutable bytes by name.
#[derive(Debug)]
struct Shelf<N>(Mutex<BTreeMap<N, Vec<u8>>>);

impl<N: Ord> Default for Shelf<N> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<N: Ord + Clone> Shelf<N> {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<N, Vec<u8>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Stores the bytes unless the name is taken; the bytes that are there then.
    fn put(&self, name: &N, bytes: &[u8]) -> Option<Vec<u8>> {
        self.with(|files| {
            let taken = files.get(name).cloned();
            if taken.is_none() {
                files.insert(name.clone(), bytes.to_vec());
            }
            taken
        })
    }

    fn get(&self, name: &N, what: impl Into<String>) -> Result<Vec<u8>, FileError> {
        self.with(|files| files.get(name).cloned()).ok_or_else(|| FileError {
            what: what.into(),
            message: "no such file".to_owned(),
            kind: FileErrorKind::Broken,
        })
    }

    /// Flips a bit in the middle.
    fn damage(&self, name: &N) {
        self.with(|files| {
            if let Some(bytes) = files.get_mut(name) {
                let middle = bytes.len() / 2;
                bytes.iter_mut().skip(middle).take(1).for_each(|byte| *byte ^= 1);
            }
        });
    }
}

/// Chunk files that die with their owner. Share it in an `Arc`.
#[derive(Debug, Default)]
pub struct MemoryChunks(Shelf<(JobId, ChunkId)>);

impl MemoryChunks {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Flips a bit of a stored file, as a failing disk would.
    pub fn damage(&self, job: &JobId, chunk: ChunkId) {
        self.0.damage(&(job.clone(), chunk));
    }

    /// Removes the stored file, if it is there.
    pub fn remove(&self, job: &JobId, chunk: ChunkId) {
        self.0.with(|files| files.remove(&(job.clone(), chunk)));
    }

    /// Exchanges two stored files, as a careless restore would; neither
    /// unless both are there.
    pub fn exchange(&self, job: &JobId, one: ChunkId, other: ChunkId) {
        let (one, other) = ((job.clone(), one), (job.clone(), other));
        self.0.with(|files| {
            let found = (files.get(&one).cloned(), files.get(&other).cloned());
            if let (Some(first), Some(second)) = found {
                files.insert(one, second);
                files.insert(other, first);
            }
        });
    }
}

#[async_trait]
impl ChunkStore for MemoryChunks {
    async fn put(
        &self,
        job: &JobId,
        chunk: ChunkId,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, FileError> {
        Ok(self.0.put(&(job.clone(), chunk), bytes))
    }

    async fn get(&self, job: &JobId, chunk: ChunkId) -> Result<Vec<u8>, FileError> {
        self.0.get(&(job.clone(), chunk), format!("chunk {chunk} of {job}"))
    }
}

/// Report segments that die with their owner. Share it in an `Arc`.
#[derive(Debug, Default)]
pub struct MemoryReport(Shelf<SegmentName>);

impl MemoryReport {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Flips a bit of a stored segment, as a failing disk would.
    pub fn damage(&self, name: &SegmentName) {
        self.0.damage(name);
    }
}

#[async_trait]
impl ReportSink for MemoryReport {
    async fn append(
        &self,
        name: &SegmentName,
        rows: &[OutcomeRow],
    ) -> Result<SegmentRef, FileError> {
        let bytes = serde_json::to_vec(rows).map_err(|e| refused(name, &e))?;
        // Repeating an append is harmless; a second content under the name isn't.
        if self.0.put(name, &bytes).is_some_and(|first| first != bytes) {
            return Err(refused(name, &"the name is taken by other rows"));
        }
        Ok(SegmentRef {
            epoch: name.epoch,
            ordinal: name.ordinal,
            rows: u32::try_from(rows.len()).map_err(|e| refused(name, &e))?,
            digest: ChunkDigest::of(&bytes),
        })
    }

    async fn read(
        &self,
        job: &JobId,
        chunk: ChunkId,
        segment: &SegmentRef,
    ) -> Result<Vec<OutcomeRow>, FileError> {
        let SegmentRef { epoch, ordinal, rows, digest } = segment;
        let name = SegmentName { job: job.clone(), chunk, epoch: *epoch, ordinal: *ordinal };
        let bytes = self.0.get(&name, describe(&name))?;
        if ChunkDigest::of(&bytes) != *digest {
            return Err(refused(&name, &"its digest isn't the checkpoint's"));
        }
        let found: Vec<OutcomeRow> =
            serde_json::from_slice(&bytes).map_err(|e| refused(&name, &e))?;
        if found.len() as u64 != u64::from(*rows) {
            return Err(refused(&name, &"it hasn't as many rows as the checkpoint says"));
        }
        Ok(found)
    }
}

fn describe(name: &SegmentName) -> String {
    let SegmentName { job, chunk, epoch, ordinal } = name;
    format!("segment {}-{ordinal} of chunk {chunk} of {job}", epoch.0)
}

fn refused(name: &SegmentName, why: &dyn fmt::Display) -> FileError {
    FileError { what: describe(name), message: why.to_string(), kind: FileErrorKind::Broken }
}
