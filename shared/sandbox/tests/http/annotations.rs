use serde_json::json;

use super::client::Sandbox;

#[test]
fn annotations_travel_as_bodies_headers_and_lists() {
    let sandbox = Sandbox::with_bucket();
    sandbox
        .send(
            "PUT",
            "/bbb?versioning",
            &[],
            b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
        )
        .ok();
    let put = sandbox.send("PUT", "/bbb/k", &[], b"x").ok();
    let version = put.header("x-amz-version-id").expect("an id").to_owned();
    let target = format!("/bbb/k?annotation&versionId={version}&annotationName=a%20b");
    let checksum = [("x-amz-checksum-crc32", "y/Q5Jg==")];
    let put = sandbox.send("PUT", &target, &checksum, b"123456789").ok();
    assert_eq!(put.element("AnnotationName").as_deref(), Some("a b"));
    assert_eq!(put.header("x-amz-object-version-id"), Some(version.as_str()));
    assert_eq!(put.header("x-amz-checksum-crc32"), Some("y/Q5Jg=="));
    assert_eq!(put.header("x-amz-server-side-encryption"), Some("AES256"));
    let get = sandbox.send("GET", &target, &[("x-amz-checksum-mode", "ENABLED")], b"").ok();
    assert_eq!(get.text(), "123456789");
    assert_eq!(get.header("etag"), put.header("etag"));
    assert_eq!(get.header("x-amz-checksum-crc32"), Some("y/Q5Jg=="));
    assert!(get.header("last-modified").is_some());
    sandbox.send("PUT", "/bbb/k?annotation&annotationName=c", &[], b"x").ok();
    let page = sandbox.get("/bbb/k?annotation&max-annotation-results=1").ok();
    assert!(page.text().contains("<ListObjectAnnotationsOutput"));
    assert_eq!(page.elements("AnnotationName"), ["a b"]);
    assert_eq!(page.element("Size").as_deref(), Some("9"));
    let token = page.element("NextContinuationToken").expect("there is more");
    let rest = sandbox.get(&format!("/bbb/k?annotation&continuation-token={token}")).ok();
    assert_eq!(
        (rest.elements("AnnotationName"), rest.element("AnnotationCount").as_deref()),
        (vec!["c".to_owned()], Some("1"))
    );
    let none = sandbox.get("/bbb/k?annotation&annotation-prefix=z").ok();
    assert_eq!(none.element("AnnotationCount").as_deref(), Some("0"));
    let stale = [("x-amz-object-if-match", "\"x\"")];
    assert_eq!(sandbox.send("DELETE", &target, &stale, b"").status, 412);
    assert_eq!(sandbox.send("DELETE", &target, &[], b"").status, 204);
    assert_eq!(sandbox.get(&target).refusal(), (404, "NoSuchAnnotation".to_owned()));
    let binary = sandbox.send("PUT", &target, &[], &[0xff]);
    assert_eq!(binary.refusal(), (415, "UnsupportedMediaType".to_owned()));
}

#[test]
fn a_copy_is_told_in_a_header_or_the_query_to_leave_them() {
    let sandbox = Sandbox::with_bucket();
    let seed = json!({ "bucket": "bbb", "key": "k", "text": "x", "annotations": { "a": "note" } });
    sandbox.admin("objects", &seed);
    let copy = |target: &str, more: &[(&str, &str)]| {
        let mut headers = vec![("x-amz-copy-source", "bbb/k")];
        headers.extend_from_slice(more);
        sandbox.send("PUT", target, &headers, b"")
    };
    let exclude = ("x-amz-object-annotation-directive", "EXCLUDE");
    copy("/bbb/plain", &[]).ok();
    copy("/bbb/header", &[exclude]).ok();
    copy("/bbb/query?x-amz-object-annotation-directive=EXCLUDE", &[]).ok();
    assert_eq!(copy("/bbb/wrong", &[(exclude.0, "REPLACE")]).refusal().1, "InvalidArgument");
    let dump = sandbox.dump("bbb");
    let with: Vec<_> = dump
        .iter()
        .filter(|line| line["annotations"]["a"] == "note")
        .map(|line| line["key"].as_str().expect("a key"))
        .collect();
    assert_eq!(with, ["k", "plain"]);
}
