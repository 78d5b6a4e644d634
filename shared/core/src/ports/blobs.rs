//! Reading whole objects: a report's manifest and its files. The coordinator
//! alone gets this port; no worker ever sees a byte of anybody's data.

use async_trait::async_trait;

use crate::{ETag, ObjectRef, StoreError, VersionId};

/// What one answer says of the object, so that the next one can be demanded
/// to be about the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobPin {
    /// Sent as a condition.
    pub etag: ETag,
    /// Addressed, where the bucket has versions.
    pub version: Option<VersionId>,
}

/// A read of an object's bytes from one of them on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRequest<'a> {
    /// The object.
    pub object: &'a ObjectRef,
    /// What an earlier answer said; `None` for the first read. S3 refuses
    /// with [`PreconditionFailed`](crate::StoreErrorKind::PreconditionFailed)
    /// or [`Gone`](crate::StoreErrorKind::Gone) what is not that any more.
    pub pin: Option<&'a BlobPin>,
    /// The first byte, counted from 0; below the object's size unless it is 0.
    pub from: u64,
    /// The most bytes that the whole object may have.
    pub limit: u64,
}

/// An open object.
pub struct Blob {
    /// What it is.
    pub pin: BlobPin,
    /// Bytes of the whole object.
    pub size: u64,
    /// Its bytes, from the first one that was asked for on.
    pub body: Box<dyn BlobBody>,
}

/// Bytes as they arrive.
#[async_trait]
pub trait BlobBody: Send {
    /// The next piece, never empty; `None` after the last byte. After an
    /// error the rest must be asked for anew, from where this broke off.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError>;
}

/// Objects to be read whole, in a stream.
///
/// One attempt per call; the caller retries, and goes on where a body broke
/// off with the pin of the first answer. The adapter owns the deadline of each
/// answer and ends a body that stalls; it refuses as
/// [`Invalid`](crate::StoreErrorKind::Invalid) an object over the limit before
/// it reads a byte of it, and sends the expected bucket owner.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Opens an object.
    async fn open(&self, request: &BlobRequest<'_>) -> Result<Blob, StoreError>;
}
