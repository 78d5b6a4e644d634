//! A chunk: up to a thousand rows of one bucket, written once.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{BucketName, ChunkId, JobId, SourceRow};

/// The most rows a chunk may have, whatever is configured: a bitmap and a
/// checkpoint of this many fit any ledger's row.
pub const MAX_CHUNK_ROWS: u32 = 10_000;

/// SHA-256 of a stored file, in hexadecimal. The ledger binds it, so that a
/// file that was swapped or damaged is refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChunkDigest(String);

impl ChunkDigest {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        Self(digest.iter().map(|b| format!("{b:02x}")).collect())
    }

    /// In hexadecimal.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChunkDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a chunk file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ChunkError {
    /// Not the file that the ledger binds.
    #[error("the chunk file's digest is {found}, the ledger says {expected}")]
    Digest {
        /// What the ledger binds.
        expected: ChunkDigest,
        /// What the bytes have.
        found: ChunkDigest,
    },
    /// Not a chunk file.
    #[error("line {line} of the chunk file: {message}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
}

/// The contents of a chunk file: a header line that says what it is, then one
/// JSON line per row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkFile {
    /// The job that it belongs to.
    pub job: JobId,
    /// Which of its chunks it is: a file that was put in another's place is
    /// known by this before the ledger has bound anything.
    pub chunk: ChunkId,
    /// The bucket of every row.
    pub bucket: BucketName,
    /// The rows, whose order gives them their index.
    pub rows: Vec<SourceRow>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    job: JobId,
    chunk: ChunkId,
    bucket: BucketName,
    rows: u32,
}

impl ChunkFile {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The file's bytes: the same rows give the same bytes.
    ///
    /// # Errors
    /// Never for rows that a source made; serde's error otherwise.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let (job, chunk, bucket) = (self.job.clone(), self.chunk, self.bucket.clone());
        let header = Header { job, chunk, bucket, rows: self.len() };
        let mut out = serde_json::to_vec(&header)?;
        out.push(b'\n');
        for row in &self.rows {
            serde_json::to_writer(&mut out, row)?;
            out.push(b'\n');
        }
        Ok(out)
    }

    /// Reads a chunk file that must have this digest.
    ///
    /// # Errors
    /// When the digest differs or a line can't be read.
    pub fn decode(bytes: &[u8], expected: &ChunkDigest) -> Result<Self, ChunkError> {
        let found = ChunkDigest::of(bytes);
        if found != *expected {
            return Err(ChunkError::Digest { expected: expected.clone(), found });
        }
        let mut lines = bytes.split(|b| *b == b'\n').enumerate();
        let header: Header = parse(lines.next())?;
        let rows = lines
            .filter(|(_, line)| !line.is_empty())
            .map(|line| parse(Some(line)))
            .collect::<Result<Vec<SourceRow>, _>>()?;
        let Header { job, chunk, bucket, rows: announced } = header;
        let file = Self { job, chunk, bucket, rows };
        if file.len() != announced || announced > MAX_CHUNK_ROWS {
            let message = format!("{announced} rows announced, {} found", file.len());
            return Err(ChunkError::Line { line: 1, message });
        }
        Ok(file)
    }
}

fn parse<T: serde::de::DeserializeOwned>(line: Option<(usize, &[u8])>) -> Result<T, ChunkError> {
    let (index, bytes) = line.unwrap_or((0, b""));
    serde_json::from_slice(bytes)
        .map_err(|e| ChunkError::Line { line: index + 1, message: e.to_string() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ObjectKey;

    fn file(keys: Vec<String>) -> ChunkFile {
        let rows = keys
            .into_iter()
            .filter_map(|k| ObjectKey::new(k).ok())
            .map(SourceRow::of_key)
            .collect();
        ChunkFile {
            job: "job-1".parse().expect("an id"),
            chunk: ChunkId { source: 0, sequence: 7 },
            bucket: "bucket".parse().expect("a name"),
            rows,
        }
    }

    proptest! {
        #[test]
        fn any_key_round_trips(keys in proptest::collection::vec("(?s).{1,60}", 0..20)) {
            let file = file(keys);
            let bytes = file.encode().expect("encodes");
            let digest = ChunkDigest::of(&bytes);
            prop_assert_eq!(ChunkFile::decode(&bytes, &digest).expect("decodes"), file);
        }

        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ChunkFile::decode(&bytes, &ChunkDigest::of(&bytes));
        }
    }

    #[test]
    fn a_changed_byte_is_refused() {
        let mut bytes = file(vec!["a".to_owned()]).encode().expect("encodes");
        let digest = ChunkDigest::of(&bytes);
        let last = bytes.len() - 2;
        bytes[last] ^= 1;
        assert!(matches!(ChunkFile::decode(&bytes, &digest), Err(ChunkError::Digest { .. })));
    }

    #[test]
    fn a_missing_row_is_refused() {
        let bytes = br#"{"job":"job-1","chunk":"s0000-0000000000","bucket":"bucket","rows":2}
{"key":"a"}
"#;
        assert!(matches!(
            ChunkFile::decode(bytes, &ChunkDigest::of(bytes)),
            Err(ChunkError::Line { line: 1, .. })
        ));
    }
}
