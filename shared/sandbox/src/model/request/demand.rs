//! The permissions that a request needs, as IAM names them.

use super::super::attributes::{TagSet, WriteAttributes};
use super::super::bucket::Aspect;
use super::super::encryption::EncryptionRequest;
use super::{Directive, ObjectRef, Request, UploadRef};

/// What a request sends that a policy can ask about.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sent<'a> {
    pub(crate) encryption: Option<&'a EncryptionRequest>,
    pub(crate) tags: Option<&'a TagSet>,
    /// The upload whose beginning said the rest.
    pub(crate) upload: Option<&'a str>,
    /// Whether the action is part of a write, and so concerns no version that is there.
    pub(crate) with_write: bool,
}

/// One action on one resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand<'a> {
    /// `s3:…`.
    pub(crate) action: &'static str,
    pub(crate) bucket: &'a str,
    /// Absent for actions on the bucket.
    pub(crate) key: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) sent: Sent<'a>,
}

fn on_bucket<'a>(action: &'static str, bucket: &'a str) -> Demand<'a> {
    Demand { action, bucket, key: None, version: None, sent: Sent::default() }
}

fn on_key<'a>(action: &'static str, bucket: &'a str, key: &'a str) -> Demand<'a> {
    Demand { action, bucket, key: Some(key), version: None, sent: Sent::default() }
}

/// An action that a write to a key needs beside `s3:PutObject`.
pub(crate) fn with_write<'a>(action: &'static str, bucket: &'a str, key: &'a str) -> Demand<'a> {
    Demand { sent: Sent { with_write: true, ..Sent::default() }, ..on_key(action, bucket, key) }
}

/// All that a write needs which makes a version.
fn writing<'a>(bucket: &'a str, key: &'a str, attributes: &'a WriteAttributes) -> Vec<Demand<'a>> {
    let WriteAttributes { tags, lock, acl, encryption, .. } = attributes;
    let sent = Sent { encryption: Some(encryption), tags: Some(tags), ..Sent::default() };
    let mut demands = vec![Demand { sent, ..on_key("s3:PutObject", bucket, key) }];
    let mut also = |needed: bool, action| {
        if needed {
            let sent = Sent { with_write: true, ..sent };
            demands.push(Demand { sent, ..on_key(action, bucket, key) });
        }
    };
    also(!tags.is_empty(), "s3:PutObjectTagging");
    also(acl.is_some(), "s3:PutObjectAcl");
    also(lock.as_ref().is_some_and(|lock| lock.retention.is_some()), "s3:PutObjectRetention");
    also(lock.as_ref().is_some_and(|lock| lock.legal_hold), "s3:PutObjectLegalHold");
    demands
}

/// `plain` on the current version, `versioned` where the request names one.
pub(crate) fn on_object<'a>(
    plain: &'static str,
    versioned: &'static str,
    object: &'a ObjectRef,
) -> Demand<'a> {
    let ObjectRef { bucket, key, version } = object;
    let action = if version.is_some() { versioned } else { plain };
    Demand { version: version.as_deref(), ..on_key(action, bucket, key) }
}

/// The same action whether the request names a version or not.
pub(crate) fn always<'a>(action: &'static str, object: &'a ObjectRef) -> Demand<'a> {
    on_object(action, action, object)
}

fn reading(object: &ObjectRef) -> Demand<'_> {
    on_object("s3:GetObject", "s3:GetObjectVersion", object)
}

fn on_upload<'a>(action: &'static str, upload: &'a UploadRef) -> Demand<'a> {
    let sent = Sent { upload: Some(&upload.upload_id), ..Sent::default() };
    Demand { sent, ..on_key(action, &upload.bucket, &upload.key) }
}

impl Request {
    /// The bucket that a copy reads.
    pub(crate) fn source_bucket(&self) -> Option<&str> {
        match self {
            Self::CopyObject(copy) => Some(&copy.source.object.bucket),
            Self::UploadPartCopy(part) => Some(&part.source.object.bucket),
            _ => None,
        }
    }

    /// What the caller must be allowed to do.
    pub(crate) fn demands(&self) -> Vec<Demand<'_>> {
        match self {
            Self::ListBuckets | Self::CreateBucket(_) | Self::Sts(_) | Self::Kms(_) => Vec::new(),
            Self::DeleteBucket(bucket) => vec![on_bucket("s3:DeleteBucket", bucket)],
            Self::HeadBucket(bucket) => vec![on_bucket("s3:ListBucket", bucket)],
            Self::GetBucketLocation(bucket) => vec![on_bucket("s3:GetBucketLocation", bucket)],
            Self::GetBucketVersioning(bucket) => vec![on_bucket("s3:GetBucketVersioning", bucket)],
            Self::PutBucketVersioning { bucket, .. } => {
                vec![on_bucket("s3:PutBucketVersioning", bucket)]
            }
            Self::GetBucketEncryption(bucket) => {
                vec![on_bucket("s3:GetEncryptionConfiguration", bucket)]
            }
            Self::PutBucketEncryption { bucket, .. } | Self::DeleteBucketEncryption(bucket) => {
                vec![on_bucket("s3:PutEncryptionConfiguration", bucket)]
            }
            Self::GetBucketTagging(bucket) => vec![on_bucket("s3:GetBucketTagging", bucket)],
            Self::PutBucketTagging { bucket, .. } => vec![on_bucket("s3:PutBucketTagging", bucket)],
            Self::GetInventory { bucket, .. } | Self::ListInventories { bucket, .. } => {
                vec![on_bucket("s3:GetInventoryConfiguration", bucket)]
            }
            Self::PutInventory { bucket, .. } | Self::DeleteInventory { bucket, .. } => {
                vec![on_bucket("s3:PutInventoryConfiguration", bucket)]
            }
            Self::GetBucketDocument { bucket, aspect } => {
                vec![on_bucket(aspect.read_action(), bucket)]
            }
            Self::PutBucketDocument { bucket, aspect: Aspect::Policy, document: None } => {
                vec![on_bucket("s3:DeleteBucketPolicy", bucket)]
            }
            Self::PutBucketDocument { bucket, aspect, .. } => {
                vec![on_bucket(aspect.write_action(), bucket)]
            }
            Self::GetBucketAcl(bucket) => vec![on_bucket("s3:GetBucketAcl", bucket)],
            Self::PutBucketAcl { bucket, .. } => vec![on_bucket("s3:PutBucketAcl", bucket)],
            Self::ListObjects(list) => vec![on_bucket("s3:ListBucket", &list.bucket)],
            Self::ListVersions(list) => vec![on_bucket("s3:ListBucketVersions", &list.bucket)],
            Self::ListUploads(list) => {
                vec![on_bucket("s3:ListBucketMultipartUploads", &list.bucket)]
            }
            request => request.object_demands(),
        }
    }

    fn object_demands(&self) -> Vec<Demand<'_>> {
        match self {
            Self::HeadObject(read) | Self::GetObject(read) => vec![reading(&read.object)],
            Self::PutObject(put) => writing(&put.bucket, &put.key, &put.attributes),
            Self::CopyObject(copy) => {
                let mut demands = vec![reading(&copy.source.object)];
                let mut written = writing(&copy.bucket, &copy.key, &copy.attributes);
                if copy.tagging == Directive::Copy {
                    // Then the tags of the request don't count.
                    written.retain(|demand| demand.action != "s3:PutObjectTagging");
                    written.iter_mut().for_each(|demand| demand.sent.tags = None);
                }
                demands.append(&mut written);
                demands
            }
            Self::DeleteObject(object) => {
                vec![on_object("s3:DeleteObject", "s3:DeleteObjectVersion", object)]
            }
            // Each entry is decided, and refused, by itself.
            Self::DeleteObjects { .. } => Vec::new(),
            Self::CreateUpload { bucket, key, attributes } => writing(bucket, key, attributes),
            Self::UploadPart(part) => vec![on_upload("s3:PutObject", &part.upload)],
            Self::UploadPartCopy(part) => {
                vec![reading(&part.source.object), on_upload("s3:PutObject", &part.upload)]
            }
            Self::CompleteUpload(complete) => vec![on_upload("s3:PutObject", &complete.upload)],
            Self::AbortUpload(upload) => vec![on_upload("s3:AbortMultipartUpload", upload)],
            Self::ListParts { upload, .. } => {
                vec![on_upload("s3:ListMultipartUploadParts", upload)]
            }
            request => request.attribute_demands(),
        }
    }

    fn attribute_demands(&self) -> Vec<Demand<'_>> {
        match self {
            Self::GetTagging(object) => {
                vec![on_object("s3:GetObjectTagging", "s3:GetObjectVersionTagging", object)]
            }
            Self::PutTagging { object, tags } if tags.is_empty() => {
                vec![on_object("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging", object)]
            }
            Self::PutTagging { object, tags } => {
                let sent = Sent { tags: Some(tags), ..Sent::default() };
                let (plain, versioned) = ("s3:PutObjectTagging", "s3:PutObjectVersionTagging");
                vec![Demand { sent, ..on_object(plain, versioned, object) }]
            }
            Self::PutAnnotation(put) => {
                vec![always("s3:PutObjectAnnotation", &put.annotation.object)]
            }
            Self::GetAnnotation(annotation) => {
                vec![always("s3:GetObjectAnnotation", &annotation.object)]
            }
            Self::ListAnnotations(list) => vec![always("s3:ListObjectAnnotations", &list.object)],
            Self::DeleteAnnotation(delete) => {
                vec![always("s3:DeleteObjectAnnotation", &delete.annotation.object)]
            }
            Self::RestoreObject(restore) => {
                vec![always("s3:RestoreObject", &restore.object)]
            }
            Self::GetRetention(object) => {
                vec![always("s3:GetObjectRetention", object)]
            }
            Self::PutRetention { object, .. } => {
                vec![always("s3:PutObjectRetention", object)]
            }
            Self::GetLegalHold(object) => {
                vec![always("s3:GetObjectLegalHold", object)]
            }
            Self::PutLegalHold { object, .. } => {
                vec![always("s3:PutObjectLegalHold", object)]
            }
            Self::GetObjectAcl(object) => {
                vec![on_object("s3:GetObjectAcl", "s3:GetObjectVersionAcl", object)]
            }
            Self::PutObjectAcl { object, .. } => {
                vec![on_object("s3:PutObjectAcl", "s3:PutObjectVersionAcl", object)]
            }
            Self::GetAttributes(get) => {
                let (plain, versioned) =
                    ("s3:GetObjectAttributes", "s3:GetObjectVersionAttributes");
                vec![reading(&get.object), on_object(plain, versioned, &get.object)]
            }
            Self::UpdateEncryption(update) => {
                vec![always("s3:UpdateObjectEncryption", &update.object)]
            }
            // The rest needs nothing on a bucket.
            _ => Vec::new(),
        }
    }
}

impl Aspect {
    fn read_action(self) -> &'static str {
        match self {
            Self::OwnershipControls => "s3:GetBucketOwnershipControls",
            Self::ObjectLock => "s3:GetBucketObjectLockConfiguration",
            Self::Lifecycle => "s3:GetLifecycleConfiguration",
            Self::Replication => "s3:GetReplicationConfiguration",
            Self::Notification => "s3:GetBucketNotification",
            Self::Website => "s3:GetBucketWebsite",
            Self::RequestPayment => "s3:GetBucketRequestPayment",
            Self::Policy => "s3:GetBucketPolicy",
            Self::PolicyStatus => "s3:GetBucketPolicyStatus",
            Self::PublicAccessBlock => "s3:GetBucketPublicAccessBlock",
            Self::Cors => "s3:GetBucketCORS",
            Self::Logging => "s3:GetBucketLogging",
            Self::Accelerate => "s3:GetAccelerateConfiguration",
        }
    }

    fn write_action(self) -> &'static str {
        match self {
            Self::OwnershipControls => "s3:PutBucketOwnershipControls",
            Self::ObjectLock => "s3:PutBucketObjectLockConfiguration",
            Self::Lifecycle => "s3:PutLifecycleConfiguration",
            Self::Replication => "s3:PutReplicationConfiguration",
            Self::Notification => "s3:PutBucketNotification",
            Self::Website => "s3:PutBucketWebsite",
            Self::RequestPayment => "s3:PutBucketRequestPayment",
            Self::Policy | Self::PolicyStatus => "s3:PutBucketPolicy",
            Self::PublicAccessBlock => "s3:PutBucketPublicAccessBlock",
            Self::Cors => "s3:PutBucketCORS",
            Self::Logging => "s3:PutBucketLogging",
            Self::Accelerate => "s3:PutAccelerateConfiguration",
        }
    }
}
