//! Requests as they leave, and the answers to HEAD that need a second look.

use reseal_core::ports::ObjectDetails as _;
use reseal_core::ports::{ListRequest, Lister, Scratch};
use reseal_core::{Target, Throttler, Versions};

use super::*;
use crate::canned::{Canned, KEY, OWNER, answer, error, object};

const HEAD: &[(&str, &str)] = &[
    ("etag", "\"e\""),
    ("content-length", "1"),
    ("last-modified", "Sat, 21 Nov 2026 20:53:00 GMT"),
];

#[tokio::test]
async fn hostile_keys_go_out_as_they_are() {
    for (key, path) in [
        ("/leading", "/my-bucket//leading"),
        ("a//b/", "/my-bucket/a//b/"),
        ("a/../b/./c", "/my-bucket/a/../b/./c"),
        ("../up", "/my-bucket/../up"),
        ("a+b c%2Fd", "/my-bucket/a%2Bb%20c%252Fd"),
        ("k?versionId=x#y", "/my-bucket/k%3FversionId%3Dx%23y"),
        ("new\nline\u{1}", "/my-bucket/new%0Aline%01"),
        ("é🚀", "/my-bucket/%C3%A9%F0%9F%9A%80"),
    ] {
        let server = Canned::serve([answer("200 OK", HEAD, "")]);
        server.store().await.head(&object(key, None)).await.expect("a head");
        assert_eq!(server.sent()[0].target, path, "{key:?}");
    }
}

#[tokio::test]
async fn head_names_version_and_owner_and_asks_kms_nothing() {
    let server = Canned::serve([answer("200 OK", HEAD, "")]);
    server.store().await.head(&object("k", Some("null"))).await.expect("a head");
    let sent = &server.sent()[0];
    assert_eq!(
        (sent.method.as_str(), sent.target.as_str()),
        ("HEAD", "/my-bucket/k?versionId=null")
    );
    assert_eq!(sent.header("x-amz-expected-bucket-owner"), Some(OWNER));
    assert_eq!(sent.header("x-amz-checksum-mode"), None);
}

#[tokio::test]
async fn update_sends_the_full_key_and_the_bucket_key() {
    let server = Canned::serve([answer("200 OK", &[], "")]);
    let target = KmsTarget { key: KEY.parse().expect("an ARN"), bucket_key: false };
    let done = server.store().await.update_encryption(&object("k", Some("v1")), &target).await;
    done.expect("updated");
    let sent = &server.sent()[0];
    assert_eq!(sent.method, "PUT");
    assert_eq!(sent.target, "/my-bucket/k?encryption&versionId=v1");
    assert!(sent.body.contains(&format!("<KMSKeyArn>{KEY}</KMSKeyArn>")), "{}", sent.body);
    assert!(sent.body.contains("<BucketKeyEnabled>false</BucketKeyEnabled>"), "{}", sent.body);
    assert_eq!(sent.header("x-amz-expected-bucket-owner"), Some(OWNER));
}

#[tokio::test]
async fn tags_are_read_whole() {
    let body = "<Tagging><TagSet><Tag><Key>b</Key><Value>2</Value></Tag>\
        <Tag><Key>a</Key><Value/></Tag></TagSet></Tagging>";
    let server = Canned::serve([answer("200 OK", &[], body)]);
    let tags = server.store().await.tags(&object("k", None)).await.expect("tags");
    assert_eq!(
        tags.into_iter().collect::<Vec<_>>(),
        [("a".into(), "".into()), ("b".into(), "2".into())]
    );
}

/// HEAD's refusal, and what the GET behind it says.
async fn refused(head: &str, get: Vec<u8>) -> StoreError {
    let server = Canned::serve([answer(head, &[("x-amz-request-id", "H")], ""), get]);
    let refused = server.store().await.head(&object("k", None)).await.expect_err("refused");
    let sent = server.sent();
    assert_eq!((sent[0].method.as_str(), sent[1].method.as_str()), ("HEAD", "GET"));
    assert_eq!(sent[1].header("range"), Some("bytes=0-0"));
    refused
}

#[tokio::test]
async fn a_bare_400_is_a_customer_key_only_when_get_says_so() {
    let bad = |code: &str, message: &str| error("400 Bad Request", code, message);
    let sse_c = "The object was stored using a form of Server Side Encryption. The correct \
        parameters must be provided to retrieve the object.";
    for (get, kind) in [
        (bad("InvalidRequest", sse_c), StoreErrorKind::CustomerKey),
        (bad("ExpiredToken", "The provided token has expired."), StoreErrorKind::Credentials),
        (bad("KMS.DisabledException", "the object's own key"), StoreErrorKind::Denied),
        (bad("AuthorizationHeaderMalformed", "wrong region"), StoreErrorKind::Invalid),
        (answer("206 Partial Content", HEAD, "x"), StoreErrorKind::Unavailable),
    ] {
        assert_eq!(refused("400 Bad Request", get).await.kind, kind);
    }
}

#[tokio::test]
async fn a_bare_403_is_about_the_object_unless_get_speaks_of_the_caller() {
    let denied = |code: &str| error("403 Forbidden", code, "no");
    for (get, kind) in [
        (denied("AccessDenied"), StoreErrorKind::Denied),
        (denied("InvalidAccessKeyId"), StoreErrorKind::Credentials),
        (denied("RequestTimeTooSkewed"), StoreErrorKind::Unavailable),
        (denied("SlowDown"), StoreErrorKind::Throttled(Throttler::ObjectStore)),
        (error("403 Forbidden", "AccessDenied", "kms:Decrypt"), StoreErrorKind::Denied),
    ] {
        assert_eq!(refused("403 Forbidden", get).await.kind, kind);
    }
}

#[tokio::test]
async fn what_is_gone_needs_no_second_look() {
    for status in ["404 Not Found", "405 Method Not Allowed"] {
        let server = Canned::serve([answer(status, &[("x-amz-delete-marker", "true")], "")]);
        let error = server.store().await.head(&object("k", Some("v"))).await.expect_err("gone");
        assert_eq!(error.kind, StoreErrorKind::Gone);
    }
}

#[tokio::test]
async fn listings_resume_by_key() {
    let body = "<ListBucketResult><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>\
        <Contents><Key>dir/a%2Bb+c</Key><LastModified>2026-11-21T20:53:00.000Z</LastModified>\
        <ETag>&quot;e&quot;</ETag><Size>3</Size><StorageClass>GLACIER</StorageClass></Contents>\
        </ListBucketResult>";
    let server = Canned::serve([answer("200 OK", &[], body)]);
    let bucket = "my-bucket".parse().expect("a bucket");
    let request = ListRequest {
        bucket: &bucket,
        prefix: "dir/",
        versions: Versions::Current,
        after: Some(("dir/a b&c", None)),
        limit: 5_000,
    };
    let page = server.store().await.list(&request).await.expect("a page");
    assert!(page.truncated);
    let entry = &page.entries[0];
    assert_eq!((entry.key.as_str(), entry.size), ("dir/a+b c", Some(3)));
    assert_eq!(entry.etag, Some(ETag::new("e")));
    let sent = &server.sent()[0];
    assert!(sent.target.starts_with("/my-bucket/?list-type=2"), "{}", sent.target);
    for part in ["start-after=dir%2Fa%20b%26c", "max-keys=1000", "encoding-type=url"] {
        assert!(sent.target.contains(part), "{part} in {}", sent.target);
    }
    assert_eq!(sent.header("x-amz-expected-bucket-owner"), Some(OWNER));
}

#[tokio::test]
async fn listings_of_versions_resume_by_key_and_version() {
    let none = "<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>";
    let server = Canned::serve([answer("200 OK", &[], none)]);
    let bucket = "my-bucket".parse().expect("a bucket");
    let version = reseal_core::VersionId::null();
    let request = ListRequest {
        bucket: &bucket,
        prefix: "",
        versions: Versions::All,
        after: Some(("k", Some(&version))),
        limit: 10,
    };
    let page = server.store().await.list(&request).await.expect("a page");
    assert!(page.entries.is_empty() && !page.truncated);
    let sent = &server.sent()[0];
    for part in ["versions", "key-marker=k", "version-id-marker=null", "max-keys=10"] {
        assert!(sent.target.contains(part), "{part} in {}", sent.target);
    }
}

#[tokio::test]
async fn scratch_objects_are_only_written_where_nothing_is() {
    let server = Canned::serve([answer("200 OK", &[("x-amz-version-id", "v")], "")]);
    let scratch = object(".reseal-probe/a", None);
    let version = server.store().await.put(&scratch, b"probe", &Target::SseS3).await;
    assert_eq!(version.expect("written").expect("a version").as_str(), "v");
    let sent = &server.sent()[0];
    assert_eq!((sent.header("if-none-match"), sent.body.as_str()), (Some("*"), "probe"));
    assert_eq!(sent.header("x-amz-server-side-encryption"), Some("AES256"));
    for name in ["x-amz-checksum-crc32", "x-amz-trailer", "x-amz-sdk-checksum-algorithm"] {
        assert_eq!(sent.header(name), None, "{name} would change the object's checksum");
    }
}

#[tokio::test]
async fn scratch_refuses_other_keys_before_anything_is_sent() {
    let server = Canned::serve([]);
    let (store, data) = (server.store().await, object("data", None));
    assert!(store.put(&data, b"", &Target::SseS3).await.is_err());
    assert!(store.get(&data).await.is_err());
    let error = store.delete(&data).await.expect_err("refused");
    assert_eq!(error.code, "NotScratch");
    assert!(server.sent().is_empty());
}
