use serde_json::json;

use super::client::Sandbox;

fn with_parts(checksum: &serde_json::Value) -> Sandbox {
    let sandbox = Sandbox::with_bucket();
    let mut seed = json!({ "bucket": "bbb", "key": "k", "parts": [300, 200, 7] });
    if checksum.is_object() {
        seed["checksum"] = checksum.clone();
    }
    sandbox.admin("objects", &seed);
    sandbox
}

#[test]
fn a_part_is_looked_at_and_read_by_its_number() {
    let sandbox = with_parts(&json!(null));
    let whole = sandbox.get("/bbb/k").ok();
    assert_eq!(whole.header("x-amz-mp-parts-count"), None, "only with a part's number");
    for (number, range) in [(1, 0..300), (2, 300..500), (3, 500..507)] {
        let target = format!("/bbb/k?partNumber={number}");
        let head = sandbox.send("HEAD", &target, &[], b"").ok();
        assert_eq!(head.status, 206);
        assert_eq!(head.header("content-length"), Some(range.len().to_string().as_str()));
        assert_eq!(head.header("x-amz-mp-parts-count"), Some("3"));
        let shown = format!("bytes {}-{}/507", range.start, range.end - 1);
        assert_eq!(head.header("content-range"), Some(shown.as_str()));
        assert_eq!(sandbox.get(&target).ok().body, whole.body[range]);
    }
    assert_eq!(sandbox.send("HEAD", "/bbb/k?partNumber=4", &[], b"").status, 416);
    sandbox.send("PUT", "/bbb/one", &[], b"hello").ok();
    let one = sandbox.send("HEAD", "/bbb/one?partNumber=1", &[], b"").ok();
    assert_eq!(
        (one.header("x-amz-mp-parts-count"), one.header("content-length")),
        (None, Some("5"))
    );
    let both = sandbox.send("GET", "/bbb/k?partNumber=1", &[("range", "bytes=0-1")], b"");
    assert_eq!(both.refusal(), (400, "InvalidRequest".to_owned()));
}

#[test]
fn attributes_list_parts_only_where_they_have_checksums() {
    let wanted = ("x-amz-object-attributes", "ObjectParts");
    let plain = with_parts(&json!(null)).send("GET", "/bbb/k?attributes", &[wanted], b"").ok();
    assert_eq!(plain.element("PartsCount").as_deref(), Some("3"));
    assert_eq!(plain.elements("Part"), Vec::<String>::new());
    let sandbox = with_parts(&json!({ "algorithm": "SHA256", "type": "COMPOSITE" }));
    let page = |marker: &str| {
        let headers = [wanted, ("x-amz-max-parts", "2"), ("x-amz-part-number-marker", marker)];
        sandbox.send("GET", "/bbb/k?attributes", &headers, b"").ok()
    };
    let first = page("0");
    assert_eq!(first.elements("Size"), ["300", "200"]);
    assert_eq!(first.elements("PartNumber"), ["1", "2"]);
    assert_eq!(first.elements("ChecksumSHA256").len(), 2);
    assert_eq!(first.element("IsTruncated").as_deref(), Some("true"));
    let next = first.element("NextPartNumberMarker").expect("there is more");
    let second = page(&next);
    assert_eq!(second.elements("Size"), ["7"]);
    assert_eq!(second.element("IsTruncated").as_deref(), Some("false"));
    assert_eq!(second.element("PartsCount").as_deref(), Some("3"));
}
