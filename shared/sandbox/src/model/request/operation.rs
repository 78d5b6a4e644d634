//! The names of operations, as AWS spells them: for statistics, denials and throttling.

use super::super::bucket::Aspect;
use super::{KeyChange, KmsRequest, Request, StsRequest};

/// How an operation counts against a bucket's request rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Reads,
    Mutates,
}

impl Request {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::ListBuckets => "ListBuckets",
            Self::CreateBucket(_) => "CreateBucket",
            Self::DeleteBucket(_) => "DeleteBucket",
            Self::HeadBucket(_) => "HeadBucket",
            Self::GetBucketLocation(_) => "GetBucketLocation",
            Self::GetBucketVersioning(_) => "GetBucketVersioning",
            Self::PutBucketVersioning { .. } => "PutBucketVersioning",
            Self::GetBucketEncryption(_) => "GetBucketEncryption",
            Self::PutBucketEncryption { .. } => "PutBucketEncryption",
            Self::DeleteBucketEncryption(_) => "DeleteBucketEncryption",
            Self::GetBucketTagging(_) => "GetBucketTagging",
            Self::PutBucketTagging { .. } => "PutBucketTagging",
            Self::GetInventory { .. } => "GetBucketInventoryConfiguration",
            Self::ListInventories { .. } => "ListBucketInventoryConfigurations",
            Self::PutInventory { .. } => "PutBucketInventoryConfiguration",
            Self::DeleteInventory { .. } => "DeleteBucketInventoryConfiguration",
            Self::GetBucketDocument { aspect, .. } => aspect.read_operation(),
            Self::PutBucketDocument { aspect, .. } => aspect.write_operation(),
            Self::GetBucketAcl(_) => "GetBucketAcl",
            Self::PutBucketAcl { .. } => "PutBucketAcl",
            Self::ListObjects(_) => "ListObjectsV2",
            Self::ListVersions(_) => "ListObjectVersions",
            Self::HeadObject(_) => "HeadObject",
            Self::GetObject(_) => "GetObject",
            Self::PutObject(_) => "PutObject",
            Self::CopyObject(_) => "CopyObject",
            Self::DeleteObject(_) => "DeleteObject",
            Self::DeleteObjects { .. } => "DeleteObjects",
            Self::CreateUpload { .. } => "CreateMultipartUpload",
            Self::UploadPart(_) => "UploadPart",
            Self::UploadPartCopy(_) => "UploadPartCopy",
            Self::CompleteUpload(_) => "CompleteMultipartUpload",
            Self::AbortUpload(_) => "AbortMultipartUpload",
            Self::ListParts { .. } => "ListParts",
            Self::ListUploads(_) => "ListMultipartUploads",
            Self::GetTagging(_) => "GetObjectTagging",
            Self::PutTagging { .. } => "PutObjectTagging",
            Self::PutAnnotation(_) => "PutObjectAnnotation",
            Self::GetAnnotation(_) => "GetObjectAnnotation",
            Self::ListAnnotations(_) => "ListObjectAnnotations",
            Self::DeleteAnnotation(_) => "DeleteObjectAnnotation",
            Self::RestoreObject(_) => "RestoreObject",
            Self::GetRetention(_) => "GetObjectRetention",
            Self::PutRetention { .. } => "PutObjectRetention",
            Self::GetLegalHold(_) => "GetObjectLegalHold",
            Self::PutLegalHold { .. } => "PutObjectLegalHold",
            Self::GetObjectAcl(_) => "GetObjectAcl",
            Self::PutObjectAcl { .. } => "PutObjectAcl",
            Self::GetAttributes(_) => "GetObjectAttributes",
            Self::UpdateEncryption(_) => "UpdateObjectEncryption",
            Self::Sts(StsRequest::GetCallerIdentity) => "GetCallerIdentity",
            Self::Sts(StsRequest::AssumeRole { .. }) => "AssumeRole",
            Self::Kms(request) => request.operation(),
        }
    }

    /// The bucket that the request addresses (a copy's destination), if any.
    pub fn bucket(&self) -> Option<&str> {
        match self {
            Self::ListBuckets | Self::Sts(_) | Self::Kms(_) => None,
            Self::CreateBucket(create) => Some(&create.bucket),
            Self::DeleteBucket(bucket)
            | Self::HeadBucket(bucket)
            | Self::GetBucketLocation(bucket)
            | Self::GetBucketVersioning(bucket)
            | Self::PutBucketVersioning { bucket, .. }
            | Self::GetBucketEncryption(bucket)
            | Self::PutBucketEncryption { bucket, .. }
            | Self::DeleteBucketEncryption(bucket)
            | Self::GetBucketTagging(bucket)
            | Self::PutBucketTagging { bucket, .. }
            | Self::GetBucketAcl(bucket)
            | Self::PutBucketAcl { bucket, .. }
            | Self::GetBucketDocument { bucket, .. }
            | Self::PutBucketDocument { bucket, .. }
            | Self::GetInventory { bucket, .. }
            | Self::ListInventories { bucket, .. }
            | Self::PutInventory { bucket, .. }
            | Self::DeleteInventory { bucket, .. }
            | Self::CreateUpload { bucket, .. }
            | Self::DeleteObjects { bucket, .. } => Some(bucket),
            Self::ListObjects(list) => Some(&list.bucket),
            Self::ListVersions(list) => Some(&list.bucket),
            Self::ListUploads(list) => Some(&list.bucket),
            Self::HeadObject(read) | Self::GetObject(read) => Some(&read.object.bucket),
            Self::PutObject(put) => Some(&put.bucket),
            Self::CopyObject(copy) => Some(&copy.bucket),
            Self::DeleteObject(object)
            | Self::GetTagging(object)
            | Self::GetRetention(object)
            | Self::PutRetention { object, .. }
            | Self::GetLegalHold(object)
            | Self::PutLegalHold { object, .. }
            | Self::GetObjectAcl(object)
            | Self::PutObjectAcl { object, .. }
            | Self::PutTagging { object, .. } => Some(&object.bucket),
            Self::UploadPart(part) => Some(&part.upload.bucket),
            Self::UploadPartCopy(part) => Some(&part.upload.bucket),
            Self::CompleteUpload(complete) => Some(&complete.upload.bucket),
            Self::AbortUpload(upload) | Self::ListParts { upload, .. } => Some(&upload.bucket),
            Self::GetAttributes(get) => Some(&get.object.bucket),
            Self::PutAnnotation(put) => Some(&put.annotation.object.bucket),
            Self::GetAnnotation(annotation) => Some(&annotation.object.bucket),
            Self::ListAnnotations(list) => Some(&list.object.bucket),
            Self::DeleteAnnotation(delete) => Some(&delete.annotation.object.bucket),
            Self::RestoreObject(restore) => Some(&restore.object.bucket),
            Self::UpdateEncryption(update) => Some(&update.object.bucket),
        }
    }

    /// Whether it spends a bucket's budget of PUT, COPY, POST and DELETE requests.
    pub(crate) fn effect(&self) -> Effect {
        match self {
            Self::PutObject(_)
            | Self::CopyObject(_)
            | Self::DeleteObject(_)
            | Self::DeleteObjects { .. }
            | Self::CreateUpload { .. }
            | Self::UploadPart(_)
            | Self::UploadPartCopy(_)
            | Self::CompleteUpload(_)
            | Self::AbortUpload(_)
            | Self::PutTagging { .. }
            | Self::PutObjectAcl { .. }
            | Self::PutRetention { .. }
            | Self::RestoreObject(_)
            | Self::PutAnnotation(_)
            | Self::DeleteAnnotation(_)
            | Self::PutLegalHold { .. }
            | Self::UpdateEncryption(_) => Effect::Mutates,
            _ => Effect::Reads,
        }
    }
}

impl Aspect {
    fn read_operation(self) -> &'static str {
        match self {
            Self::OwnershipControls => "GetBucketOwnershipControls",
            Self::ObjectLock => "GetObjectLockConfiguration",
            Self::Lifecycle => "GetBucketLifecycleConfiguration",
            Self::Replication => "GetBucketReplication",
            Self::Notification => "GetBucketNotificationConfiguration",
            Self::Website => "GetBucketWebsite",
            Self::RequestPayment => "GetBucketRequestPayment",
            Self::Policy => "GetBucketPolicy",
            Self::PolicyStatus => "GetBucketPolicyStatus",
            Self::PublicAccessBlock => "GetPublicAccessBlock",
            Self::Cors => "GetBucketCors",
            Self::Logging => "GetBucketLogging",
            Self::Accelerate => "GetBucketAccelerateConfiguration",
        }
    }

    fn write_operation(self) -> &'static str {
        match self {
            Self::OwnershipControls => "PutBucketOwnershipControls",
            Self::ObjectLock => "PutObjectLockConfiguration",
            Self::Lifecycle => "PutBucketLifecycleConfiguration",
            Self::Replication => "PutBucketReplication",
            Self::Notification => "PutBucketNotificationConfiguration",
            Self::Website => "PutBucketWebsite",
            Self::RequestPayment => "PutBucketRequestPayment",
            Self::Policy | Self::PolicyStatus => "PutBucketPolicy",
            Self::PublicAccessBlock => "PutPublicAccessBlock",
            Self::Cors => "PutBucketCors",
            Self::Logging => "PutBucketLogging",
            Self::Accelerate => "PutBucketAccelerateConfiguration",
        }
    }
}

impl KmsRequest {
    fn operation(&self) -> &'static str {
        match self {
            Self::CreateKey { .. } => "CreateKey",
            Self::DescribeKey(_) => "DescribeKey",
            Self::ListKeys => "ListKeys",
            Self::CreateAlias { .. } => "CreateAlias",
            Self::ListAliases(_) => "ListAliases",
            Self::SetState { change: KeyChange::Enable, .. } => "EnableKey",
            Self::SetState { change: KeyChange::Disable, .. } => "DisableKey",
            Self::SetState { change: KeyChange::CancelDeletion, .. } => "CancelKeyDeletion",
            Self::ScheduleKeyDeletion { .. } => "ScheduleKeyDeletion",
        }
    }
}
