//! Requests about objects.

use super::super::attributes::WriteAttributes;
use super::super::content::Content;
use super::super::etag::TagCondition;
use super::super::moment::Moment;
use super::super::restore::RestoreTier;

/// A key in a bucket, and perhaps one of its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRef {
    /// The bucket.
    pub bucket: String,
    /// The key, raw.
    pub key: String,
    /// The version id as sent.
    pub version: Option<String>,
}

impl ObjectRef {
    /// The current version of a key.
    pub fn current(bucket: impl Into<String>, key: impl Into<String>) -> Self {
        Self { bucket: bucket.into(), key: key.into(), version: None }
    }

    /// One version of a key.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }
}

/// Conditions on the version that is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadConditions {
    /// Only if the tag is this.
    pub if_match: Option<TagCondition>,
    /// Only if the tag is another.
    pub if_none_match: Option<TagCondition>,
    /// Only if written after this.
    pub if_modified_since: Option<Moment>,
    /// Only if not written after this.
    pub if_unmodified_since: Option<Moment>,
}

/// Conditions on the current version that is about to be replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteConditions {
    /// Only over a version with this tag.
    pub if_match: Option<TagCondition>,
    /// Only if there is none (`*`).
    pub if_none_match: Option<TagCondition>,
}

/// A range of bytes, as in the `Range` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteRange {
    /// From here to the end.
    From(u64),
    /// Both ends included.
    Between(u64, u64),
    /// That many at the end.
    Last(u64),
}

/// Which part of the object's bytes to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Selection {
    /// All.
    #[default]
    Whole,
    /// A range.
    Range(ByteRange),
    /// One part, by number.
    Part(u32),
}

/// Whether a read wants the additional checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChecksumMode {
    /// No.
    #[default]
    Off,
    /// `x-amz-checksum-mode: ENABLED`; S3 then needs the key of KMS objects.
    Enabled,
}

/// HeadObject and GetObject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadObject {
    /// Which object.
    pub object: ObjectRef,
    /// Which bytes.
    pub selection: Selection,
    /// Under which conditions.
    pub conditions: ReadConditions,
    /// With the checksum?
    pub checksum_mode: ChecksumMode,
    /// MD5 of the customer's key, for SSE-C.
    pub customer_key_md5: Option<String>,
}

impl ReadObject {
    /// A plain read of all of `object`.
    pub fn whole(object: ObjectRef) -> Self {
        Self {
            object,
            selection: Selection::Whole,
            conditions: ReadConditions::default(),
            checksum_mode: ChecksumMode::Off,
            customer_key_md5: None,
        }
    }
}

/// PutObject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutObject {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The bytes.
    pub content: Content,
    /// Everything else.
    pub attributes: WriteAttributes,
    /// Under which conditions.
    pub conditions: WriteConditions,
}

/// Whether a copy takes attributes from its source or from the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Directive {
    /// From the source.
    #[default]
    Copy,
    /// From the request.
    Replace,
}

/// Whether a copy takes its source's annotations along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnnotationDirective {
    /// All of them.
    #[default]
    Copy,
    /// None.
    Exclude,
}

/// The source of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopySource {
    /// Which object.
    pub object: ObjectRef,
    /// Under which conditions.
    pub conditions: ReadConditions,
    /// MD5 of the customer's key, for an SSE-C source.
    pub customer_key_md5: Option<String>,
}

/// CopyObject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyObject {
    /// The destination's bucket.
    pub bucket: String,
    /// The destination's key.
    pub key: String,
    /// From where.
    pub source: CopySource,
    /// Conditions on the destination.
    pub conditions: WriteConditions,
    /// Metadata and content headers: from where.
    pub metadata: Directive,
    /// Tags: from where.
    pub tagging: Directive,
    /// Annotations: along or not.
    pub annotations: AnnotationDirective,
    /// What the request says; metadata and tags count under REPLACE only.
    pub attributes: WriteAttributes,
}

/// What GetObjectAttributes is asked for, in no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeName {
    /// The entity tag.
    ETag,
    /// The checksum.
    Checksum,
    /// The parts.
    ObjectParts,
    /// The storage class.
    StorageClass,
    /// The size.
    ObjectSize,
}

/// GetObjectAttributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetAttributes {
    /// Which object.
    pub object: ObjectRef,
    /// Which attributes.
    pub wanted: Vec<AttributeName>,
    /// MD5 of the customer's key, for SSE-C.
    pub customer_key_md5: Option<String>,
    /// Only parts after this number.
    pub part_marker: u32,
    /// At most so many parts.
    pub max_parts: Option<usize>,
}

/// UpdateObjectEncryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateEncryption {
    /// Which object.
    pub object: ObjectRef,
    /// The key: a full ARN, or it is refused.
    pub key_arn: String,
    /// Bucket key on or off; absent means off, whatever the bucket says.
    pub bucket_key: Option<bool>,
}

/// RestoreObject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreObject {
    /// Which object.
    pub object: ObjectRef,
    /// For how many days: needed in archive classes, refused in archive tiers.
    pub days: Option<u32>,
    /// How fast; absent means Standard.
    pub tier: Option<RestoreTier>,
}

/// One version to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteEntry {
    /// The key.
    pub key: String,
    /// The version; absent means "hide the key behind a marker".
    pub version: Option<String>,
}
