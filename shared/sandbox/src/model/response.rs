//! What the model answers, in its own words.

use std::sync::Arc;

use super::acl::{CanonicalId, Grant};
use super::annotation::Annotation;
use super::attributes::{Lock, ObjectVersion, PartRecord, Retention, StorageClass, TagSet};
use super::bucket::Versioning;
use super::checksum::{ChecksumAlgorithm, ChecksumType};
use super::encryption::{DefaultEncryption, Encryption, KeyArn};
use super::etag::ETag;
use super::ids::VersionId;
use super::keys::KmsKey;
use super::moment::Moment;
use super::restore::Readiness;
use super::roles::AssumedRole;

/// A bucket in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketLine {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Moment,
    /// Its region.
    pub region: String,
}

/// The stretch of an object that a read serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// First byte.
    pub offset: u64,
    /// How many.
    pub len: u64,
    /// Whether it was asked for as a range or part, so that the answer says which it is.
    pub partial: bool,
}

/// A checksum with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChecksumView {
    /// The algorithm.
    pub algorithm: ChecksumAlgorithm,
    /// What it covers.
    pub kind: ChecksumType,
    /// The value, base64.
    pub value: String,
}

/// An object as HEAD and GET show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectView {
    /// Its version id, where the bucket has versions.
    pub version_id: Option<VersionId>,
    /// All that is stored.
    pub object: Arc<ObjectVersion>,
    /// The bytes asked for.
    pub served: Served,
    /// How many parts it has, if a part was asked for.
    pub parts_count: Option<usize>,
    /// The checksum, if asked for.
    pub checksum: Option<ChecksumView>,
    /// Whether the bytes can be read.
    pub readiness: Readiness,
    /// The lock, as far as the caller may know it.
    pub lock: Option<Lock>,
}

/// The answer to a finished write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The new version's id, where the bucket has versions.
    pub version_id: Option<VersionId>,
    /// The new entity tag.
    pub etag: ETag,
    /// The new version's date.
    pub last_modified: Moment,
    /// How it is encrypted.
    pub encryption: Encryption,
    /// Its checksum, where the value is at hand.
    pub checksum: Option<ChecksumView>,
    /// For copies: the version that was read, where its bucket has versions.
    pub source_version_id: Option<VersionId>,
}

/// A key in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObject {
    /// The key.
    pub key: Arc<str>,
    /// The current version.
    pub object: Arc<ObjectVersion>,
    /// Its owner, where that isn't the bucket's.
    pub owner: Option<CanonicalId>,
}

/// A page of a listing of objects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectPage {
    /// Keys.
    pub objects: Vec<ListedObject>,
    /// Keys rolled up at the delimiter.
    pub prefixes: Vec<String>,
    /// The last key or prefix, if there is more to list after it.
    pub next: Option<String>,
    /// The bucket's owner.
    pub owner: String,
}

/// A version in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedVersion {
    /// The key.
    pub key: String,
    /// Its id.
    pub version_id: VersionId,
    /// Whether it is the newest of its key.
    pub is_latest: bool,
    /// The object, or the date of a delete marker.
    pub entry: Result<Arc<ObjectVersion>, Moment>,
    /// Its owner, where that isn't the bucket's.
    pub owner: Option<CanonicalId>,
}

/// A page of a listing of versions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VersionPage {
    /// Versions and delete markers, in order.
    pub versions: Vec<ListedVersion>,
    /// Keys rolled up at the delimiter.
    pub prefixes: Vec<String>,
    /// Where the next page starts: a key or prefix, and the version of a key.
    pub next: Option<(String, Option<VersionId>)>,
    /// The bucket's owner.
    pub owner: String,
}

/// An upload in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUpload {
    /// Its key.
    pub key: String,
    /// Its id.
    pub upload_id: String,
    /// When it began.
    pub initiated: Moment,
    /// The class that the object will have.
    pub storage_class: StorageClass,
}

/// A page of a listing of uploads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UploadPage {
    /// Uploads.
    pub uploads: Vec<ListedUpload>,
    /// Keys rolled up at the delimiter.
    pub prefixes: Vec<String>,
    /// Where the next page starts: a key or prefix, and the upload of a key.
    pub next: Option<(String, Option<String>)>,
    /// The owner of all of them.
    pub owner: String,
}

/// A new upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadStarted {
    /// Its id.
    pub upload_id: String,
    /// How the object will be encrypted.
    pub encryption: Encryption,
    /// The checksum that every part needs, if one was asked for.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// A part in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPart {
    /// Its number.
    pub number: u32,
    /// Its size.
    pub size: u64,
    /// Its entity tag.
    pub etag: ETag,
    /// When it came in.
    pub last_modified: Moment,
    /// Its checksum, if the upload wants any.
    pub checksum: Option<ChecksumView>,
}

/// A page of the parts of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartPage {
    /// Parts.
    pub parts: Vec<ListedPart>,
    /// The last number, if there is more to list after it.
    pub next: Option<u32>,
    /// The class that the object will have.
    pub storage_class: StorageClass,
    /// The checksum that the upload asked for.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    /// The owner.
    pub owner: String,
}

/// The answer of GetObjectAttributes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributesView {
    /// The version's id, where the bucket has versions.
    pub version_id: Option<VersionId>,
    /// Its date.
    pub last_modified: Moment,
    /// The entity tag, if asked for.
    pub etag: Option<ETag>,
    /// The checksum, if asked for and there is one.
    pub checksum: Option<ChecksumView>,
    /// The parts, if asked for and there are any.
    pub parts: Option<PartsView>,
    /// The class, if asked for.
    pub storage_class: Option<StorageClass>,
    /// The size, if asked for.
    pub size: Option<u64>,
}

/// The parts of a finished object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartsView {
    /// How many there are.
    pub total: usize,
    /// A page of them. S3 tells them only where they have checksums.
    pub page: Vec<PartRecord>,
    /// The algorithm of their checksums.
    pub algorithm: Option<ChecksumAlgorithm>,
    /// The marker that was sent.
    pub marker: u32,
    /// The last number, if there is more to list after it.
    pub next: Option<u32>,
    /// How many a page may hold.
    pub max: usize,
}

/// An annotation with what surrounds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationView {
    /// The version that it belongs to, where the bucket has versions.
    pub version_id: Option<VersionId>,
    /// Its name.
    pub name: String,
    /// The annotation.
    pub annotation: Annotation,
    /// Its checksum with the value.
    pub checksum: Option<ChecksumView>,
    /// How its version, and so it, is encrypted.
    pub encryption: Encryption,
}

/// A page of a listing of annotations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationPage {
    /// The version that they belong to, where the bucket has versions.
    pub version_id: Option<VersionId>,
    /// Names and annotations.
    pub annotations: Vec<(String, Annotation)>,
    /// The last name, if there is more to list after it.
    pub next: Option<String>,
}

/// An ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AclView {
    /// The version that it belongs to, where the bucket has versions.
    pub version_id: Option<VersionId>,
    /// The owner.
    pub owner: CanonicalId,
    /// The grants.
    pub grants: Vec<Grant>,
}

/// The answer to the deletion of one entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deleted {
    /// The version removed, or the marker made.
    pub version_id: Option<VersionId>,
    /// Whether that is a delete marker.
    pub marker: bool,
}

/// An alias in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasLine {
    /// `alias/…`.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The key it points at.
    pub key_id: String,
}

/// What KMS answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KmsResponse {
    /// One key.
    Key(KmsKey),
    /// Ids and ARNs.
    Keys(Vec<(String, KeyArn)>),
    /// Aliases.
    Aliases(Vec<AliasLine>),
    /// Nothing to tell.
    Done,
}

/// What STS answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StsResponse {
    /// Who the caller is.
    Identity {
        /// The account.
        account: String,
        /// The ARN.
        arn: String,
    },
    /// Temporary credentials.
    Assumed(AssumedRole),
}

/// The model's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// Done, nothing to tell.
    Done,
    /// The caller's account and its buckets.
    Buckets(String, Vec<BucketLine>),
    /// A bucket's region.
    Location(String),
    /// A bucket's versioning.
    Versioning {
        /// Absent: it was never on.
        status: Option<Versioning>,
        /// Whether deletes of versions need a second factor.
        mfa_delete: bool,
    },
    /// A bucket's default encryption.
    BucketEncryption(DefaultEncryption),
    /// A bucket's tags.
    BucketTags(TagSet),
    /// A setting's document; `None` stands for S3's default document.
    Document(Option<String>, String),
    /// An inventory configuration's element.
    Inventory(String),
    /// A page of them.
    Inventories {
        /// The elements.
        documents: Vec<String>,
        /// The last id, where there are more.
        next: Option<String>,
    },
    /// A page of objects.
    Objects(ObjectPage),
    /// A page of versions.
    Versions(VersionPage),
    /// An object.
    Object(ObjectView),
    /// A write that made a version.
    Written(Written),
    /// A deletion.
    Deleted(Deleted),
    /// Several deletions, each with its key and what was asked.
    DeletedMany(Vec<DeletedLine>),
    /// A new upload.
    UploadStarted(UploadStarted),
    /// A part.
    Part(Written),
    /// A page of parts.
    Parts(PartPage),
    /// A page of uploads.
    Uploads(UploadPage),
    /// An object's tags, with its version.
    Tags(Option<VersionId>, TagSet),
    /// The version whose tags were changed.
    Tagged(Option<VersionId>),
    /// A new annotation.
    AnnotationWritten(Box<AnnotationView>),
    /// An annotation.
    Annotation(Box<AnnotationView>),
    /// A page of annotations.
    Annotations(AnnotationPage),
    /// The version from which an annotation was removed.
    AnnotationDeleted(Option<VersionId>),
    /// A restore that was taken up, or one that is done and was prolonged.
    RestoreStarted {
        /// Whether the object is restored already.
        again: bool,
    },
    /// An object's retention.
    Retention(Retention),
    /// Whether a legal hold is on.
    LegalHold(bool),
    /// An ACL.
    Acl(AclView),
    /// Selected attributes.
    Attributes(Box<AttributesView>),
    /// STS's answer.
    Sts(StsResponse),
    /// KMS's answer.
    Kms(KmsResponse),
}

/// One line of the answer of DeleteObjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedLine {
    /// The key.
    pub key: String,
    /// The version that was asked for.
    pub version: Option<String>,
    /// What happened.
    pub result: Result<Deleted, super::Fault>,
}
