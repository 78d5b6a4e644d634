use super::client::{Sandbox, decode_listed, encode};

const HOSTILE: [&str; 22] = [
    "plain",
    "new\nline",
    "carriage\rreturn",
    "tab\t",
    "control\u{1}\u{1f}\u{7f}",
    "100%",
    "%2F",
    "a+b",
    "a b",
    "key?versionId=null",
    "a&b=c#d",
    "../up",
    "./here",
    "..",
    "in/../side",
    "double//slash",
    "/leading",
    "trailing/",
    "emoji-🔐",
    "e\u{301}",
    "\u{e9}",
    "<tag>&amp;\"'",
];

#[test]
fn every_key_survives_the_path_the_listing_and_the_copy_source() {
    let sandbox = Sandbox::with_bucket();
    for key in HOSTILE {
        sandbox.send("PUT", &format!("/bbb/{}", encode(key)), &[], key.as_bytes()).ok();
    }
    let listing = sandbox.get("/bbb?list-type=2&encoding-type=url").ok();
    let mut listed: Vec<_> = listing.elements("Key").iter().map(|key| decode_listed(key)).collect();
    let mut expected = HOSTILE.map(str::to_owned).to_vec();
    expected.sort();
    assert_eq!(listed, expected, "in the order of their bytes");
    let versions = sandbox.get("/bbb?versions&encoding-type=url").ok();
    listed = versions.elements("Key").iter().map(|key| decode_listed(key)).collect();
    assert_eq!(listed, expected);
    for key in HOSTILE {
        let target = format!("/bbb/{}", encode(key));
        let source = format!("bbb/{}", encode(key));
        let headers =
            [("x-amz-copy-source", source.as_str()), ("x-amz-server-side-encryption", "AES256")];
        sandbox.send("PUT", &target, &headers, b"").ok();
        assert_eq!(sandbox.get(&target).ok().body, key.as_bytes(), "{key:?}");
    }
    assert_eq!(sandbox.dump("bbb").len(), HOSTILE.len(), "no key went astray");
}

#[test]
fn a_version_is_split_off_the_copy_source_before_decoding() {
    let sandbox = Sandbox::with_bucket();
    sandbox.send("PUT", "/bbb/k%3FversionId%3Dnull", &[], b"the odd one").ok();
    sandbox.send("PUT", "/bbb/k", &[], b"the plain one").ok();
    let copy = |source: &str| {
        sandbox.send("PUT", "/bbb/copy", &[("x-amz-copy-source", source)], b"").ok();
        sandbox.get("/bbb/copy").text()
    };
    assert_eq!(copy("/bbb/k%3FversionId%3Dnull"), "the odd one");
    assert_eq!(copy("bbb/k?versionId=null"), "the plain one");
    assert_eq!(copy("bbb/k%3FversionId%3Dnull?versionId=null"), "the odd one");
}

#[test]
fn control_characters_are_references_in_plain_listings() {
    let sandbox = Sandbox::with_bucket();
    sandbox.send("PUT", "/bbb/%01%0A%3C", &[], b"").ok();
    let listing = sandbox.get("/bbb?list-type=2").ok();
    assert_eq!(listing.element("Key").as_deref(), Some("&#x1;&#xa;&lt;"));
}

#[test]
fn a_path_that_is_not_utf8_is_refused() {
    let sandbox = Sandbox::with_bucket();
    let answer = sandbox.send("PUT", "/bbb/%FF", &[], b"");
    assert_eq!(answer.status, 400);
}

#[test]
fn continuation_tokens_lead_through_all_pages() {
    let sandbox = Sandbox::with_bucket();
    for number in 0..7 {
        sandbox.send("PUT", &format!("/bbb/k%20{number}"), &[], b"").ok();
    }
    let mut target = "/bbb?list-type=2&max-keys=3".to_owned();
    let mut keys = Vec::new();
    loop {
        let page = sandbox.get(&target).ok();
        keys.extend(page.elements("Key"));
        match page.element("NextContinuationToken") {
            Some(token) => {
                target = format!("/bbb?list-type=2&max-keys=3&continuation-token={token}");
            }
            None => break,
        }
    }
    assert_eq!(keys.len(), 7);
    let wrong = sandbox.get("/bbb?list-type=2&continuation-token=k%200");
    assert_eq!((wrong.status, wrong.element("Code").as_deref()), (400, Some("InvalidArgument")));
}

#[test]
fn buckets_are_also_found_in_the_host_name() {
    let sandbox = Sandbox::with_bucket();
    sandbox.send("PUT", "/bbb/k", &[], b"hello").ok();
    let host = [("host", "bbb.localhost:1234")];
    assert_eq!(sandbox.send("GET", "/k", &host, b"").ok().text(), "hello");
}
