//! Copies in parts, as they go over the wire.

use reseal_core::ports::ObjectStore;
use reseal_core::{ETag, PartRange, Target};

use super::*;
use crate::canned::{Canned, OWNER, answer, error, object};

#[tokio::test]
async fn a_part_pins_its_source() {
    let body = "<CopyPartResult><ETag>&quot;p1&quot;</ETag><ChecksumSHA256>abc=</ChecksumSHA256>\
        </CopyPartResult>";
    let server = Canned::serve([answer("200 OK", &[], body)]);
    let (object, id) = (object("a b", None), UploadId("up".to_owned()));
    let request = PartRequest {
        upload: UploadRef { object: &object, id: &id },
        from: &object.at(Some(VersionId::new("v1"))),
        target: &Target::SseS3,
        source: SourceGuard::ETag(ETag::new("old")),
        range: PartRange { number: 2, first: 100, last: 199 },
    };
    let part = server.store().await.copy_part(&request).await.expect("copied");
    assert_eq!((part.number, part.etag.as_str(), part.size), (2, "p1", None));
    assert_eq!(part.checksum, Some(("ChecksumSHA256".to_owned(), "abc=".to_owned())));
    let sent = &server.sent()[0];
    assert!(sent.target.contains("partNumber=2") && sent.target.contains("uploadId=up"));
    for (name, value) in [
        ("x-amz-copy-source", "my-bucket/a%20b?versionId=v1"),
        ("x-amz-copy-source-range", "bytes=100-199"),
        ("x-amz-copy-source-if-match", "\"old\""),
        ("x-amz-expected-bucket-owner", OWNER),
        ("x-amz-source-expected-bucket-owner", OWNER),
    ] {
        assert_eq!(sent.header(name), Some(value), "{name}");
    }
}

#[test]
fn a_small_whole_source_is_copied_without_a_range() {
    let header = |first, last| range_header(&PartRange { number: 1, first, last });
    assert_eq!(header(0, 46), None);
    assert_eq!(header(0, MIN_PART - 2), None);
    assert_eq!(header(0, MIN_PART - 1).as_deref(), Some("bytes=0-5242879"));
    assert_eq!(header(MIN_PART, MIN_PART).as_deref(), Some("bytes=5242880-5242880"));
}

fn parts_page(number: u32, next: Option<u32>) -> Vec<u8> {
    let next = next.map(|next| format!("<NextPartNumberMarker>{next}</NextPartNumberMarker>"));
    let more = format!(
        "<IsTruncated>{}</IsTruncated>{}",
        next.is_some(),
        next.as_deref().unwrap_or_default()
    );
    let part = format!(
        "<Part><PartNumber>{number}</PartNumber><ETag>\"p{number}\"</ETag><Size>7</Size></Part>"
    );
    answer("200 OK", &[], &format!("<ListPartsResult>{more}{part}</ListPartsResult>"))
}

#[tokio::test]
async fn all_pages_of_parts_are_read() {
    let server = Canned::serve([parts_page(1, Some(1)), parts_page(2, None)]);
    let (object, id) = (object("k", None), UploadId("up".to_owned()));
    let upload = UploadRef { object: &object, id: &id };
    let parts = server.store().await.list_parts(&upload).await.expect("parts");
    let told: Vec<_> = parts.iter().map(|p| (p.number, p.size)).collect();
    assert_eq!(told, [(1, Some(7)), (2, Some(7))]);
    assert!(server.sent()[1].target.contains("part-number-marker=1"));
}

#[tokio::test]
async fn a_list_of_parts_that_turns_in_circles_is_refused() {
    let server = Canned::serve([parts_page(1, Some(1)), parts_page(1, Some(1))]);
    let (object, id) = (object("k", None), UploadId("up".to_owned()));
    let upload = UploadRef { object: &object, id: &id };
    let error = server.store().await.list_parts(&upload).await.expect_err("refused");
    assert_eq!(error.kind, StoreErrorKind::Invalid);
}

/// Parts that aren't listed are copied again, or an upload left for unfinished.
#[tokio::test]
async fn a_list_of_parts_that_may_not_be_all_is_refused() {
    let (object, id) = (object("k", None), UploadId("up".to_owned()));
    let upload = UploadRef { object: &object, id: &id };
    for said in ["", "<IsTruncated>true</IsTruncated>"] {
        let body = format!("<ListPartsResult>{said}</ListPartsResult>");
        let server = Canned::serve([answer("200 OK", &[], &body)]);
        let error = server.store().await.list_parts(&upload).await.expect_err("refused");
        assert_eq!(error.kind, StoreErrorKind::Invalid, "{error}");
    }
}

fn part(number: u32) -> PartReceipt {
    let checksum = Some(("ChecksumCRC32".to_owned(), format!("sum{number}")));
    PartReceipt { number, etag: ETag::new(&format!("p{number}")), size: None, checksum }
}

#[tokio::test]
async fn completion_is_conditional_and_checked() {
    let body = "<CompleteMultipartUploadResult><ETag>&quot;new-2&quot;</ETag>\
        </CompleteMultipartUploadResult>";
    let told = [("x-amz-version-id", "v2"), ("x-amz-server-side-encryption", "AES256")];
    let server = Canned::serve([answer("200 OK", &told, body)]);
    let (object, id) = (object("k", None), UploadId("up".to_owned()));
    let upload = UploadRef { object: &object, id: &id };
    let guard = DestinationGuard::ETag(ETag::new("old"));
    let parts = [part(2), part(1)];
    let receipt = server.store().await.complete_upload(&upload, &parts, 200, guard).await;
    let receipt = receipt.expect("completed");
    assert_eq!((receipt.etag.as_str(), receipt.version), ("new-2", Some(VersionId::new("v2"))));
    assert_eq!(receipt.encryption, Some(reseal_core::Encryption::SseS3));
    let sent = &server.sent()[0];
    assert_eq!(sent.header("if-match"), Some("\"old\""));
    assert_eq!(sent.header("x-amz-mp-object-size"), Some("200"));
    assert_eq!(sent.header("x-amz-expected-bucket-owner"), Some(OWNER));
    let (first, second) = (sent.body.find("sum1"), sent.body.find("sum2"));
    assert!(first.is_some() && first < second, "in order: {}", sent.body);
    assert!(sent.body.contains("<ChecksumCRC32>sum1</ChecksumCRC32>"), "{}", sent.body);
}

#[tokio::test]
async fn a_completion_that_failed_in_its_200_is_told_by_its_code() {
    let (object, id) = (object("k", None), UploadId("up".to_owned()));
    let upload = UploadRef { object: &object, id: &id };
    for (reply, kind) in [
        (error("200 OK", "InternalError", "sorry"), StoreErrorKind::Ambiguous),
        (error("200 OK", "PreconditionFailed", "no"), StoreErrorKind::PreconditionFailed),
        (answer("200 OK", &[], ""), StoreErrorKind::Ambiguous),
        (error("404 Not Found", "NoSuchUpload", "gone"), StoreErrorKind::UploadGone),
        (error("409 Conflict", "ConditionalRequestConflict", "now"), StoreErrorKind::Conflict),
    ] {
        let server = Canned::serve([reply]);
        let guard = DestinationGuard::ETag(ETag::new("old"));
        let done = server.store().await.complete_upload(&upload, &[part(1)], 7, guard).await;
        assert_eq!(done.expect_err("failed").kind, kind);
    }
}

#[tokio::test]
async fn an_abort_names_its_upload() {
    let server = Canned::serve([answer("204 No Content", &[], "")]);
    let (object, id) = (object("k", None), UploadId("u/p".to_owned()));
    let upload = UploadRef { object: &object, id: &id };
    server.store().await.abort_upload(&upload).await.expect("aborted");
    let sent = &server.sent()[0];
    assert_eq!(sent.method, "DELETE");
    assert!(sent.target.contains("uploadId=u%2Fp"), "{}", sent.target);
}
