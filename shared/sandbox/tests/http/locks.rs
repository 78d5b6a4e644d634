use serde_json::json;

use super::client::Sandbox;

const NS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
const LATER: &str = "2099-01-01T00:00:00Z";

fn lockable() -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.send("PUT", "/bbb", &[("x-amz-bucket-object-lock-enabled", "true")], b"").ok();
    sandbox
}

#[test]
fn a_bucket_made_with_object_lock_has_versions_and_says_so() {
    let sandbox = lockable();
    let configuration = sandbox.get("/bbb?object-lock").ok();
    assert_eq!(configuration.element("ObjectLockEnabled").as_deref(), Some("Enabled"));
    assert_eq!(sandbox.get("/bbb?versioning").ok().element("Status").as_deref(), Some("Enabled"));
    assert_eq!(sandbox.send("DELETE", "/bbb?object-lock", &[], b"").status, 405);
}

#[test]
fn retention_and_hold_travel_as_documents_and_headers() {
    let sandbox = lockable();
    let put = sandbox.send("PUT", "/bbb/k", &[], b"x").ok();
    let version = put.header("x-amz-version-id").expect("an id").to_owned();
    assert_eq!(
        sandbox.get("/bbb/k?retention").refusal(),
        (404, "NoSuchObjectLockConfiguration".to_owned())
    );
    let retention = |mode: &str, until: &str| {
        format!(
            "<Retention {NS}><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate>\
             </Retention>"
        )
    };
    let set = |headers: &[(&str, &str)], document: &str| {
        let target = format!("/bbb/k?retention&versionId={version}");
        sandbox.send("PUT", &target, headers, document.as_bytes())
    };
    set(&[], &retention("GOVERNANCE", LATER)).ok();
    let shown = sandbox.get("/bbb/k?retention").ok();
    assert_eq!(shown.element("Mode").as_deref(), Some("GOVERNANCE"));
    assert_eq!(shown.element("RetainUntilDate").as_deref(), Some("2099-01-01T00:00:00.000Z"));
    let empty = format!("<Retention {NS}/>");
    assert_eq!(set(&[], &empty).refusal(), (403, "AccessDenied".to_owned()));
    let hold = format!("<LegalHold {NS}><Status>ON</Status></LegalHold>");
    sandbox.send("PUT", "/bbb/k?legal-hold", &[], hold.as_bytes()).ok();
    assert_eq!(sandbox.get("/bbb/k?legal-hold").ok().element("Status").as_deref(), Some("ON"));
    let head = sandbox.send("HEAD", "/bbb/k", &[], b"").ok();
    assert_eq!(head.header("x-amz-object-lock-mode"), Some("GOVERNANCE"));
    assert_eq!(head.header("x-amz-object-lock-legal-hold"), Some("ON"));
    sandbox.send("PUT", "/bbb/k?legal-hold", &[], hold.replace("ON", "OFF").as_bytes()).ok();
    let delete = format!("/bbb/k?versionId={version}");
    assert_eq!(sandbox.send("DELETE", &delete, &[], b"").status, 403);
    let bypass = [("x-amz-bypass-governance-retention", "true")];
    set(&bypass, &empty).ok();
    set(&[], &retention("GOVERNANCE", LATER)).ok();
    sandbox.send("DELETE", &delete, &bypass, b"").ok();
    assert!(sandbox.dump("bbb").is_empty());
}

#[test]
fn headers_of_a_write_lock_its_version_and_denials_hide_that() {
    let sandbox = lockable();
    let headers = [
        ("x-amz-object-lock-mode", "COMPLIANCE"),
        ("x-amz-object-lock-retain-until-date", LATER),
        ("x-amz-object-lock-legal-hold", "ON"),
    ];
    sandbox.send("PUT", "/bbb/k", &headers, b"x").ok();
    sandbox.admin("deny", &json!({ "bucket": "bbb", "operations": ["GetObjectRetention"] }));
    let head = sandbox.send("HEAD", "/bbb/k", &[], b"").ok();
    assert_eq!(head.header("x-amz-object-lock-mode"), None);
    assert_eq!(head.header("x-amz-object-lock-retain-until-date"), None);
    assert_eq!(head.header("x-amz-object-lock-legal-hold"), Some("ON"));
    let event = [("x-amz-object-lock-event-hold", "ON")];
    assert_eq!(sandbox.send("PUT", "/bbb/k", &event, b"x").status, 501);
    let past = [headers[0], ("x-amz-object-lock-retain-until-date", "2001-01-01T00:00:00Z")];
    let refused = sandbox.send("PUT", "/bbb/k", &past, b"x");
    assert_eq!(refused.refusal(), (400, "InvalidArgument".to_owned()));
}
