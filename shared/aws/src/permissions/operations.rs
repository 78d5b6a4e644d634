//! Which IAM actions an operation needs.

use super::Place;

/// An operation by its SDK name, the actions on what it names, and those on
/// the keys that S3 then uses in the caller's name.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const READS: &[&str] = &["s3:GetObject", "s3:GetObjectVersion"];
/// A look at an object. HEAD shows a lock or a hold only to who may read them,
/// and without a word otherwise: a locked object would look free.
const LOOKS: &[&str] =
    &["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectLegalHold", "s3:GetObjectRetention"];
const READS_TAGS: &[&str] = &["s3:GetObjectTagging", "s3:GetObjectVersionTagging"];
const USES: &[&str] = &["kms:Decrypt", "kms:GenerateDataKey"];
/// Of the key that what is copied or updated lies under.
const READ_FROM: &[&str] = &["kms:Decrypt", "kms:ReEncryptFrom"];
const NONE: &[&str] = &[];

/// From AWS's service authorization reference and each operation's own page.
/// An operation on a version needs another action than one on the current
/// object, so both are there. `UpdateObjectEncryption` is documented in two
/// ways: its guide adds `s3:PutObject`, which copies need in any case.
const OPERATIONS: &[Row] = &[
    // Other accounts.
    ("AssumeRole", &["sts:AssumeRole"], NONE),
    // Objects.
    ("HeadObject", LOOKS, NONE),
    ("GetObject", READS, &["kms:Decrypt"]),
    ("GetObjectTagging", READS_TAGS, NONE),
    ("GetObjectAcl", &["s3:GetObjectAcl", "s3:GetObjectVersionAcl"], NONE),
    ("GetObjectRetention", &["s3:GetObjectRetention"], NONE),
    ("GetObjectLegalHold", &["s3:GetObjectLegalHold"], NONE),
    ("ListObjectAnnotations", &["s3:ListObjectAnnotations"], NONE),
    ("GetObjectAnnotation", &["s3:GetObjectAnnotation"], &["kms:Decrypt"]),
    ("PutObjectAnnotation", &["s3:PutObjectAnnotation"], &["kms:GenerateDataKey"]),
    ("PutObject", &["s3:PutObject"], &["kms:GenerateDataKey"]),
    ("PutObjectTagging", &["s3:PutObjectTagging", "s3:PutObjectVersionTagging"], NONE),
    (
        "CopyObject",
        &[
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:GetObjectTagging",
            "s3:GetObjectVersionTagging",
            "s3:PutObject",
            "s3:PutObjectTagging",
            // Grants, retention and holds are restated in the copy.
            "s3:PutObjectAcl",
            "s3:PutObjectRetention",
            "s3:PutObjectLegalHold",
        ],
        USES,
    ),
    (
        "CreateMultipartUpload",
        &[
            "s3:PutObject",
            "s3:PutObjectTagging",
            "s3:PutObjectAcl",
            "s3:PutObjectRetention",
            "s3:PutObjectLegalHold",
        ],
        USES,
    ),
    ("UploadPartCopy", &["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"], USES),
    ("CompleteMultipartUpload", &["s3:PutObject"], USES),
    ("ListParts", &["s3:ListMultipartUploadParts"], NONE),
    ("AbortMultipartUpload", &["s3:AbortMultipartUpload"], NONE),
    (
        "UpdateObjectEncryption",
        &["s3:UpdateObjectEncryption"],
        &[
            "kms:Decrypt",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
    ),
    ("RestoreObject", &["s3:RestoreObject"], &["kms:Decrypt"]),
    ("DeleteObject", &["s3:DeleteObject", "s3:DeleteObjectVersion"], NONE),
    // Buckets.
    ("ListBuckets", &["s3:ListAllMyBuckets"], NONE),
    ("HeadBucket", &["s3:ListBucket"], NONE),
    ("ListObjectsV2", &["s3:ListBucket"], NONE),
    ("ListObjectVersions", &["s3:ListBucketVersions"], NONE),
    ("ListMultipartUploads", &["s3:ListBucketMultipartUploads"], NONE),
    ("GetBucketVersioning", &["s3:GetBucketVersioning"], NONE),
    ("GetBucketEncryption", &["s3:GetEncryptionConfiguration"], NONE),
    ("GetBucketOwnershipControls", &["s3:GetBucketOwnershipControls"], NONE),
    ("GetObjectLockConfiguration", &["s3:GetBucketObjectLockConfiguration"], NONE),
    ("GetBucketLifecycleConfiguration", &["s3:GetLifecycleConfiguration"], NONE),
    ("GetBucketWebsite", &["s3:GetBucketWebsite"], NONE),
    ("GetBucketReplication", &["s3:GetReplicationConfiguration"], NONE),
    ("GetBucketNotificationConfiguration", &["s3:GetBucketNotification"], NONE),
    ("GetBucketRequestPayment", &["s3:GetBucketRequestPayment"], NONE),
    ("GetBucketPolicy", &["s3:GetBucketPolicy"], NONE),
    ("GetBucketPolicyStatus", &["s3:GetBucketPolicyStatus"], NONE),
    ("GetPublicAccessBlock", &["s3:GetBucketPublicAccessBlock"], NONE),
    ("GetBucketTagging", &["s3:GetBucketTagging"], NONE),
    ("GetBucketInventoryConfiguration", &["s3:GetInventoryConfiguration"], NONE),
    ("ListBucketInventoryConfigurations", &["s3:GetInventoryConfiguration"], NONE),
    ("PutBucketInventoryConfiguration", &["s3:PutInventoryConfiguration"], NONE),
    // The same action as for putting one there.
    ("DeleteBucketInventoryConfiguration", &["s3:PutInventoryConfiguration"], NONE),
    ("PutBucketPolicy", &["s3:PutBucketPolicy"], NONE),
    ("DeleteBucketPolicy", &["s3:DeleteBucketPolicy"], NONE),
    // CloudFormation.
    ("DescribeStacks", &["cloudformation:DescribeStacks"], NONE),
    // KMS, asked directly.
    ("DescribeKey", &["kms:DescribeKey"], NONE),
    ("GetKeyPolicy", &["kms:GetKeyPolicy"], NONE),
    // STS: nobody can be denied to ask who he is.
    ("GetCallerIdentity", NONE, NONE),
    // DynamoDB. A transaction needs what its parts need.
    ("DescribeTable", &["dynamodb:DescribeTable"], NONE),
    ("DescribeTimeToLive", &["dynamodb:DescribeTimeToLive"], NONE),
    ("GetItem", &["dynamodb:GetItem"], NONE),
    ("BatchGetItem", &["dynamodb:BatchGetItem"], NONE),
    ("PutItem", &["dynamodb:PutItem"], NONE),
    ("UpdateItem", &["dynamodb:UpdateItem"], NONE),
    ("Query", &["dynamodb:Query"], NONE),
    (
        "TransactWriteItems",
        &[
            "dynamodb:ConditionCheckItem",
            "dynamodb:DeleteItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        ],
        NONE,
    ),
    // SQS. The batches are no actions of their own.
    ("GetQueueUrl", &["sqs:GetQueueUrl"], NONE),
    ("GetQueueAttributes", &["sqs:GetQueueAttributes"], NONE),
    ("SendMessageBatch", &["sqs:SendMessage"], NONE),
    ("ReceiveMessage", &["sqs:ReceiveMessage"], NONE),
    ("DeleteMessage", &["sqs:DeleteMessage"], NONE),
    ("ChangeMessageVisibility", &["sqs:ChangeMessageVisibility"], NONE),
    // Through the ECS agent.
    ("UpdateTaskProtection", &["ecs:UpdateTaskProtection"], NONE),
];

/// The IAM actions that an operation needs on a place; `None` for one that the
/// table doesn't know.
#[must_use]
pub fn actions(operation: &str, place: Place) -> Option<&'static [&'static str]> {
    let (_, own, keys) = OPERATIONS.iter().find(|(name, ..)| *name == operation)?;
    Some(match place {
        Place::TargetThroughS3 => keys,
        Place::OldKeysThroughS3 if keys.contains(&"kms:Decrypt") => READ_FROM,
        Place::OldKeysThroughS3 => keys,
        _ => own,
    })
}
