//! Report segments: the rows of a chunk's results, in pieces as they were
//! recorded. One JSON line per row.

use serde::{Deserialize, Serialize};

use crate::{ChunkDigest, Epoch, OutcomeRow};

/// A stored piece of a chunk's results: immutable, bound by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRef {
    /// The claim that wrote it.
    pub epoch: Epoch,
    /// Its ordinal within that claim.
    pub ordinal: u32,
    /// Rows in it.
    pub rows: u32,
    /// Of its bytes.
    pub digest: ChunkDigest,
}

/// Why a segment can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// Not the file that the checkpoint names.
    #[error("its digest is {found}, the checkpoint says {expected}")]
    Digest {
        /// What the checkpoint names.
        expected: ChunkDigest,
        /// What the bytes have.
        found: ChunkDigest,
    },
    /// Not as many rows as the checkpoint says.
    #[error("{found} rows, the checkpoint says {expected}")]
    Rows {
        /// What the checkpoint says.
        expected: u32,
        /// What the bytes hold.
        found: usize,
    },
    /// A line that is no row.
    #[error(transparent)]
    Line(#[from] serde_json::Error),
}

/// The bytes of a segment: the same rows give the same bytes.
///
/// # Errors
/// Never for rows that an engine made; serde's error otherwise.
pub fn encode_rows(rows: &[OutcomeRow]) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut bytes, row)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

impl SegmentRef {
    /// Of these rows, which these bytes hold.
    #[must_use]
    pub fn of(epoch: Epoch, ordinal: u32, rows: &[OutcomeRow], bytes: &[u8]) -> Self {
        let rows = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        Self { epoch, ordinal, rows, digest: ChunkDigest::of(bytes) }
    }

    /// The rows, if these are the bytes that the checkpoint names.
    ///
    /// # Errors
    /// When they aren't, or a line can't be read.
    pub fn decode_rows(&self, bytes: &[u8]) -> Result<Vec<OutcomeRow>, SegmentError> {
        let found = ChunkDigest::of(bytes);
        if found != self.digest {
            return Err(SegmentError::Digest { expected: self.digest.clone(), found });
        }
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let rows: Vec<OutcomeRow> = lines.map(serde_json::from_slice).collect::<Result<_, _>>()?;
        if rows.len() as u64 != u64::from(self.rows) {
            return Err(SegmentError::Rows { expected: self.rows, found: rows.len() });
        }
        Ok(rows)
    }
}
