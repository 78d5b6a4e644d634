//! Report segments: one JSON line per row.

use std::fs;
use std::io;
use std::path::Path;

use async_trait::async_trait;
use reseal_core::ports::{FileError, FileErrorKind, ReportSink, SegmentName};
use reseal_core::{ChunkId, JobId, OutcomeRow, SegmentRef, encode_rows};

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
        let bytes = encode_rows(rows).map_err(|error| FileError {
            what: what.clone(),
            message: error.to_string(),
            kind: FileErrorKind::Broken,
        })?;
        let segment = SegmentRef::of(name.epoch, name.ordinal, rows, &bytes);
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
        self.files
            .run(path.display().to_string(), move || {
                let rows = segment.decode_rows(&fs::read(path)?);
                rows.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
            })
            .await
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
