use serde_json::json;

use super::client::Sandbox;

const ID: &str = "c2d4e6f80a1b3c5d7e9f00112233445566778899aabbccddeeff001122334455";

fn with_acls() -> Sandbox {
    let sandbox = Sandbox::with_bucket();
    sandbox.admin("buckets", &json!({ "name": "bbb", "ownership": "ObjectWriter" }));
    sandbox
}

fn permissions(sandbox: &Sandbox) -> Vec<String> {
    sandbox.get("/bbb/k?acl").ok().elements("Permission")
}

#[test]
fn acls_travel_as_headers_and_documents() {
    let sandbox = with_acls();
    sandbox.send("PUT", "/bbb/k", &[("x-amz-acl", "public-read")], b"x").ok();
    assert_eq!(permissions(&sandbox), ["FULL_CONTROL", "READ"]);
    let document = sandbox.get("/bbb/k?acl").ok().text();
    assert!(
        document.contains("xsi:type=\"Group\"><URI>http://acs.amazonaws.com/groups/global/All")
    );
    let grants = format!("id=\"{ID}\", uri=http://acs.amazonaws.com/groups/s3/LogDelivery");
    let headers = [("x-amz-grant-read-acp", grants.as_str()), ("x-amz-grant-write-acp", &grants)];
    sandbox.send("PUT", "/bbb/k?acl", &headers, b"").ok();
    assert_eq!(permissions(&sandbox), ["READ_ACP", "READ_ACP", "WRITE_ACP", "WRITE_ACP"]);
    sandbox.send("PUT", "/bbb/k?acl", &[], document.as_bytes()).ok();
    assert_eq!(sandbox.get("/bbb/k?acl").text(), document, "as it was");
    let line = sandbox.dump("bbb").remove(0);
    assert_eq!(line["grants"][1][0], "uri=http://acs.amazonaws.com/groups/global/AllUsers");
    let stolen = document.replacen(line["owner"].as_str().expect("an id"), ID, 1);
    let answer = sandbox.send("PUT", "/bbb/k?acl", &[], stolen.as_bytes());
    assert_eq!(answer.refusal(), (403, "AccessDenied".to_owned()));
    sandbox.send("PUT", "/bbb?acl", &[("x-amz-acl", "private")], b"").ok();
    assert_eq!(sandbox.get("/bbb?acl").ok().elements("Permission"), ["FULL_CONTROL"]);
}

#[test]
fn emails_mixtures_and_nonsense_are_refused() {
    let sandbox = with_acls();
    for (headers, expected) in [
        (vec![("x-amz-grant-read", "emailAddress=\"a@example.org\"")], (405, "MethodNotAllowed")),
        (vec![("x-amz-acl", "private"), ("x-amz-grant-read", ID)], (400, "InvalidArgument")),
        (vec![("x-amz-acl", "everybody")], (400, "InvalidArgument")),
        (vec![("x-amz-grant-read", "id=short")], (400, "InvalidArgument")),
        (vec![("x-amz-grant-read", "uri=http://example.org/")], (400, "InvalidArgument")),
    ] {
        let answer = sandbox.send("PUT", "/bbb/k", &headers, b"x");
        assert_eq!(answer.refusal(), (expected.0, expected.1.to_owned()), "{headers:?}");
    }
    let id = format!("id={ID}");
    let both = [("x-amz-acl", "private"), ("x-amz-grant-read", id.as_str())];
    let answer = sandbox.send("PUT", "/bbb/k", &both, b"x");
    assert_eq!(answer.refusal(), (400, "InvalidRequest".to_owned()));
    sandbox.send("PUT", "/bbb/k", &[], b"x").ok();
    let email = format!(
        "<AccessControlPolicy><Owner><ID>{ID}</ID></Owner><AccessControlList><Grant><Grantee>\
         <EmailAddress>a@b</EmailAddress></Grantee><Permission>READ</Permission></Grant>\
         </AccessControlList></AccessControlPolicy>"
    );
    let answer = sandbox.send("PUT", "/bbb/k?acl", &[], email.as_bytes());
    assert_eq!(answer.refusal().0, 405);
    let answer = sandbox.send("PUT", "/bbb/k?acl", &[], b"<AccessControlPolicy/>");
    assert_eq!(answer.refusal().1, "MalformedACLError");
}

#[test]
fn strangers_pay_where_the_bucket_says_so() {
    let sandbox = with_acls();
    sandbox.send("PUT", "/bbb/k", &[("x-amz-acl", "public-read")], b"x").ok();
    let pays =
        b"<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>";
    sandbox.send("PUT", "/bbb?requestPayment", &[], pays).ok();
    let payment = sandbox.get("/bbb?requestPayment").ok();
    assert_eq!(payment.element("Payer").as_deref(), Some("Requester"));
    let authorization = "AWS4-HMAC-SHA256 Credential=444455556666/20261121/us-east-1/s3/\
                         aws4_request, SignedHeaders=host, Signature=0";
    let stranger = ("authorization", authorization);
    assert_eq!(sandbox.send("GET", "/bbb/k", &[stranger], b"").refusal().0, 403);
    let payer = ("x-amz-request-payer", "requester");
    assert_eq!(sandbox.send("GET", "/bbb/k", &[stranger, payer], b"").ok().text(), "x");
    assert_eq!(sandbox.get("/bbb/k").ok().text(), "x");
}

#[test]
fn seeds_can_belong_to_others_and_be_granted() {
    let sandbox = with_acls();
    sandbox.admin(
        "objects",
        &json!({ "bucket": "bbb", "key": "k", "text": "x", "owner": "444455556666", "grants": [
            { "to": "444455556666", "permission": "FULL_CONTROL" },
            { "to": "111122223333", "permission": "READ" },
            { "to": "AllUsers", "permission": "READ_ACP" },
        ] }),
    );
    assert_eq!(permissions(&sandbox), ["FULL_CONTROL", "READ", "READ_ACP"]);
    assert_eq!(sandbox.get("/bbb/k").ok().text(), "x");
    assert_eq!(sandbox.get("/bbb/k?tagging").status, 403);
    let listing = sandbox.get("/bbb?versions").ok();
    assert_eq!(listing.element("ID"), sandbox.get("/bbb/k?acl").ok().element("ID"));
    sandbox.admin("buckets", &json!({ "name": "bbb", "ownership": "none" }));
    assert_eq!(sandbox.get("/bbb?ownershipControls").status, 404);
    let create = [("x-amz-object-ownership", "BucketOwnerPreferred")];
    sandbox.send("PUT", "/ccc", &create, b"").ok();
    let controls = sandbox.get("/ccc?ownershipControls").ok();
    assert_eq!(controls.element("ObjectOwnership").as_deref(), Some("BucketOwnerPreferred"));
}
