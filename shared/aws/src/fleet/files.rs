//! Chunk files and report segments on S3: immutable, deflated, one request
//! each to write and to read.
//!
//! ```text
//! <prefix>jobs/<job>/chunks/<chunk>.ndjson.gz
//! <prefix>jobs/<job>/results/<chunk>-e<epoch>-<n>.ndjson.gz
//! ```

use std::io::{Read as _, Write as _};

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use reseal_core::ports::{ChunkStore, FileError, FileErrorKind, ReportSink, SegmentName};
use reseal_core::{
    BucketName, ChunkId, JobId, OutcomeRow, SegmentRef, StoreError, StoreErrorKind, encode_rows,
};

use crate::errors::Call;
use crate::failure::store_error;
use crate::{S3Store, timeouts};

/// The most that a file may hold unpacked: a chunk's rows with the longest
/// keys come to about 30 MB.
const MAX_BYTES: u64 = 128 * 1024 * 1024;

/// The `ChunkStore` and `ReportSink` ports in one bucket of the fleet's own.
#[derive(Clone, Debug)]
pub struct S3Files {
    store: S3Store,
    bucket: BucketName,
    prefix: String,
}

impl S3Files {
    pub(super) fn new(store: S3Store, bucket: BucketName, prefix: String) -> Self {
        Self { store, bucket, prefix }
    }

    fn chunk(&self, job: &JobId, chunk: ChunkId) -> String {
        format!("{}jobs/{job}/chunks/{chunk}.ndjson.gz", self.prefix)
    }

    fn segment(&self, name: &SegmentName) -> String {
        let SegmentName { job, chunk, epoch, ordinal } = name;
        format!("{}jobs/{job}/results/{chunk}-e{}-{ordinal}.ndjson.gz", self.prefix, epoch.0)
    }

    /// Writes a file where there is none; gives back the one that is there.
    async fn write(&self, key: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, FileError> {
        let packed = pack(bytes).map_err(|error| self.broken(key, &error))?;
        let here = self.store.at(&self.bucket);
        let call = here
            .client
            .put_object()
            .bucket(self.bucket.as_str())
            .key(key)
            .body(ByteStream::from(packed))
            .if_none_match("*")
            .content_type("application/x-ndjson")
            .content_encoding("gzip")
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(S3Store::within(timeouts::SCRATCH));
        match call.send().await.map_err(|error| store_error(Call::Write, error)) {
            Ok(_) => Ok(None),
            Err(error) if error.kind == StoreErrorKind::PreconditionFailed => {
                self.read(key).await.map(Some)
            }
            Err(error) => Err(self.failed(key, &error)),
        }
    }

    async fn read(&self, key: &str) -> Result<Vec<u8>, FileError> {
        let stalls = StalledStreamProtectionConfig::enabled().build();
        let here = self.store.at(&self.bucket);
        let call = here
            .client
            .get_object()
            .bucket(self.bucket.as_str())
            .key(key)
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(S3Store::within(timeouts::SCRATCH).stalled_stream_protection(stalls));
        let answer = call.send().await.map_err(|error| store_error(Call::Read, error));
        let answer = answer.map_err(|error| self.failed(key, &error))?;
        let announced = answer.content_length().unwrap_or(0);
        if announced < 0 || announced.unsigned_abs() > MAX_BYTES {
            return Err(self.broken(key, &format!("it has {announced} bytes")));
        }
        let body = answer.body.collect().await.map_err(|error| FileError {
            kind: FileErrorKind::Transient,
            ..self.broken(key, &error)
        })?;
        unpack(&body.into_bytes()).map_err(|error| self.broken(key, &error))
    }

    fn failed(&self, key: &str, error: &StoreError) -> FileError {
        let kind = match error.kind {
            StoreErrorKind::Gone => FileErrorKind::Broken,
            // A write whose answer was lost is found again by its own condition.
            _ if error.is_transient() => FileErrorKind::Transient,
            _ => FileErrorKind::OutOfReach,
        };
        FileError { kind, ..self.broken(key, error) }
    }

    fn broken(&self, key: &str, why: &dyn std::fmt::Display) -> FileError {
        let what = format!("s3://{}/{key}", self.bucket);
        FileError { what, message: why.to_string(), kind: FileErrorKind::Broken }
    }
}

#[async_trait]
impl ChunkStore for S3Files {
    async fn put(
        &self,
        job: &JobId,
        chunk: ChunkId,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, FileError> {
        self.write(&self.chunk(job, chunk), bytes).await
    }

    async fn get(&self, job: &JobId, chunk: ChunkId) -> Result<Vec<u8>, FileError> {
        self.read(&self.chunk(job, chunk)).await
    }
}

#[async_trait]
impl ReportSink for S3Files {
    async fn append(
        &self,
        name: &SegmentName,
        rows: &[OutcomeRow],
    ) -> Result<SegmentRef, FileError> {
        let key = self.segment(name);
        let bytes = encode_rows(rows).map_err(|error| self.broken(&key, &error))?;
        match self.write(&key, &bytes).await? {
            Some(first) if first != bytes => {
                Err(self.broken(&key, &"the name is taken by other rows"))
            }
            _ => Ok(SegmentRef::of(name.epoch, name.ordinal, rows, &bytes)),
        }
    }

    async fn read(
        &self,
        job: &JobId,
        chunk: ChunkId,
        segment: &SegmentRef,
    ) -> Result<Vec<OutcomeRow>, FileError> {
        let SegmentRef { epoch, ordinal, .. } = *segment;
        let key = self.segment(&SegmentName { job: job.clone(), chunk, epoch, ordinal });
        let bytes = S3Files::read(self, &key).await?;
        segment.decode_rows(&bytes).map_err(|error| self.broken(&key, &error))
    }
}

fn pack(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn unpack(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    let read = GzDecoder::new(bytes).take(MAX_BYTES + 1).read_to_end(&mut unpacked)?;
    if read as u64 > MAX_BYTES {
        return Err(std::io::Error::other("it is too large unpacked"));
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_back_and_bombs_do_not() {
        assert_eq!(unpack(&pack(b"rows").expect("packs")).expect("unpacks"), b"rows");
        let bomb = pack(&vec![0; MAX_BYTES as usize + 1]).expect("packs");
        assert!(bomb.len() < 1_000_000);
        assert!(unpack(&bomb).is_err());
        assert!(unpack(b"not gzip").is_err());
    }
}
