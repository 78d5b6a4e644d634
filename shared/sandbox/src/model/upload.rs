//! Unfinished multipart uploads.

use std::collections::BTreeMap;

use super::acl::Access;
use super::attributes::WriteAttributes;
use super::checksum::{Checksum, ChecksumAlgorithm, ChecksumType};
use super::content::Content;
use super::encryption::Encryption;
use super::etag::ETag;
use super::moment::Moment;

/// An upload between its creation and its end.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) key: String,
    /// The serial of its creation, by which S3 orders versions.
    pub(crate) serial: u64,
    pub(crate) initiated: Moment,
    /// What the finished object will carry, fixed at creation.
    pub(crate) attributes: WriteAttributes,
    /// Resolved at creation: a bucket's default that changes later has no effect.
    pub(crate) encryption: Encryption,
    /// Owner and grants, by the rule at creation.
    pub(crate) access: Option<Box<Access>>,
    /// The algorithm and type that the creator asked for.
    pub(crate) checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    pub(crate) parts: BTreeMap<u32, Part>,
}

/// One part of an unfinished upload.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) content: Content,
    pub(crate) etag: ETag,
    pub(crate) last_modified: Moment,
    pub(crate) checksum: Option<Checksum>,
}
