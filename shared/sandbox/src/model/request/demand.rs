//! The permissions that a request needs, as IAM names them.

use super::super::bucket::Aspect;
use super::{CopySource, Directive, ObjectRef, Request, UploadRef};

/// One action on one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Demand<'a> {
    /// `s3:…`.
    pub(crate) action: &'static str,
    pub(crate) bucket: &'a str,
    /// Absent for actions on the bucket.
    pub(crate) key: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
}

fn on_bucket<'a>(action: &'static str, bucket: &'a str) -> Demand<'a> {
    Demand { action, bucket, key: None, version: None }
}

fn on_key<'a>(action: &'static str, bucket: &'a str, key: &'a str) -> Demand<'a> {
    Demand { action, bucket, key: Some(key), version: None }
}

/// `plain` on the current version, `versioned` where the request names one.
fn on_object<'a>(
    plain: &'static str,
    versioned: &'static str,
    object: &'a ObjectRef,
) -> Demand<'a> {
    let ObjectRef { bucket, key, version } = object;
    let action = if version.is_some() { versioned } else { plain };
    Demand { action, bucket, key: Some(key), version: version.as_deref() }
}

/// The same action whether the request names a version or not.
fn always<'a>(action: &'static str, object: &'a ObjectRef) -> Demand<'a> {
    on_object(action, action, object)
}

fn reading(object: &ObjectRef) -> Demand<'_> {
    on_object("s3:GetObject", "s3:GetObjectVersion", object)
}

fn on_upload<'a>(action: &'static str, upload: &'a UploadRef) -> Demand<'a> {
    on_key(action, &upload.bucket, &upload.key)
}

fn copying<'a>(source: &'a CopySource, bucket: &'a str, key: &'a str) -> Vec<Demand<'a>> {
    vec![reading(&source.object), on_key("s3:PutObject", bucket, key)]
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
            Self::GetBucketDocument { bucket, aspect } => {
                vec![on_bucket(aspect.read_action(), bucket)]
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
            Self::PutObject(put) => vec![on_key("s3:PutObject", &put.bucket, &put.key)],
            Self::CopyObject(copy) => {
                let mut demands = copying(&copy.source, &copy.bucket, &copy.key);
                if copy.tagging == Directive::Replace && !copy.attributes.tags.is_empty() {
                    demands.push(on_key("s3:PutObjectTagging", &copy.bucket, &copy.key));
                }
                demands
            }
            Self::DeleteObject(object) => {
                vec![on_object("s3:DeleteObject", "s3:DeleteObjectVersion", object)]
            }
            Self::DeleteObjects { bucket, entries } => entries
                .iter()
                .map(|entry| match &entry.version {
                    None => on_key("s3:DeleteObject", bucket, &entry.key),
                    Some(version) => Demand {
                        version: Some(version),
                        ..on_key("s3:DeleteObjectVersion", bucket, &entry.key)
                    },
                })
                .collect(),
            Self::CreateUpload { bucket, key, .. } => vec![on_key("s3:PutObject", bucket, key)],
            Self::UploadPart(part) => vec![on_upload("s3:PutObject", &part.upload)],
            Self::UploadPartCopy(part) => {
                copying(&part.source, &part.upload.bucket, &part.upload.key)
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
            Self::PutTagging { object, .. } => {
                vec![on_object("s3:PutObjectTagging", "s3:PutObjectVersionTagging", object)]
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
