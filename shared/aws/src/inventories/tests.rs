//! What is sent to set reports up, and what is understood of those there are.

use reseal_core::TagSet;
use reseal_core::ports::{OwnBucket, OwnBuckets as _, Reached};

use super::*;
use crate::canned::{Canned, KEY, OWNER, answer, error};

fn bucket() -> BucketName {
    "my-bucket".parse().expect("a bucket")
}

fn setup() -> InventorySetup {
    InventorySetup {
        id: "reseal".to_owned(),
        enabled: true,
        destination: "arn:aws:s3:::reports".to_owned(),
        destination_account: Some(OWNER.to_owned()),
        destination_prefix: Some("a/b".to_owned()),
        format: "CSV".to_owned(),
        encryption: Some(ReportEncryption::SseKms(KEY.to_owned())),
        frequency: "Daily".to_owned(),
        versions: "All".to_owned(),
        source_prefix: Some("data/".to_owned()),
        fields: ["ETag", "Size"].map(str::to_owned).into(),
    }
}

#[tokio::test]
async fn what_is_written_is_what_is_read_back() {
    let server = Canned::serve([answer("200 OK", &[], "")]);
    server.store().await.put_setup(&bucket(), &setup()).await.expect("written");
    let sent = server.sent().remove(0);
    assert_eq!(sent.header("x-amz-expected-bucket-owner"), Some(OWNER));
    assert!(sent.target.contains("inventory") && sent.target.contains("id=reseal"));
    for part in [
        "<Field>ETag</Field><Field>Size</Field>",
        "<AccountId>111122223333</AccountId>",
        "<SSE-KMS><KeyId>",
        "<IncludedObjectVersions>All</IncludedObjectVersions>",
    ] {
        assert!(sent.body.contains(part), "{part}: {}", sent.body);
    }
    let server = Canned::serve([answer("200 OK", &[], &sent.body)]);
    let read = server.store().await.setup(&bucket(), "reseal").await.expect("read");
    assert_eq!(read, Some(setup()));
    assert_eq!(server.sent()[0].header("x-amz-expected-bucket-owner"), Some(OWNER));
}

#[tokio::test]
async fn what_is_not_there_is_told_from_what_cannot_be_read() {
    let server = Canned::serve([
        error("404 Not Found", "NoSuchConfiguration", "none"),
        error("403 Forbidden", "AccessDenied", "no"),
        error("404 Not Found", "NoSuchTagSet", "none"),
        error("403 Forbidden", "AccessDenied", "no"),
    ]);
    let store = server.store().await;
    assert_eq!(store.setup(&bucket(), "reseal").await.expect("read"), None);
    assert!(store.setup(&bucket(), "reseal").await.is_err());
    assert_eq!(store.bucket_tags(&bucket()).await.expect("read"), TagSet::new());
    assert!(store.bucket_tags(&bucket()).await.is_err());
}

#[tokio::test]
async fn pages_go_on_to_their_end() {
    let page = |inner: &str| {
        let root = "ListInventoryConfigurationsResult";
        answer("200 OK", &[], &format!("<{root}>{inner}</{root}>"))
    };
    let server = Canned::serve([
        page("<IsTruncated>true</IsTruncated><NextContinuationToken>t 1</NextContinuationToken>"),
        page("<IsTruncated>false</IsTruncated>"),
        page("<IsTruncated>true</IsTruncated>"),
        page(""),
        answer(
            "200 OK",
            &[],
            "<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name><BucketRegion>eu-west-1\
             </BucketRegion></Bucket></Buckets><ContinuationToken>n</ContinuationToken>\
             </ListAllMyBucketsResult>",
        ),
    ]);
    let store = server.store().await;
    let first = store.setups(&bucket(), None).await.expect("a page");
    assert_eq!(first, (Vec::new(), Some("t 1".to_owned())));
    assert_eq!(store.setups(&bucket(), Some("t 1")).await.expect("a page").1, None);
    assert!(store.setups(&bucket(), None).await.is_err(), "more, but where?");
    assert!(store.setups(&bucket(), None).await.is_err(), "more, or not?");
    let (buckets, next) = store.buckets(Some("0:m")).await.expect("a page");
    let region = Some("eu-west-1".to_owned());
    assert_eq!(buckets, [OwnBucket { name: "b".to_owned(), region, reached: Reached::Yes }]);
    assert_eq!(next.as_deref(), Some("0:n"));
    let sent = server.sent();
    assert!(sent[1].target.contains("continuation-token=t%201"), "{}", sent[1].target);
    assert!(sent[4].target.contains("continuation-token=m"), "{}", sent[4].target);
    assert!(sent[4].target.contains("max-buckets=1000"), "{}", sent[4].target);
}
