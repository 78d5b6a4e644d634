//! Who asks for which operation, and of what.

use super::{Need, Place, Role};

/// A key is part of the target.
const HAS_KEY: Option<&str> = Some("HasKey");

/// What preflight asks of a bucket.
const SETTINGS: &[&str] = &[
    "GetBucketEncryption",
    "GetBucketLifecycleConfiguration",
    "GetBucketNotificationConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketPolicyStatus",
    "GetBucketReplication",
    "GetBucketRequestPayment",
    "GetBucketVersioning",
    "GetBucketWebsite",
    "GetObjectLockConfiguration",
    "GetPublicAccessBlock",
    "HeadBucket",
    "ListObjectVersions",
    "ListObjectsV2",
];

const fn need(place: Place, operations: &'static [&'static str]) -> Need {
    Need { place, condition: None, operations }
}

const fn with_key(place: Place, operations: &'static [&'static str]) -> Need {
    Need { place, condition: HAS_KEY, operations }
}

/// Where the stack names roles for buckets of other accounts.
const OTHER_ACCOUNTS: Need = Need {
    place: Place::BucketRoles,
    condition: Some("HasBucketRoles"),
    operations: &["AssumeRole"],
};

/// Asked for by nobody: without `s3:ListBucket` S3 calls an object forbidden
/// that isn't there, so that a deleted one would count as denied.
const TOLD_WHAT_IS_NOT_THERE: &[&str] = &["ListObjectsV2"];

const WORKER: &[Need] = &[
    need(Place::Buckets, TOLD_WHAT_IS_NOT_THERE),
    need(Place::WorkBucket, TOLD_WHAT_IS_NOT_THERE),
    need(
        Place::Objects,
        &[
            "HeadObject",
            "GetObjectAcl",
            "GetObjectTagging",
            "ListObjectAnnotations",
            "GetObjectAnnotation",
            "PutObjectAnnotation",
            "CopyObject",
            "CreateMultipartUpload",
            "UploadPartCopy",
            "ListParts",
            "CompleteMultipartUpload",
            "AbortMultipartUpload",
            "UpdateObjectEncryption",
            "PutObjectTagging",
            "RestoreObject",
        ],
    ),
    need(Place::Files, &["GetObject", "PutObject"]),
    with_key(Place::TargetThroughS3, &["CopyObject", "UploadPartCopy", "UpdateObjectEncryption"]),
    need(Place::OldKeysThroughS3, &["CopyObject", "UploadPartCopy", "UpdateObjectEncryption"]),
    need(
        Place::Table,
        &["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "Query", "TransactWriteItems"],
    ),
    need(
        Place::Queues,
        &[
            "GetQueueAttributes",
            "ReceiveMessage",
            "DeleteMessage",
            "ChangeMessageVisibility",
            "SendMessageBatch",
        ],
    ),
    need(Place::Task, &["UpdateTaskProtection"]),
    OTHER_ACCOUNTS,
];

const COORDINATOR: &[Need] = &[
    need(Place::Account, &["ListBuckets"]),
    need(Place::Buckets, SETTINGS),
    need(
        Place::Buckets,
        &[
            "GetBucketTagging",
            "GetBucketInventoryConfiguration",
            "ListBucketInventoryConfigurations",
            "PutBucketInventoryConfiguration",
            "DeleteBucketInventoryConfiguration",
            "ListMultipartUploads",
        ],
    ),
    need(Place::Objects, &["HeadObject"]),
    need(
        Place::Scratch,
        &[
            "PutObject",
            "GetObject",
            "HeadObject",
            "GetObjectAcl",
            "GetObjectTagging",
            "GetObjectRetention",
            "GetObjectLegalHold",
            "ListObjectAnnotations",
            "CopyObject",
            "CreateMultipartUpload",
            "UploadPartCopy",
            "CompleteMultipartUpload",
            "AbortMultipartUpload",
            "UpdateObjectEncryption",
            "DeleteObject",
        ],
    ),
    need(
        Place::WorkBucket,
        &["GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy", "ListObjectsV2"],
    ),
    need(Place::Files, &["GetObject", "PutObject"]),
    need(Place::Plans, &["GetObject", "PutObject"]),
    need(Place::Reports, &["GetObject"]),
    with_key(Place::TargetKey, &["DescribeKey", "GetKeyPolicy"]),
    with_key(
        Place::TargetThroughS3,
        &["CopyObject", "UploadPartCopy", "UpdateObjectEncryption", "GetObject"],
    ),
    // The bucket's default key, of the scratch object that is then copied.
    need(Place::OldKeysThroughS3, &["PutObject", "CopyObject"]),
    need(
        Place::Table,
        &[
            "DescribeTable",
            "DescribeTimeToLive",
            "GetItem",
            "BatchGetItem",
            "PutItem",
            "UpdateItem",
            "Query",
            "TransactWriteItems",
        ],
    ),
    need(Place::AllQueues, &["GetQueueUrl"]),
    need(Place::Queues, &["SendMessageBatch"]),
    need(Place::Events, &["ReceiveMessage", "DeleteMessage"]),
    OTHER_ACCOUNTS,
];

const AUDITOR: &[Need] = &[
    need(Place::Account, &["ListBuckets"]),
    need(Place::Buckets, SETTINGS),
    need(Place::Buckets, &["GetBucketTagging", "ListBucketInventoryConfigurations"]),
    need(Place::Objects, &["HeadObject"]),
    need(Place::WorkBucket, &["ListObjectsV2"]),
    need(Place::Files, &["GetObject"]),
    need(Place::Reports, &["GetObject"]),
    with_key(Place::TargetKey, &["DescribeKey", "GetKeyPolicy"]),
    need(Place::Table, &["GetItem", "Query"]),
    need(Place::Stack, &["DescribeStacks"]),
    OTHER_ACCOUNTS,
];

/// All that a role asks for.
#[must_use]
pub fn needs(role: Role) -> &'static [Need] {
    match role {
        Role::Worker => WORKER,
        Role::Coordinator => COORDINATOR,
        Role::Auditor => AUDITOR,
    }
}
