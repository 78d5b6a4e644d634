//! The model: S3 and KMS as reseal understands them, as one value in memory.
//!
//! Owns every rule of the semantics page that a server enforces. Must never read
//! a clock, draw a random number, do I/O or name a type of an HTTP crate: a
//! request, a caller and a moment go in, an answer or a refusal comes out, and the
//! same sequence always gives the same answers.
//!
//! Next: [`Request`] and [`Response`] for the words, `ops` for the rules, one
//! file per family; [`ObjectVersion`] for what a version carries; `seed` and
//! `dump` for what tests put in and take out.

mod acl;
mod annotation;
mod attributes;
mod bucket;
mod checksum;
mod conditions;
mod content;
mod controls;
mod dump;
mod encryption;
mod etag;
mod fault;
mod ids;
mod keys;
mod moment;
mod ops;
mod policy;
mod request;
mod response;
mod restore;
mod roles;
mod seed;
mod seed_estate;
mod upload;
mod version;

use std::collections::BTreeMap;

pub use acl::{
    Access, AclRequest, CannedAcl, CanonicalId, Grant, Grantee, Group, Ownership, Permission,
    canonical_id, parse_canonical_id,
};
pub use annotation::{Annotation, Annotations};
pub use attributes::{
    ArchiveTier, ContentHeaders, Lock, LockMode, ObjectVersion, PartRecord, Retention,
    StorageClass, TagSet, WriteAttributes,
};
pub use bucket::{Aspect, Versioning};
pub use checksum::{Checksum, ChecksumAlgorithm, ChecksumRequest, ChecksumType};
pub use content::{Content, Span};
pub use controls::{Counts, Limits, Stats};
pub use dump::DumpLine;
pub use encryption::{DefaultEncryption, Encryption, EncryptionRequest, KeyArn, SseAlgorithm};
pub use etag::{ETag, TagCondition};
pub use fault::{Code, Fault, MarkerNote};
pub use ids::VersionId;
pub use keys::{KeyAccess, KeyManager, KeyScope, KeyState, KmsKey, SYMMETRIC_DEFAULT};
pub use moment::Moment;
pub use request::{
    AnnotationDirective, AnnotationRef, AttributeName, ByteRange, Caller, ChecksumMode,
    CompleteUpload, CompletedPart, CopyObject, CopySource, CreateBucket, DeleteAnnotation,
    DeleteEntry, Directive, GetAttributes, KeyChange, KmsRequest, ListAnnotations, ListObjects,
    ListUploads, ListVersions, ObjectRef, PutAnnotation, PutObject, ReadConditions, ReadObject,
    Request, RestoreObject, Selection, StsRequest, UpdateEncryption, UploadPart, UploadPartCopy,
    UploadRef, WriteConditions,
};
pub use response::{
    AclView, AliasLine, AnnotationPage, AnnotationView, AttributesView, BucketLine, ChecksumView,
    Deleted, DeletedLine, KmsResponse, ListedObject, ListedPart, ListedUpload, ListedVersion,
    ObjectPage, ObjectView, PartPage, PartsView, Response, Served, StsResponse, UploadPage,
    UploadStarted, VersionPage, Written,
};
pub use restore::{Readiness, Restore, RestoreTier};
pub use roles::{AssumedRole, RoleRules, RoleSession};
pub use seed::{SeedContent, SeedEncryption, SeedObject};
pub use seed_estate::SeedKey;

pub(crate) use content::hex;
pub(crate) use ids::mix;

use bucket::Bucket;
use controls::Controls;
use ids::Serials;
use keys::KeyStore;
use roles::Roles;

/// What is fixed when a model is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The account that owns everything unless said otherwise.
    pub account: String,
    /// The region of everything unless said otherwise.
    pub region: String,
    /// The largest source that one CopyObject or UploadPartCopy takes, in bytes.
    pub single_copy_limit: u64,
    /// The smallest part that may be followed by another, in bytes.
    pub min_part_size: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            account: "111122223333".to_owned(),
            region: "us-east-1".to_owned(),
            single_copy_limit: 5 << 30,
            min_part_size: 5 << 20,
        }
    }
}

/// How long a restore takes unless said otherwise: long enough to be seen under way.
const RESTORE_MILLIS: i64 = 5000;

/// S3 and KMS, all of it.
#[derive(Debug, Clone)]
pub struct Model {
    settings: Settings,
    serials: Serials,
    buckets: BTreeMap<String, Bucket>,
    keys: KeyStore,
    roles: Roles,
    controls: Controls,
    restore_millis: i64,
    stats: Stats,
}

impl Default for Model {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl Model {
    /// An empty world.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            serials: Serials::default(),
            buckets: BTreeMap::new(),
            keys: KeyStore::default(),
            roles: Roles::default(),
            controls: Controls::default(),
            restore_millis: RESTORE_MILLIS,
            stats: Stats::default(),
        }
    }

    /// What was fixed when the model was made.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Serves one request at the moment `now`.
    ///
    /// # Errors
    /// The refusal that the real service would answer, or one that was ordered
    /// through [`Model::deny`] or [`Model::set_limits`].
    pub fn apply(
        &mut self,
        caller: &Caller,
        request: Request,
        now: Moment,
    ) -> Result<Response, Fault> {
        let operation = request.operation();
        let result = match self.controls.admit(&request, now) {
            Ok(()) => match self.authorize(caller, &request) {
                Ok(()) => self.dispatch(caller, request, now),
                Err(fault) => Err(fault),
            },
            Err(fault) => Err(fault),
        };
        self.stats.count(operation, &result);
        result
    }

    fn dispatch(
        &mut self,
        caller: &Caller,
        request: Request,
        now: Moment,
    ) -> Result<Response, Fault> {
        match request {
            Request::ListBuckets => Ok(self.list_buckets(caller)),
            Request::CreateBucket(create) => self.create_bucket(caller, create, now),
            Request::DeleteBucket(bucket) => self.delete_bucket(caller, &bucket),
            Request::HeadBucket(bucket) | Request::GetBucketLocation(bucket) => {
                self.bucket_location(caller, &bucket)
            }
            Request::GetBucketVersioning(bucket) => {
                let bucket = self.bucket(caller, &bucket)?;
                let (status, mfa_delete) = (bucket.versioning, bucket.mfa_delete);
                Ok(Response::Versioning { status, mfa_delete })
            }
            Request::PutBucketVersioning { bucket, status } => {
                self.put_versioning(caller, &bucket, status)
            }
            Request::GetBucketEncryption(bucket) => {
                Ok(Response::BucketEncryption(self.bucket(caller, &bucket)?.encryption.clone()))
            }
            Request::PutBucketEncryption { bucket, default } => {
                self.put_default_encryption(caller, &bucket, default)
            }
            Request::DeleteBucketEncryption(bucket) => {
                self.put_default_encryption(caller, &bucket, DefaultEncryption::default())
            }
            Request::GetBucketTagging(bucket) => self.bucket_tags(caller, &bucket),
            Request::PutBucketTagging { bucket, tags } => {
                self.put_bucket_tags(caller, &bucket, tags)
            }
            Request::GetBucketDocument { bucket, aspect } => self.document(caller, &bucket, aspect),
            Request::PutBucketDocument { bucket, aspect, document } => {
                self.put_document(caller, &bucket, aspect, document)
            }
            Request::GetInventory { bucket, id } => self.inventory(caller, &bucket, &id),
            Request::ListInventories { bucket, after } => {
                self.inventories(caller, &bucket, after.as_deref())
            }
            Request::PutInventory { bucket, id, document } => {
                self.put_inventory(caller, &bucket, id, document)
            }
            Request::DeleteInventory { bucket, id } => self.delete_inventory(caller, &bucket, &id),
            Request::GetBucketAcl(bucket) => self.bucket_acl(caller, &bucket),
            Request::PutBucketAcl { bucket, owner, acl } => {
                self.put_bucket_acl(caller, &bucket, owner.as_ref(), &acl)
            }
            Request::Sts(request) => self.sts(caller, &request, now),
            Request::Kms(request) => self.kms(caller, request, now),
            request => self.dispatch_object(caller, request, now),
        }
    }

    fn dispatch_object(
        &mut self,
        caller: &Caller,
        request: Request,
        now: Moment,
    ) -> Result<Response, Fault> {
        match request {
            Request::ListObjects(list) => self.list_objects(caller, &list),
            Request::ListVersions(list) => self.list_versions(caller, &list),
            Request::HeadObject(read) => self.head_object(caller, &read, now),
            Request::GetObject(read) => self.get_object(caller, &read, now),
            Request::PutObject(put) => self.put_object(caller, put, now),
            Request::CopyObject(copy) => self.copy_object(caller, *copy, now),
            Request::DeleteObject(object) => {
                self.delete_object(caller, &object, now).map(Response::Deleted)
            }
            Request::DeleteObjects { bucket, entries } => {
                self.delete_objects(caller, &bucket, entries, now)
            }
            Request::CreateUpload { bucket, key, attributes } => {
                self.create_upload(caller, &bucket, key, *attributes, now)
            }
            Request::UploadPart(part) => self.upload_part(caller, part, now),
            Request::UploadPartCopy(part) => self.upload_part_copy(caller, part, now),
            Request::CompleteUpload(complete) => self.complete_upload(caller, &complete),
            Request::AbortUpload(upload) => self.abort_upload(caller, &upload),
            Request::ListParts { upload, marker, max } => {
                self.list_parts(caller, &upload, marker, max)
            }
            Request::ListUploads(list) => self.list_uploads(caller, &list),
            Request::GetTagging(object) => self.object_tags(caller, &object),
            Request::PutTagging { object, tags } => self.put_object_tags(caller, &object, tags),
            Request::PutAnnotation(put) => self.put_annotation(caller, *put, now),
            Request::GetAnnotation(annotation) => self.annotation(caller, &annotation),
            Request::ListAnnotations(list) => self.list_annotations(caller, &list),
            Request::DeleteAnnotation(delete) => self.delete_annotation(caller, &delete, now),
            Request::RestoreObject(restore) => self.restore_object(caller, &restore, now),
            Request::GetRetention(object) => self.object_retention(caller, &object),
            Request::PutRetention { object, retention } => {
                self.put_retention(caller, &object, retention, now)
            }
            Request::GetLegalHold(object) => self.object_legal_hold(caller, &object),
            Request::PutLegalHold { object, on } => self.put_legal_hold(caller, &object, on),
            Request::GetObjectAcl(object) => self.object_acl(caller, &object),
            Request::PutObjectAcl { object, owner, acl } => {
                self.put_object_acl(caller, &object, owner.as_ref(), &acl)
            }
            Request::GetAttributes(get) => self.object_attributes(caller, &get),
            Request::UpdateEncryption(update) => self.update_encryption(caller, &update, now),
            other => Err(Fault::new(
                Code::NotImplemented,
                format!("{} is not modelled", other.operation()),
            )),
        }
    }
}
