use super::client::Sandbox;

const MD5_OF_HELLO: &str = "\"5d41402abc4b2a76b9719d911017c592\"";

#[test]
fn what_is_put_comes_back_with_its_headers() {
    let sandbox = Sandbox::with_bucket();
    let headers = [
        ("content-type", "text/plain"),
        ("expires", "whenever you like"),
        ("x-amz-meta-owner", "me"),
        ("x-amz-tagging", "a=1&b%20c=2+3"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-website-redirect-location", "/elsewhere"),
    ];
    let put = sandbox.send("PUT", "/bbb/k", &headers, b"hello").ok();
    assert_eq!(put.header("etag"), Some(MD5_OF_HELLO));
    assert_eq!(put.header("x-amz-server-side-encryption"), Some("AES256"));
    let head = sandbox.send("HEAD", "/bbb/k", &[], b"").ok();
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-length"), Some("5"));
    assert_eq!(head.header("x-amz-tagging-count"), Some("2"));
    for (name, value) in headers.iter().filter(|(name, _)| *name != "x-amz-tagging") {
        assert_eq!(head.header(name), Some(*value), "{name}");
    }
    let tags = sandbox.get("/bbb/k?tagging").ok();
    assert_eq!(tags.elements("Key"), ["a", "b c"]);
    assert_eq!(tags.elements("Value"), ["1", "2 3"]);
}

#[test]
fn chunked_uploads_are_unwrapped_and_their_trailers_counted() {
    let sandbox = Sandbox::with_bucket();
    let headers = [
        ("content-encoding", "gzip,aws-chunked"),
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-decoded-content-length", "9"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
    ];
    let body = |checksum: &str| {
        format!(
            "5\r\n12345\r\n4;chunk-signature=abc\r\n6789\r\n0\r\nx-amz-checksum-crc32:{checksum}\r\n\r\n"
        )
    };
    sandbox.send("PUT", "/bbb/k", &headers, body("y/Q5Jg==").as_bytes()).ok();
    let get = sandbox.send("GET", "/bbb/k", &[("x-amz-checksum-mode", "ENABLED")], b"").ok();
    assert_eq!(get.text(), "123456789");
    assert_eq!(get.header("content-encoding"), Some("gzip"));
    assert_eq!(get.header("x-amz-checksum-crc32"), Some("y/Q5Jg=="));
    assert_eq!(get.header("x-amz-checksum-type"), Some("FULL_OBJECT"));
    let wrong = sandbox.send("PUT", "/bbb/k", &headers, body("AAAAAA==").as_bytes());
    assert_eq!((wrong.status, wrong.element("Code").as_deref()), (400, Some("BadDigest")));
    let short = sandbox.send("PUT", "/bbb/k", &headers, b"5\r\n1234");
    assert_eq!(short.status, 400);
}

#[test]
fn ranges_of_generated_objects_are_served() {
    let sandbox = Sandbox::with_bucket();
    let seed = serde_json::json!({ "bucket": "bbb", "key": "k", "size": 200_000 });
    sandbox.admin("objects", &seed);
    let whole = sandbox.get("/bbb/k").ok();
    assert_eq!((whole.status, whole.body.len()), (200, 200_000));
    let range = sandbox.send("GET", "/bbb/k", &[("range", "bytes=70000-140001")], b"");
    assert_eq!(range.status, 206);
    assert_eq!(range.header("content-range"), Some("bytes 70000-140001/200000"));
    assert_eq!(range.body, whole.body[70_000..=140_001]);
    let beyond = sandbox.send("GET", "/bbb/k", &[("range", "bytes=200000-")], b"");
    assert_eq!((beyond.status, beyond.element("Code").as_deref()), (416, Some("InvalidRange")));
}

#[test]
fn refusals_are_xml_and_bodiless_for_head() {
    let sandbox = Sandbox::with_bucket();
    let get = sandbox.get("/bbb/none");
    assert_eq!((get.status, get.element("Code").as_deref()), (404, Some("NoSuchKey")));
    assert_eq!(get.header("x-amz-request-id"), get.element("RequestId").as_deref());
    let head = sandbox.send("HEAD", "/bbb/none", &[], b"");
    assert_eq!((head.status, head.body.len()), (404, 0));
    sandbox.send("PUT", "/bbb/k", &[], b"hello").ok();
    let same = sandbox.send("GET", "/bbb/k", &[("if-none-match", MD5_OF_HELLO)], b"");
    assert_eq!((same.status, same.body.len()), (304, 0));
    let since = ("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(sandbox.send("GET", "/bbb/k", &[since], b"").status, 412);
    let customer = serde_json::json!({
        "bucket": "bbb", "key": "c", "encryption": "SSE-C", "customerKeyMd5": "x"
    });
    sandbox.admin("objects", &customer);
    let head = sandbox.send("HEAD", "/bbb/c", &[], b"");
    assert_eq!((head.status, head.body.len()), (400, 0), "a bodiless 400 for SSE-C");
    let owner = ("x-amz-expected-bucket-owner", "999999999999");
    assert_eq!(sandbox.send("HEAD", "/bbb", &[owner], b"").status, 403);
}

#[test]
fn a_copy_tells_what_it_read_and_what_it_wrote() {
    let sandbox = Sandbox::with_bucket();
    let arn = sandbox.admin("keys", &serde_json::json!({ "alias": "alias/k" }))["arn"].to_string();
    let arn = arn.trim_matches('"');
    let enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    sandbox.send("PUT", "/bbb?versioning", &[], enabled).ok();
    let put = sandbox.send("PUT", "/bbb/k", &[], b"hello").ok();
    let headers = [
        ("x-amz-copy-source", "bbb/k"),
        ("x-amz-copy-source-if-match", MD5_OF_HELLO),
        ("if-match", MD5_OF_HELLO),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "alias/k"),
        ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
    ];
    let copy = sandbox.send("PUT", "/bbb/k", &headers, b"").ok();
    assert_eq!(copy.header("x-amz-copy-source-version-id"), put.header("x-amz-version-id"));
    assert!(copy.header("x-amz-version-id").is_some());
    assert_eq!(copy.header("x-amz-server-side-encryption"), Some("aws:kms"));
    assert_eq!(copy.header("x-amz-server-side-encryption-aws-kms-key-id"), Some(arn));
    assert_eq!(copy.header("x-amz-server-side-encryption-bucket-key-enabled"), Some("true"));
    assert_ne!(
        copy.element("ETag").as_deref(),
        Some("&quot;5d41402abc4b2a76b9719d911017c592&quot;")
    );
    let again = sandbox.send("PUT", "/bbb/k", &headers, b"");
    assert_eq!((again.status, again.element("Code").as_deref()), (412, Some("PreconditionFailed")));
}

#[test]
fn an_update_is_read_from_its_document_and_never_taken_for_a_put() {
    let sandbox = Sandbox::with_bucket();
    let arn =
        sandbox.admin("keys", &serde_json::json!({}))["arn"].as_str().expect("text").to_owned();
    sandbox.send("PUT", "/bbb/k", &[], b"hello").ok();
    let body = format!(
        "<ObjectEncryption xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><SSE-KMS>\
         <KMSKeyArn>{arn}</KMSKeyArn><BucketKeyEnabled>true</BucketKeyEnabled></SSE-KMS>\
         </ObjectEncryption>"
    );
    let update = sandbox.send("PUT", "/bbb/k?encryption", &[], body.as_bytes()).ok();
    assert_eq!(update.header("x-amz-server-side-encryption"), None, "the answer proves nothing");
    let get = sandbox.get("/bbb/k").ok();
    assert_eq!(get.text(), "hello");
    assert_eq!(get.header("etag"), Some(MD5_OF_HELLO));
    assert_eq!(get.header("x-amz-server-side-encryption"), Some("aws:kms"));
    let sse_s3 = b"<ObjectEncryption><SSE-S3/></ObjectEncryption>";
    let refused = sandbox.send("PUT", "/bbb/k?encryption", &[], sse_s3);
    assert_eq!((refused.status, refused.element("Code").as_deref()), (400, Some("InvalidRequest")));
    for unknown in ["restore", "torrent"] {
        let answer = sandbox.send("PUT", &format!("/bbb/k?{unknown}"), &[], b"<x/>");
        assert_eq!(answer.status, 501, "{unknown}");
    }
    let conditional = sandbox.send("DELETE", "/bbb/k", &[("if-match", "\"x\"")], b"");
    assert_eq!(conditional.status, 501);
    assert_eq!(sandbox.get("/bbb/k").text(), "hello");
}
