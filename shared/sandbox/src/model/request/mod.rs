//! What can be asked of the model, in its own words.
//!
//! Owns one struct per operation. Must never know how a request travelled: no
//! header, no XML, no status. Next: `super::ops`, which answers.

mod annotations;
pub(crate) mod demand;
mod kms;
mod listing;
mod objects;
pub(crate) mod operation;
mod sts;
mod uploads;

pub use annotations::{AnnotationRef, DeleteAnnotation, ListAnnotations, PutAnnotation};
pub use kms::{KeyChange, KmsRequest};
pub use listing::{ListObjects, ListUploads, ListVersions};
pub use objects::{
    AnnotationDirective, AttributeName, ByteRange, ChecksumMode, CopyObject, CopySource,
    DeleteEntry, Directive, GetAttributes, ObjectRef, PutObject, ReadConditions, ReadObject,
    RestoreObject, Selection, UpdateEncryption, WriteConditions,
};
pub use sts::StsRequest;
pub use uploads::{CompleteUpload, CompletedPart, UploadPart, UploadPartCopy, UploadRef};

use super::acl::{AclRequest, CanonicalId, Ownership};
use super::attributes::{Retention, TagSet, WriteAttributes};
use super::bucket::{Aspect, Versioning};
use super::encryption::DefaultEncryption;
use super::roles::RoleSession;

/// Who asks, and what any request may say beside its question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The caller's account; absent means the model's own.
    pub account: Option<String>,
    /// The role that the caller acts in, if any; then the account is the role's.
    pub role: Option<RoleSession>,
    /// The region that the request was made for; absent means that nobody cares.
    pub region: Option<String>,
    /// `x-amz-expected-bucket-owner`.
    pub expected_owner: Option<String>,
    /// `x-amz-source-expected-bucket-owner`.
    pub expected_source_owner: Option<String>,
    /// `x-amz-request-payer: requester`.
    pub request_payer: bool,
    /// `x-amz-bypass-governance-retention`.
    pub bypass_governance: bool,
}

/// CreateBucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateBucket {
    /// The bucket.
    pub bucket: String,
    /// Its region; absent means the model's.
    pub region: Option<String>,
    /// Whether ACLs count; absent means that they don't.
    pub ownership: Option<Ownership>,
    /// Whether versions can be locked, which also switches versioning on.
    pub object_lock: bool,
}

/// A request to the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// ListBuckets.
    ListBuckets,
    /// CreateBucket.
    CreateBucket(CreateBucket),
    /// DeleteBucket.
    DeleteBucket(String),
    /// HeadBucket.
    HeadBucket(String),
    /// GetBucketLocation.
    GetBucketLocation(String),
    /// GetBucketVersioning.
    GetBucketVersioning(String),
    /// PutBucketVersioning.
    PutBucketVersioning {
        /// The bucket.
        bucket: String,
        /// The new status.
        status: Versioning,
    },
    /// GetBucketEncryption.
    GetBucketEncryption(String),
    /// PutBucketEncryption.
    PutBucketEncryption {
        /// The bucket.
        bucket: String,
        /// The new default.
        default: DefaultEncryption,
    },
    /// DeleteBucketEncryption.
    DeleteBucketEncryption(String),
    /// GetBucketTagging.
    GetBucketTagging(String),
    /// PutBucketTagging, and DeleteBucketTagging with an empty set.
    PutBucketTagging {
        /// The bucket.
        bucket: String,
        /// The new tags.
        tags: TagSet,
    },
    /// GetBucketInventoryConfiguration.
    GetInventory {
        /// The bucket.
        bucket: String,
        /// The configuration's id.
        id: String,
    },
    /// ListBucketInventoryConfigurations.
    ListInventories {
        /// The bucket.
        bucket: String,
        /// Only ids after this one.
        after: Option<String>,
    },
    /// PutBucketInventoryConfiguration.
    PutInventory {
        /// The bucket.
        bucket: String,
        /// The configuration's id.
        id: String,
        /// The element, checked already.
        document: String,
    },
    /// DeleteBucketInventoryConfiguration.
    DeleteInventory {
        /// The bucket.
        bucket: String,
        /// The configuration's id.
        id: String,
    },
    /// Reads a setting that the model keeps as a document.
    GetBucketDocument {
        /// The bucket.
        bucket: String,
        /// Which setting.
        aspect: Aspect,
    },
    /// Writes or, with `None`, removes such a setting.
    PutBucketDocument {
        /// The bucket.
        bucket: String,
        /// Which setting.
        aspect: Aspect,
        /// The document as sent.
        document: Option<String>,
    },
    /// GetBucketAcl.
    GetBucketAcl(String),
    /// PutBucketAcl.
    PutBucketAcl {
        /// The bucket.
        bucket: String,
        /// The owner, if a document named one.
        owner: Option<CanonicalId>,
        /// The new ACL.
        acl: AclRequest,
    },
    /// ListObjects, both generations.
    ListObjects(ListObjects),
    /// ListObjectVersions.
    ListVersions(ListVersions),
    /// HeadObject.
    HeadObject(ReadObject),
    /// GetObject.
    GetObject(ReadObject),
    /// PutObject.
    PutObject(PutObject),
    /// CopyObject.
    CopyObject(Box<CopyObject>),
    /// DeleteObject.
    DeleteObject(ObjectRef),
    /// DeleteObjects.
    DeleteObjects {
        /// The bucket.
        bucket: String,
        /// What to delete.
        entries: Vec<DeleteEntry>,
    },
    /// CreateMultipartUpload.
    CreateUpload {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// What the finished object will carry.
        attributes: Box<WriteAttributes>,
    },
    /// UploadPart.
    UploadPart(UploadPart),
    /// UploadPartCopy.
    UploadPartCopy(UploadPartCopy),
    /// CompleteMultipartUpload.
    CompleteUpload(CompleteUpload),
    /// AbortMultipartUpload.
    AbortUpload(UploadRef),
    /// ListParts.
    ListParts {
        /// Which upload.
        upload: UploadRef,
        /// Only parts after this number.
        marker: u32,
        /// At most so many.
        max: Option<usize>,
    },
    /// ListMultipartUploads.
    ListUploads(ListUploads),
    /// GetObjectTagging.
    GetTagging(ObjectRef),
    /// PutObjectTagging, and DeleteObjectTagging with an empty set.
    PutTagging {
        /// Which object.
        object: ObjectRef,
        /// The new tags.
        tags: TagSet,
    },
    /// PutObjectAnnotation.
    PutAnnotation(Box<PutAnnotation>),
    /// GetObjectAnnotation.
    GetAnnotation(AnnotationRef),
    /// ListObjectAnnotations.
    ListAnnotations(ListAnnotations),
    /// DeleteObjectAnnotation.
    DeleteAnnotation(DeleteAnnotation),
    /// RestoreObject.
    RestoreObject(RestoreObject),
    /// GetObjectRetention.
    GetRetention(ObjectRef),
    /// PutObjectRetention; without a retention it is taken off.
    PutRetention {
        /// Which object.
        object: ObjectRef,
        /// The new retention.
        retention: Option<Retention>,
    },
    /// GetObjectLegalHold.
    GetLegalHold(ObjectRef),
    /// PutObjectLegalHold.
    PutLegalHold {
        /// Which object.
        object: ObjectRef,
        /// On or off.
        on: bool,
    },
    /// GetObjectAcl.
    GetObjectAcl(ObjectRef),
    /// PutObjectAcl.
    PutObjectAcl {
        /// Which object.
        object: ObjectRef,
        /// The owner, if a document named one.
        owner: Option<CanonicalId>,
        /// The new ACL.
        acl: AclRequest,
    },
    /// GetObjectAttributes.
    GetAttributes(GetAttributes),
    /// UpdateObjectEncryption.
    UpdateEncryption(UpdateEncryption),
    /// Anything about callers.
    Sts(StsRequest),
    /// Anything about keys.
    Kms(KmsRequest),
}
