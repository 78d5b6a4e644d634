//! Listings as they come over the wire.

use reseal_core::ports::ListRequest;

use super::*;
use crate::canned::{Canned, answer, error};

const BOTH: [Versions; 2] = [Versions::Current, Versions::All];

pub(super) async fn listed(store: &S3Store, versions: Versions) -> Result<ListPage, StoreError> {
    let bucket = &"my-bucket".parse().expect("a bucket");
    store.list(&ListRequest { bucket, prefix: "", versions, after: None, limit: 7 }).await
}

async fn answered(versions: Versions, bytes: Vec<u8>) -> Result<ListPage, StoreError> {
    let server = Canned::serve([bytes]);
    let page = listed(&server.store().await, versions).await;
    server.sent();
    page
}

fn document(versions: Versions, contents: &str) -> String {
    let root = match versions {
        Versions::Current => "ListBucketResult",
        Versions::All => "ListVersionsResult",
    };
    format!("<{root}>{contents}</{root}>")
}

/// A page that is the last.
pub(super) fn last(versions: Versions, contents: &str) -> String {
    document(versions, &format!("<IsTruncated>false</IsTruncated>{contents}"))
}

fn entry(versions: Versions, fields: &str) -> String {
    match versions {
        Versions::Current => format!("<Contents>{fields}</Contents>"),
        Versions::All => format!("<Version>{fields}</Version>"),
    }
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

#[tokio::test]
async fn a_listing_that_cannot_go_on_is_no_end() {
    for versions in BOTH {
        let more = document(versions, "<IsTruncated>true</IsTruncated>");
        let error = answered(versions, answer("200 OK", &[], &more)).await.expect_err("refused");
        assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error}");
        let none = answered(versions, answer("200 OK", &[], &last(versions, ""))).await;
        assert_eq!(none, Ok(ListPage::default()));
    }
}

#[tokio::test]
async fn a_listing_that_turns_in_circles_is_refused() {
    let bucket = &"my-bucket".parse().expect("a bucket");
    let version = VersionId::new("v");
    for (versions, version) in [(Versions::Current, None), (Versions::All, Some(&version))] {
        let contents = entry(versions, "<Key>k</Key><VersionId>v</VersionId>");
        let page = last(versions, &contents);
        let after = Some(("k", version));
        let request = ListRequest { bucket, prefix: "", versions, after, limit: 7 };
        let more = page.replace("false", "true");
        let server = Canned::serve([&more, &page].map(|page| answer("200 OK", &[], page)));
        let store = server.store().await;
        let error = store.list(&request).await.expect_err("refused");
        assert_eq!(error.kind, StoreErrorKind::Invalid, "{error}");
        assert_eq!(store.list(&request).await.expect("the last").entries.len(), 1);
    }
}

/// It won't say so the next time either.
#[tokio::test]
async fn a_page_that_does_not_say_whether_it_is_the_last_is_refused() {
    for versions in BOTH {
        for entries in ["", &entry(versions, "<Key>a</Key>")] {
            let silent = answer("200 OK", &[], &document(versions, entries));
            let error = answered(versions, silent).await.expect_err("refused");
            assert_eq!(error.kind, StoreErrorKind::Invalid, "{error}");
            assert!(error.message.contains("IsTruncated"), "{error}");
        }
    }
}

/// S3 begins to answer a long listing before it knows whether it can.
#[tokio::test]
async fn a_refusal_behind_a_200_is_what_it_says() {
    for versions in BOTH {
        let said = |answer| async move { answered(versions, answer).await.expect_err("refused") };
        let slow = said(error("200 OK", "SlowDown", "Reduce your request rate")).await;
        let bare = error("503 Slow Down", "SlowDown", "Reduce your request rate");
        assert_eq!(slow, said(bare).await);
        let gone = said(error("200 OK", "NoSuchBucket", "a &amp; b")).await;
        assert_eq!((gone.kind, gone.message.as_str()), (StoreErrorKind::BucketGone, "a & b"));
        assert_eq!(gone.request_id.as_deref(), Some("REQ1"));
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_is_asked_for_again() {
    for versions in BOTH {
        let keys = ["a", "photos/2026"].map(|key| entry(versions, &format!("<Key>{key}</Key>")));
        let whole = last(versions, &keys.concat());
        let after = |text: &str| &whole[..whole.find(text).expect("it is there") + text.len()];
        let behind_the_first = &whole[..whole.len() / 2];
        for answer in [
            // By a proxy that counted what it had.
            answer("200 OK", &[], behind_the_first),
            answer("200 OK", &[], after(&keys[0])),
            answer("200 OK", &[], after(&keys[1])),
            answer("200 OK", &[], after("photos/2")),
            // By a connection that broke.
            answer("200 OK", &[("content-length", &whole.len().to_string())], after(&keys[0])),
            answer("200 OK", &[], ""),
            answer("200 OK", &[], "<html>\u{7}Sign in</html>"),
        ] {
            let error = answered(versions, answer).await.expect_err("no page");
            assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error}");
            assert!(!error.to_string().contains(char::is_control), "{error:?}");
        }
        let page = answered(versions, answer("200 OK", &[], &whole)).await.expect("a page");
        assert_eq!(page.entries.len(), 2);
    }
}

/// Within one second, only the answer's own order and S3's marker tell which
/// version a page ended with.
#[tokio::test]
async fn versions_stay_in_the_order_of_the_answer() {
    let fields = |id: &str, is_latest: bool| {
        format!(
            "<Key>a</Key><VersionId>{id}</VersionId><IsLatest>{is_latest}</IsLatest>\
             <LastModified>2026-11-21T20:53:00.000Z</LastModified>"
        )
    };
    let marker = |id: &str| format!("<DeleteMarker>{}</DeleteMarker>", fields(id, false));
    let version = |id: &str| entry(Versions::All, &fields(id, id == "5"));
    let entries = [version("5"), marker("4"), version("3"), marker("2"), version("1")].concat();
    let page = last(Versions::All, &entries).replace("false</IsT", "true</IsT");
    let ends = "<NextVersionIdMarker>1</NextVersionIdMarker><Version>";
    let page = page.replacen("<Version>", ends, 1);
    let page = answered(Versions::All, answer("200 OK", &[], &page)).await.expect("a page");
    let ids = page.entries.iter().filter_map(|e| e.version.as_ref().map(VersionId::as_str));
    assert_eq!(ids.collect::<Vec<_>>(), ["5", "4", "3", "2", "1"]);
    let latest = page.entries.iter().map(|entry| entry.is_latest);
    assert_eq!(latest.collect::<Vec<_>>(), [true, false, false, false, false]);
    let markers = page.entries.iter().filter(|entry| entry.is_delete_marker);
    assert_eq!((page.truncated, markers.count()), (true, 2));
}
