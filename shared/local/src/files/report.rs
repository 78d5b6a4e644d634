//! Report segments: one JSON line per row.

use std::fs;
use std::io;
use std::path::Path;

use async_trait::async_trait;
use reseal_core::ports::{FileError, ReportSink, SegmentName};
use reseal_core::{ChunkDigest, ChunkId, JobId, OutcomeRow, SegmentRef};

use super::names::Names;
use super::{Files, disk};

/// The `ReportSink` port on local files. Clones share the thread for files.
#[derive(Clone, Debug)]
pub struct LocalReport {
    files: Files,
    names: Names,
}

impl LocalReport {
    pub(crate) fn below(state: &Path, files: Files) -> Self {
        Self { files, names: Names::below(state) }
    }
}

#[async_trait]
impl ReportSink for LocalReport {
    /// Repeating it with the same rows is harmless; other rows under a name
    /// that is taken are refused.
    async fn append(
        &self,
        name: &SegmentName,
        rows: &[OutcomeRow],
    ) -> Result<SegmentRef, FileError> {
        let path = self.names.segment(name);
        let what = path.display().to_string();
        let bytes = encode(rows)
            .map_err(|error| FileError { what: what.clone(), message: error.to_string() })?;
        let segment = SegmentRef {
            epoch: name.epoch,
            ordinal: name.ordinal,
            rows: u32::try_from(rows.len()).unwrap_or(u32::MAX),
            digest: ChunkDigest::of(&bytes),
        };
        self.files.run(what, move || publish(&path, &bytes)).await?;
        Ok(segment)
    }

    async fn read(
        &self,
        job: &JobId,
        chunk: ChunkId,
        segment: &SegmentRef,
    ) -> Result<Vec<OutcomeRow>, FileError> {
        let SegmentRef { epoch, ordinal, .. } = *segment;
        let path = self.names.segment(&SegmentName { job: job.clone(), chunk, epoch, ordinal });
        let segment = segment.clone();
        self.files.run(path.display().to_string(), move || decode(&fs::read(path)?, &segment)).await
    }
}

fn publish(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match disk::publish(path, bytes)? {
        Some(first) if first != bytes => {
            Err(io::Error::new(io::ErrorKind::AlreadyExists, "the name is taken by other rows"))
        }
        _ => Ok(()),
    }
}

fn encode(rows: &[OutcomeRow]) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut bytes, row)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// The rows, if the bytes are those that the checkpoint names.
fn decode(bytes: &[u8], segment: &SegmentRef) -> io::Result<Vec<OutcomeRow>> {
    let found = ChunkDigest::of(bytes);
    if found != segment.digest {
        let message = format!("its digest is {found}, the checkpoint says {}", segment.digest);
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let rows: Vec<OutcomeRow> = lines.map(serde_json::from_slice).collect::<Result<_, _>>()?;
    if rows.len() as u64 != u64::from(segment.rows) {
        let message = format!("{} rows, the checkpoint says {}", rows.len(), segment.rows);
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(rows)
}
