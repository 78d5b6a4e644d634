//! Listings as they come over the wire.

use proptest::prelude::*;
use reseal_core::ports::ListRequest;

use super::*;
use crate::canned::{Canned, answer, error};

async fn listed(store: &S3Store) -> Result<ListPage, StoreError> {
    let bucket = &"my-bucket".parse().expect("a bucket");
    let versions = Versions::Current;
    store.list(&ListRequest { bucket, prefix: "", versions, after: None, limit: 7 }).await
}

async fn answered(bytes: Vec<u8>) -> Result<ListPage, StoreError> {
    let server = Canned::serve([bytes]);
    let page = listed(&server.store().await).await;
    server.sent();
    page
}

fn document(contents: &str) -> String {
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>")
}

#[test]
fn keys_are_decoded_exactly_once() {
    let url = EncodingType::Url;
    for (listed, key) in
        [("a+b", "a b"), ("a%2Bb", "a+b"), ("a%252Fb", "a%2Fb"), ("dir/%C3%A9%0A", "dir/é\n")]
    {
        assert_eq!(decode_key(Some(listed), Some(&url)).expect("a key").as_str(), key);
        assert_eq!(decode_key(Some(listed), None).expect("a key").as_str(), listed);
    }
    assert!(decode_key(Some("%FF"), Some(&url)).is_err());
    assert!(decode_key(None, Some(&url)).is_err());
}

#[test]
fn a_listing_that_cannot_go_on_is_no_end() {
    assert!(page(Vec::new(), Some(true)).is_err());
    assert_eq!(page(Vec::new(), None), Ok(ListPage::default()));
}

/// S3 begins to answer a long listing before it knows whether it can.
#[tokio::test]
async fn a_refusal_behind_a_200_is_what_it_says() {
    let said = |answer| async { answered(answer).await.expect_err("refused") };
    let slow = said(error("200 OK", "SlowDown", "Reduce your request rate")).await;
    assert_eq!(slow, said(error("503 Slow Down", "SlowDown", "Reduce your request rate")).await);
    let gone = said(error("200 OK", "NoSuchBucket", "a &amp; b")).await;
    assert_eq!((gone.kind, gone.message.as_str()), (StoreErrorKind::BucketGone, "a & b"));
    assert_eq!(gone.request_id.as_deref(), Some("REQ1"));
}

#[tokio::test]
async fn an_answer_that_is_cut_is_asked_for_again() {
    let whole = document("<Contents><Key>a</Key></Contents><Contents><Key>b</Key></Contents>");
    let cut = &whole[..whole.find("<Contents><Key>b").expect("the second object")];
    for answer in [
        // By a proxy that counted what it had.
        answer("200 OK", &[], cut),
        // By a connection that broke.
        answer("200 OK", &[("content-length", &whole.len().to_string())], cut),
        answer("200 OK", &[], ""),
        answer("200 OK", &[], "<html>\u{7}Sign in</html>"),
    ] {
        let error = answered(answer).await.expect_err("no page");
        assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error}");
        assert!(!error.to_string().contains(char::is_control), "{error:?}");
    }
    assert_eq!(answered(answer("200 OK", &[], &whole)).await.expect("a page").entries.len(), 2);
}

/// The SDK's own reader on the same answers, through the same client.
async fn by_the_sdk(bytes: Vec<u8>) -> ListPage {
    let server = Canned::serve([bytes]);
    let store = server.store().await;
    let answer =
        store.home.client.list_objects_v2().bucket("my-bucket").send().await.expect("read");
    server.sent();
    let entry = |object: &aws_sdk_s3::types::Object| ListEntry {
        key: decode_key(object.key(), answer.encoding_type()).expect("a key"),
        version: None,
        is_latest: true,
        is_delete_marker: false,
        size: unsigned(object.size()),
        etag: object.e_tag().map(ETag::new),
        last_modified: timestamp(object.last_modified()),
        storage_class: object.storage_class().map(|class| StorageClass::new(class.as_str())),
    };
    let entries = answer.contents().iter().map(entry).collect();
    page(entries, answer.is_truncated()).expect("a page")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

prop_compose! {
    fn an_object()(
        // What XML can carry: the SDK refuses a page with anything else.
        key in "[ -~éß☃🦀]{1,40}",
        size in proptest::option::of(-1_i64..1 << 50),
        etag in proptest::option::of("\"?[0-9a-f-]{0,40}\"?"),
        // To 2100, where no leap second was ever written.
        millis in proptest::option::of(-1_000_000_000_000_i64..4_102_444_800_000),
        class in proptest::option::of("STANDARD|GLACIER|A_NEW_ONE"),
    ) -> String {
        let date = millis.map(|millis| {
            let date = aws_smithy_types::DateTime::from_millis(millis);
            date.fmt(aws_smithy_types::date_time::Format::DateTime).expect("a date")
        });
        let fields = [
            ("Key", Some(escaped(&key))),
            ("LastModified", date),
            ("ETag", etag.map(|etag| escaped(&etag))),
            ("Size", size.map(|size| size.to_string())),
            ("StorageClass", class),
        ];
        let fields = fields.into_iter().filter_map(|(name, text)| {
            Some(format!("<{name}>{}</{name}>", text?))
        });
        format!("<Contents>{}</Contents>", fields.collect::<String>())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_whole_reads_as_the_sdk_reads_it(
        objects in proptest::collection::vec(an_object(), 0..20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let answer = answer("200 OK", &[], &document(&objects.concat()));
        let (ours, theirs) = runtime.expect("a runtime").block_on(async {
            (answered(answer.clone()).await.expect("a page"), by_the_sdk(answer).await)
        });
        prop_assert_eq!(ours, theirs);
    }
}
