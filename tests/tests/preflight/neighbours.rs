//! Hazards to what else lives off a bucket, one test each.

use serde_json::json;

use crate::world::{BUCKET, Target, World};

const REPLICATION: &str = "<ReplicationConfiguration><Role>arn:aws:iam::111122223333:role/r</Role>\
    <Rule><ID>to-dr</ID><Priority>1</Priority><Filter/><Status>Enabled</Status>MORE\
    <Destination><Bucket>arn:aws:s3:::replicas</Bucket>KEY</Destination></Rule>\
    </ReplicationConfiguration>";
const WITH_KMS: [(&str, &str); 2] = [
    (
        "MORE",
        "<SourceSelectionCriteria><SseKmsEncryptedObjects><Status>Enabled</Status>\
         </SseKmsEncryptedObjects></SourceSelectionCriteria>",
    ),
    (
        "KEY",
        "<EncryptionConfiguration><ReplicaKmsKeyID>arn:aws:kms:us-west-2:111122223333:key/r\
         </ReplicaKmsKeyID></EncryptionConfiguration>",
    ),
];

#[test]
fn copies_that_replicate_again() {
    let world = World::new();
    world.hazards(Target::S3, &[]).none("copies-replicate");
    world.set("replication", &REPLICATION.replace("MORE", "").replace("KEY", ""));
    let found = world.hazards(Target::S3, &[]);
    let hazard = found.one("copies-replicate", &[BUCKET, "arn:aws:s3:::replicas", "--strategy"]);
    assert_eq!(hazard["destinations"], json!(["arn:aws:s3:::replicas"]));
    found.none("replicas-keep-encryption");
    world.hazards(Target::Kms, &["--strategy", "update"]).none("copies-replicate");
}

#[test]
fn updates_that_do_not_replicate() {
    let world = World::new();
    world.set("replication", &REPLICATION.replace("MORE", "").replace("KEY", ""));
    let found = world.hazards(Target::Kms, &[]);
    found.one("replicas-keep-encryption", &["arn:aws:s3:::replicas", "run reseal"]);
    world.hazards(Target::Kms, &["--strategy", "copy"]).none("replicas-keep-encryption");
}

#[test]
fn replication_rules_without_kms_settings() {
    let world = World::new();
    world.set("replication", &REPLICATION.replace("MORE", "").replace("KEY", ""));
    let found = world.hazards(Target::Kms, &[]);
    found.one("replication-stops", &["to-dr", "SseKmsEncryptedObjects", "ReplicaKmsKeyID"]);
    world.hazards(Target::S3, &[]).none("replication-stops");
    let complete =
        WITH_KMS.iter().fold(REPLICATION.to_owned(), |d, (at, text)| d.replace(at, text));
    world.set("replication", &complete);
    world.hazards(Target::Kms, &[]).none("replication-stops");
}

#[test]
fn events_that_every_copy_fires() {
    let world = World::new();
    world.hazards(Target::S3, &[]).none("events-fire");
    world.set(
        "notification",
        "<NotificationConfiguration><QueueConfiguration><Id>q</Id>\
         <Queue>arn:aws:sqs:us-east-1:111122223333:arrivals</Queue>\
         <Event>s3:ObjectCreated:*</Event></QueueConfiguration>\
         <EventBridgeConfiguration/></NotificationConfiguration>",
    );
    let found = world.hazards(Target::S3, &[]);
    found.one("events-fire", &["arrivals", "EventBridge", "--rate", "--strategy update"]);
    world.hazards(Target::Kms, &["--strategy", "update"]).none("events-fire");
}

const LIFECYCLE: &str = "<LifecycleConfiguration><Rule><ID>tidy</ID><Filter/><Status>Enabled</Status>\
    <Expiration><Days>30</Days></Expiration>\
    <Transition><Days>7</Days><StorageClass>GLACIER</StorageClass></Transition>\
    <NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration>\
    </Rule></LifecycleConfiguration>";

#[test]
fn lifecycle_clocks_that_start_anew() {
    let world = World::new();
    world.hazards(Target::S3, &[]).none("lifecycle-restarts");
    world.set("lifecycle", LIFECYCLE);
    let found = world.hazards(Target::S3, &[]);
    found.one("lifecycle-restarts", &["tidy", "30 days", "GLACIER after 7 days"]);
    world.hazards(Target::Kms, &["--strategy", "update"]).none("lifecycle-restarts");
}

#[test]
fn old_versions_that_are_removed() {
    let world = World::new();
    world.set("lifecycle", LIFECYCLE);
    world.hazards(Target::S3, &[]).none("old-versions-expire");
    world.sandbox.set_versioning(BUCKET, "Enabled");
    world.hazards(Target::S3, &[]).one("old-versions-expire", &["tidy", "3 days"]);
}

#[test]
fn requesters_who_pay() {
    let world = World::new();
    world.hazards(Target::S3, &[]).none("requester-pays");
    world.set(
        "requestPayment",
        "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
    );
    world.hazards(Target::S3, &[]).one("requester-pays", &[BUCKET, "owner"]);
}

#[test]
fn a_default_encryption_that_is_not_the_target() {
    let world = World::new();
    world.hazards(Target::S3, &[]).none("default-encryption-differs");
    let found = world.hazards(Target::Kms, &[]);
    found.one("default-encryption-differs", &["SSE-S3", "default encryption"]);
    let document = format!(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
         <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{}</KMSMasterKeyID>\
         </ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule>\
         </ServerSideEncryptionConfiguration>",
        world.key
    );
    world.set("encryption", &document);
    world.hazards(Target::Kms, &[]).none("default-encryption-differs");
    world.hazards(Target::Kms, &["--bucket-key", "false"]).one("default-encryption-differs", &[]);
}

#[test]
fn policies_that_deny_what_a_run_does() {
    let world = World::new();
    let deny = |condition: serde_json::Value| {
        world.policy(&json!([{
            "Sid": "OnlyKms",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": format!("arn:aws:s3:::{BUCKET}/vault/*"),
            "Condition": condition,
        }]));
    };
    deny(json!({ "StringNotEquals": { "s3:x-amz-server-side-encryption": "aws:kms" } }));
    let found = world.hazards(Target::S3, &[]);
    found.one("policy-denies", &["OnlyKms", "s3:PutObject", "vault/*", "reseal probe"]);
    world.hazards(Target::Kms, &[]).none("policy-denies");
    deny(json!({ "StringNotEquals": { "aws:PrincipalArn": "arn:aws:iam::111122223333:role/x" } }));
    let found = world.hazards(Target::S3, &[]);
    found.none("policy-denies");
    found.one("policy-may-deny", &["OnlyKms", "reseal probe"]);
}

#[test]
fn what_may_not_be_read_is_named_and_refuses_nothing() {
    let world = World::new();
    assert_eq!(world.hazards(Target::S3, &[]).unknown(), []);
    world.deny(&[
        "GetBucketEncryption",
        "GetBucketReplication",
        "GetBucketNotificationConfiguration",
        "GetBucketLifecycleConfiguration",
        "GetBucketRequestPayment",
        "GetBucketPolicy",
        "GetBucketPolicyStatus",
        "GetBucketWebsite",
        "GetPublicAccessBlock",
    ]);
    let found = world.hazards(Target::Kms, &[]);
    for (what, permission) in [
        ("the default encryption", "s3:GetEncryptionConfiguration"),
        ("whether objects are replicated", "s3:GetReplicationConfiguration"),
        ("who hears of new objects", "s3:GetBucketNotification"),
        ("the lifecycle rules", "s3:GetLifecycleConfiguration"),
        ("who pays for requests", "s3:GetBucketRequestPayment"),
        ("what its policy says", "s3:GetBucketPolicy"),
        ("whether the public may read", "s3:GetBucketPolicyStatus"),
        ("whether it is a website", "s3:GetBucketWebsite"),
    ] {
        let why = format!("{permission} is missing");
        assert!(found.unknown().contains(&(what, &why)), "{what} ({why}) in {found:#?}");
    }
    let _ = world.run(Target::S3, &[]).expect_code(0);
}

#[test]
fn a_run_names_them_before_it_begins() {
    let world = World::new();
    world.set("lifecycle", LIFECYCLE);
    let ended = world.run(Target::S3, &[]).expect_code(0);
    assert!(ended.stderr.contains("lifecycle clocks"), "{}", ended.stderr);
    assert!(ended.stderr.contains("encryption context"), "{}", ended.stderr);
}
