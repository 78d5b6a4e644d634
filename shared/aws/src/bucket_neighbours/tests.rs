//! What S3's documents say of a bucket's neighbours.

use super::*;
use crate::canned::{Canned, KEY, OWNER, answer, error};

fn bucket() -> BucketName {
    "my-bucket".parse().expect("a bucket")
}

/// The answers of a bucket with none of it, in the order in which it is read.
fn nothing() -> [Vec<u8>; 8] {
    let absent = |code: &str| error("404 Not Found", code, "none");
    [
        absent("ServerSideEncryptionConfigurationNotFoundError"),
        absent("ReplicationConfigurationNotFoundError"),
        answer("200 OK", &[], "<NotificationConfiguration/>"),
        absent("NoSuchLifecycleConfiguration"),
        answer(
            "200 OK",
            &[],
            "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
        ),
        absent("NoSuchBucketPolicy"),
        absent("NoSuchBucketPolicy"),
        absent("NoSuchPublicAccessBlockConfiguration"),
    ]
}

async fn look(
    answers: impl IntoIterator<Item = Vec<u8>>,
) -> (Canned, Result<Neighbourhood, StoreError>) {
    let server = Canned::serve(answers);
    let around = server.store().await.look_around(&bucket()).await;
    (server, around)
}

/// The same with one answer of its own.
async fn look_with(place: usize, instead: &str) -> Neighbourhood {
    let mut answers = nothing();
    answers[place] = answer("200 OK", &[], instead);
    look(answers).await.1.expect("told")
}

#[tokio::test]
async fn a_bucket_alone_has_none_of_it() {
    let (server, around) = look(nothing()).await;
    assert_eq!(around, Ok(alone()));
    for sent in server.sent() {
        assert_eq!(sent.header("x-amz-expected-bucket-owner"), Some(OWNER), "{}", sent.target);
    }
}

#[tokio::test]
async fn what_may_not_be_read_is_told_as_such() {
    let denied = || error("403 Forbidden", "AccessDenied", "no");
    let (_, around) = look(std::iter::repeat_with(denied).take(8)).await;
    let Neighbourhood {
        default_encryption,
        replication,
        listeners,
        lifecycle,
        requester_pays,
        policy,
        policy_is_public,
        public_access_block,
    } = around.expect("told");
    let missing = |permission: &str| format!("{permission} is missing");
    assert_eq!(default_encryption, Told::Unreadable(missing("s3:GetEncryptionConfiguration")));
    assert_eq!(replication, Told::Unreadable(missing("s3:GetReplicationConfiguration")));
    assert_eq!(listeners, Told::Unreadable(missing("s3:GetBucketNotification")));
    assert_eq!(lifecycle, Told::Unreadable(missing("s3:GetLifecycleConfiguration")));
    assert_eq!(requester_pays, Setting::Unreadable(missing("s3:GetBucketRequestPayment")));
    assert_eq!(policy, Told::Unreadable(missing("s3:GetBucketPolicy")));
    assert_eq!(policy_is_public, Setting::Unreadable(missing("s3:GetBucketPolicyStatus")));
    let block = missing("s3:GetBucketPublicAccessBlock");
    assert_eq!(public_access_block, Told::Unreadable(block));
}

#[tokio::test]
async fn an_endpoint_that_does_not_know_the_question_tells_nothing() {
    let (_, around) =
        look((0..8).map(|_| error("501 Not Implemented", "NotImplemented", "no"))).await;
    let around = around.expect("told");
    assert!(matches!(around.replication, Told::Unreadable(why) if why.contains("NotImplemented")));
    // One that takes the question for a listing.
    let listing = "<ListBucketResult><Name>my-bucket</Name></ListBucketResult>";
    for place in [0, 1, 2, 3, 4, 6, 7] {
        let around = look_with(place, listing).await;
        assert_ne!(around, alone(), "{place}: a listing was taken for the harmless case");
    }
}

fn alone() -> Neighbourhood {
    Neighbourhood {
        default_encryption: Told::Known(None),
        replication: Told::Known(vec![]),
        listeners: Told::Known(vec![]),
        lifecycle: Told::Known(vec![]),
        requester_pays: Setting::No,
        policy: Told::Known(None),
        policy_is_public: Setting::No,
        public_access_block: Told::Known(PublicAccessBlock::default()),
    }
}

#[tokio::test]
async fn no_answer_is_an_error_and_not_a_fact() {
    for refusal in [
        error("503 Slow Down", "SlowDown", "please"),
        error("403 Forbidden", "ExpiredToken", "old"),
        error("404 Not Found", "NoSuchBucket", "gone"),
    ] {
        let (_, around) = look([refusal]).await;
        assert!(around.is_err(), "{around:?}");
    }
}

#[tokio::test]
async fn replication_rules_that_are_on_are_told() {
    let rule = |id: &str, status: &str, more: &str, encryption: &str| {
        format!(
            "<Rule><ID>{id}</ID><Priority>1</Priority><Filter/><Status>{status}</Status>{more}\
             <Destination><Bucket>arn:aws:s3:::replicas</Bucket>{encryption}</Destination></Rule>"
        )
    };
    let kms = "<SourceSelectionCriteria><SseKmsEncryptedObjects><Status>Enabled</Status>\
               </SseKmsEncryptedObjects></SourceSelectionCriteria>";
    let key = format!(
        "<EncryptionConfiguration><ReplicaKmsKeyID>{KEY}</ReplicaKmsKeyID></EncryptionConfiguration>"
    );
    let off = kms.replace("Enabled", "Disabled");
    let document = [
        rule("plain", "Enabled", "", ""),
        rule("kms", "Enabled", kms, &key),
        rule("kms-off", "Enabled", &off, &key),
        rule("off", "Disabled", kms, &key),
    ];
    let document = format!(
        "<ReplicationConfiguration><Role>r</Role>{}</ReplicationConfiguration>",
        document.concat()
    );
    let expected = |id: &str, replicates_kms: bool, replica_key: Option<&str>| ReplicationRule {
        id: id.to_owned(),
        destination: "arn:aws:s3:::replicas".to_owned(),
        replicates_kms,
        replica_key: replica_key.map(str::to_owned),
    };
    let rules = look_with(1, &document).await.replication;
    let expected = vec![
        expected("plain", false, None),
        expected("kms", true, Some(KEY)),
        expected("kms-off", false, Some(KEY)),
    ];
    assert_eq!(rules, Told::Known(expected));
}

#[tokio::test]
async fn whoever_hears_of_new_objects_is_named() {
    let document = "<NotificationConfiguration>\
        <TopicConfiguration><Topic>topic</Topic><Event>s3:ObjectCreated:*</Event></TopicConfiguration>\
        <QueueConfiguration><Queue>queue</Queue><Event>s3:ObjectRemoved:*</Event>\
        <Event>s3:ObjectCreated:Copy</Event></QueueConfiguration>\
        <QueueConfiguration><Queue>removals</Queue><Event>s3:ObjectRemoved:*</Event></QueueConfiguration>\
        <CloudFunctionConfiguration><CloudFunction>function</CloudFunction>\
        <Event>s3:ObjectCreated:CompleteMultipartUpload</Event></CloudFunctionConfiguration>\
        <EventBridgeConfiguration/></NotificationConfiguration>";
    let listeners = look_with(2, document).await.listeners;
    let expected = ["topic", "queue", "function", "EventBridge"].map(str::to_owned).to_vec();
    assert_eq!(listeners, Told::Known(expected));
}

#[tokio::test]
async fn lifecycle_rules_that_are_on_are_told() {
    let document = "<LifecycleConfiguration>\
        <Rule><ID>old</ID><Filter/><Status>Enabled</Status><Expiration><Days>30</Days></Expiration>\
        <Transition><Days>7</Days><StorageClass>GLACIER</StorageClass></Transition>\
        <NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration></Rule>\
        <Rule><ID>dated</ID><Filter/><Status>Enabled</Status>\
        <Expiration><Date>2027-01-01T00:00:00Z</Date></Expiration></Rule>\
        <Rule><ID>off</ID><Filter/><Status>Disabled</Status><Expiration><Days>1</Days></Expiration></Rule>\
        </LifecycleConfiguration>";
    let dated = LifecycleRule {
        id: "dated".to_owned(),
        expires: None,
        moves: vec![],
        old_versions_expire: None,
    };
    let old = LifecycleRule {
        id: "old".to_owned(),
        expires: Some(30),
        moves: vec![(7, StorageClass::new("GLACIER"))],
        old_versions_expire: Some(3),
    };
    assert_eq!(look_with(3, document).await.lifecycle, Told::Known(vec![old, dated]));
}

#[tokio::test]
async fn payers_policies_and_public_access_are_told() {
    let pays =
        "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>";
    assert_eq!(look_with(4, pays).await.requester_pays, Setting::Yes);
    let policy = look_with(5, "{\"Statement\": []}").await.policy;
    assert_eq!(policy, Told::Known(Some("{\"Statement\": []}".to_owned())));
    let public = "<PolicyStatus><IsPublic>TRUE</IsPublic></PolicyStatus>";
    let told = look_with(6, &public.replace("TRUE", "true")).await.policy_is_public;
    assert_eq!(told, Setting::Yes);
    // As an example in S3's own reference has it, which the SDK can't read.
    let told = look_with(6, public).await.policy_is_public;
    assert!(matches!(told, Setting::Unreadable(_)), "{told:?}");
    let block = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
        <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    let block = look_with(7, block).await.public_access_block;
    let expected = PublicAccessBlock { ignores_public_acls: false, restricts_public_policy: true };
    assert_eq!(block, Told::Known(expected));
}

/// Some answer a question that they don't know with a page for people: that
/// isn't a document of S3's that was cut, and comes no other way next time.
#[tokio::test]
async fn a_page_of_html_is_an_endpoint_that_does_not_tell() {
    let page = "<!DOCTYPE html><html><meta charset=utf-8><p>Welcome";
    let server = Canned::serve([answer("200 OK", &[], page)]);
    let pays = server.store().await.requester_pays(&bucket()).await.expect("no failure");
    assert!(matches!(&pays, Setting::Unreadable(why) if why.contains("doesn't tell")), "{pays:?}");
}
