//! Requests about multipart uploads.

use super::super::checksum::ChecksumRequest;
use super::super::content::Content;
use super::objects::{CopySource, WriteConditions};

/// An unfinished upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRef {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The upload's id.
    pub upload_id: String,
}

/// UploadPart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadPart {
    /// To which upload.
    pub upload: UploadRef,
    /// The part's number, 1 to 10,000.
    pub number: u32,
    /// The bytes.
    pub content: Content,
    /// Its checksum.
    pub checksum: ChecksumRequest,
}

/// UploadPartCopy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadPartCopy {
    /// To which upload.
    pub upload: UploadRef,
    /// The part's number, 1 to 10,000.
    pub number: u32,
    /// From where.
    pub source: CopySource,
    /// First and last byte; absent means all.
    pub range: Option<(u64, u64)>,
}

/// A part named by CompleteMultipartUpload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedPart {
    /// Its number.
    pub number: u32,
    /// Its entity tag as the upload answered it.
    pub etag: String,
    /// Its checksum, where one was asked for.
    pub checksum: Option<String>,
}

/// CompleteMultipartUpload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteUpload {
    /// Which upload.
    pub upload: UploadRef,
    /// Its parts, in ascending order.
    pub parts: Vec<CompletedPart>,
    /// Conditions on the version that is replaced.
    pub conditions: WriteConditions,
    /// `x-amz-mp-object-size`.
    pub size: Option<u64>,
    /// The whole object's checksum, if sent.
    pub checksum: ChecksumRequest,
}
