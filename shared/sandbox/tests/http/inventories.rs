use super::client::Sandbox;

fn document(id: &str, format: &str) -> String {
    format!(
        "<InventoryConfiguration><Destination><S3BucketDestination>\
         <Bucket>arn:aws:s3:::reports</Bucket><Format>{format}</Format></S3BucketDestination>\
         </Destination><IsEnabled>true</IsEnabled><Id>{id}</Id>\
         <IncludedObjectVersions>All</IncludedObjectVersions><Schedule><Frequency>Daily</Frequency>\
         </Schedule><OptionalFields><Field>Size</Field></OptionalFields></InventoryConfiguration>"
    )
}

#[test]
fn configurations_are_checked_and_given_back_as_they_came() {
    let sandbox = Sandbox::with_bucket();
    let put = |id: &str, body: &str| {
        sandbox.send("PUT", &format!("/bbb?inventory&id={id}"), &[], body.as_bytes())
    };
    let one = document("one", "CSV");
    put("one", &format!("<?xml version=\"1.0\"?>\n{one}\n")).ok();
    assert_eq!(sandbox.get("/bbb?inventory&id=one").ok().text(), one);
    for wrong in [
        document("other", "CSV"),
        document("one", "JSON"),
        one.replace("Daily", "Hourly"),
        one.replace("Size", "Colour"),
        one.replace("arn:aws:s3:::", ""),
        "<InventoryConfiguration>".to_owned(),
    ] {
        assert_eq!(put("one", &wrong).refusal(), (400, "MalformedXML".to_owned()), "{wrong}");
    }
    assert_eq!(put("a%20b", &one).refusal(), (400, "InvalidArgument".to_owned()));
    let none = || sandbox.get("/bbb?inventory&id=two").refusal();
    assert_eq!(none(), (404, "NoSuchConfiguration".to_owned()));
    let gone = sandbox.send("DELETE", "/bbb?inventory&id=two", &[], b"");
    assert_eq!(gone.refusal(), (404, "NoSuchConfiguration".to_owned()));
    assert_eq!(sandbox.get("/none?inventory").refusal().1, "NoSuchBucket");
    sandbox.send("DELETE", "/bbb?inventory&id=one", &[], b"").ok();
    assert!(!sandbox.get("/bbb?inventory").ok().text().contains("<Id>"));
}

#[test]
fn a_page_holds_a_hundred() {
    let sandbox = Sandbox::with_bucket();
    for n in 100..201 {
        let id = format!("n{n}");
        let path = format!("/bbb?inventory&id={id}");
        sandbox.send("PUT", &path, &[], document(&id, "ORC").as_bytes()).ok();
    }
    let first = sandbox.get("/bbb?inventory").ok();
    assert_eq!(first.text().matches("<Id>").count(), 100);
    assert_eq!(first.element("IsTruncated").as_deref(), Some("true"));
    let token = first.element("NextContinuationToken").expect("a token");
    let second = sandbox.get(&format!("/bbb?inventory&continuation-token={token}")).ok();
    assert_eq!(second.text().matches("<Id>n200").count(), 1);
    assert_eq!(second.element("IsTruncated").as_deref(), Some("false"));
}

#[test]
fn buckets_are_listed_in_pages_where_one_is_asked_for() {
    let sandbox = Sandbox::with_bucket();
    for name in ["aaa", "ccc"] {
        sandbox.send("PUT", &format!("/{name}"), &[], b"").ok();
    }
    let page = sandbox.get("/?max-buckets=2").ok();
    assert!(page.text().contains("<Name>bbb</Name>") && !page.text().contains("<Name>ccc</Name>"));
    let token = page.element("ContinuationToken").expect("a token");
    let rest = sandbox.get(&format!("/?max-buckets=2&continuation-token={token}")).ok();
    assert!(rest.text().contains("<Name>ccc</Name>") && !rest.text().contains("<Name>bbb</Name>"));
    assert_eq!(rest.element("ContinuationToken"), None);
}
