//! Cut answers to calls whose result somebody acts on.

use reseal_core::ports::{
    Blob, BlobRequest, Blobs, Inspector, Neighbours, ObjectDetails, ObjectStore, OwnBuckets,
    Safeguards, UploadId, UploadRef,
};
use reseal_core::{BucketName, StoreError, StoreErrorKind, TagSet};

use crate::S3Store;
use crate::canned::{Canned, answer, object};

const TAGS: &str = "<?xml version=\"1.0\"?>\n<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag>\
    <Tag><Key>reseal</Key><Value>yes</Value></Tag></TagSet></Tagging>";

fn bucket() -> BucketName {
    "my-bucket".parse().expect("a bucket")
}

async fn store_with(body: &str) -> (Canned, S3Store) {
    let server = Canned::serve([answer("200 OK", &[], body)]);
    let store = server.store().await;
    (server, store)
}

fn is_asked_again<T: std::fmt::Debug>(what: &str, answered: Result<T, StoreError>) {
    let error = answered.expect_err(what);
    // And not because nobody answers what would have been asked next.
    assert_eq!(
        (error.kind, error.code.as_str()),
        (StoreErrorKind::Unavailable, "UnusableAnswer"),
        "{what}"
    );
}

/// A bucket whose tag is behind the cut would be one that nobody tagged.
#[tokio::test]
async fn tags_that_are_cut_anywhere_are_no_tags() {
    let cuts = (1..=TAGS.len()).map(|cut| answer("200 OK", &[], &TAGS[..cut]));
    let server = Canned::serve(cuts);
    let store = server.store().await;
    for cut in 1..TAGS.len() {
        is_asked_again(&TAGS[..cut], store.bucket_tags(&bucket()).await);
    }
    assert_eq!(store.bucket_tags(&bucket()).await.expect("tags").len(), 2);
}

#[tokio::test]
async fn the_reason_is_told() {
    let (_server, store) = store_with("<Tagging><TagSet>").await;
    let error = store.bucket_tags(&bucket()).await.expect_err("cut");
    assert_eq!(error.to_string(), "UnusableAnswer: the answer ends before its end");
}

#[tokio::test]
async fn what_somebody_acts_on_is_whole() {
    let object = object("k", None);
    let upload = UploadRef { object: &object, id: &UploadId("up".to_owned()) };
    let (_server, store) = store_with("<Tagging><TagSet>").await;
    is_asked_again("an object's tags", store.tags(&object).await);
    let parts = "<ListPartsResult><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber>";
    let (_server, store) = store_with(parts).await;
    is_asked_again("an upload's parts", store.list_parts(&upload).await);
    let acl = "<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList>";
    let (_server, store) = store_with(acl).await;
    is_asked_again("grants", store.acl(&object).await);
    let rule = "<ServerSideEncryptionConfiguration><Rule><BucketKeyEnabled>true</BucketKeyEnabled>";
    let (_server, store) = store_with(rule).await;
    is_asked_again("a bucket's encryption", store.encryption(&bucket()).await);
    let buckets = "<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name></Bucket>";
    let (_server, store) = store_with(buckets).await;
    is_asked_again("the account's buckets", store.buckets(None).await);
}

/// Never mind that without versions is how a bucket begins.
#[tokio::test]
async fn a_cut_setting_is_not_taken_for_an_absent_one() {
    let server = Canned::serve([
        answer("200 OK", &[("x-amz-bucket-region", "us-east-1")], ""),
        answer("200 OK", &[], "<VersioningConfiguration xmlns=\"http://s3/\">"),
    ]);
    is_asked_again("versioning", server.store().await.inspect(&bucket()).await);
    let (_server, store) = store_with("<ServerSideEncryptionConfiguration>").await;
    is_asked_again("neighbours", store.look_around(&bucket()).await);
}

/// What was changed by a request whose answer is cut can only be looked up.
#[tokio::test]
async fn a_change_whose_answer_is_cut_is_ambiguous() {
    let object = object("k", None);
    let upload = UploadRef { object: &object, id: &UploadId("up".to_owned()) };
    let body = "<CompleteMultipartUploadResult><ETag>&quot;new-2&quot;</ETag>";
    let (_server, store) = store_with(body).await;
    let guard = reseal_core::ports::DestinationGuard::Unfenced;
    let error = store.complete_upload(&upload, &[], 1, guard).await.expect_err("cut");
    assert_eq!(error.kind, StoreErrorKind::Ambiguous);
}

#[tokio::test]
async fn an_objects_own_bytes_and_a_policy_are_no_business_of_ours() {
    let half = "<html><body>half a page";
    let etag = [("etag", "\"e\"")];
    let server = Canned::serve([answer("200 OK", &etag, half)]);
    let object = object("k", None);
    let request = BlobRequest { object: &object, pin: None, from: 0, limit: 1_000 };
    let Blob { mut body, .. } = server.store().await.open(&request).await.expect("opened");
    assert_eq!(body.next().await.expect("read").as_deref(), Some(half.as_bytes()));
    let (_server, store) = store_with("{\"Statement\": [").await;
    let policy = store.policy(&bucket()).await.expect("read");
    assert_eq!(policy.as_deref(), Some("{\"Statement\": ["));
}

/// A proxy's page, too, is refused by its status.
#[tokio::test]
async fn a_refusal_is_told_by_its_status_and_code_though_it_is_cut() {
    let cut = "<Error><Code>NoSuchTagSet</Code><Message>The Tag";
    let server = Canned::serve([
        answer("404 Not Found", &[], cut),
        answer("403 Forbidden", &[], "<html><br>no"),
    ]);
    let store = server.store().await;
    assert_eq!(store.bucket_tags(&bucket()).await, Ok(TagSet::new()));
    let denied = store.bucket_tags(&bucket()).await.expect_err("denied");
    assert_eq!(denied.kind, StoreErrorKind::Denied, "{denied}");
}
