//! Bodies as AWS documents them, and hostile ones.

use reseal_core::BucketName;
use serde_json::{Value, json};

use super::{Event, read_event};
use crate::inventory::Destination;

fn to() -> Destination {
    Destination { bucket: bucket("reports"), prefix: Some("a/b".to_owned()) }
}

fn bucket(name: &str) -> BucketName {
    name.parse().expect("a bucket's name")
}

/// As in S3's user guide, "Event message structure".
fn notification(event: &str, bucket: &str, key: &str) -> Value {
    json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-west-2",
        "eventTime": "1970-01-01T00:00:00.000Z", "eventName": event,
        "userIdentity": { "principalId": "AIDAJDPLRKLG7UEXAMPLE" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": { "x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "FMyUVURIY8" },
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": "testConfigRule",
            "bucket": { "name": bucket, "ownerIdentity": { "principalId": "A3NL1KOZZKExample" },
                        "arn": format!("arn:aws:s3:::{bucket}") },
            "object": { "key": key, "size": 1024, "eTag": "d41d8cd98f00b204e9800998ecf8427e",
                        "versionId": "096fKKXTRTtl3on89fVO.nfljtsv6qko",
                        "sequencer": "0055AED6DCD90281E5" },
        },
    }] })
}

/// As in S3's user guide, "EventBridge event message structure".
fn created(bucket: &str, key: &str) -> Value {
    json!({
        "version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created", "source": "aws.s3", "account": "111122223333",
        "time": "2021-11-12T00:00:00Z", "region": "ca-central-1",
        "resources": [format!("arn:aws:s3:::{bucket}")],
        "detail": {
            "version": "0", "bucket": { "name": bucket },
            "object": { "key": key, "size": 5, "etag": "b1946ac92492d2347c6235b4d2611184",
                        "version-id": "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
                        "sequencer": "617f08299329d189" },
            "request-id": "N4N7GDK58NMKJ12R", "requester": "123456789012",
            "source-ip-address": "1.2.3.4", "reason": "PutObject",
        },
    })
}

fn call(name: &str, parameters: &Value) -> Value {
    json!({
        "version": "0", "id": "36eb8523-97d0-4518-b33d-ee3579ff19f0",
        "detail-type": "AWS API Call via CloudTrail", "source": "aws.s3",
        "account": "123456789012", "time": "2016-02-20T01:09:13Z", "region": "us-east-1",
        "resources": [],
        "detail": { "eventVersion": "1.03", "eventSource": "s3.amazonaws.com",
                    "eventName": name, "requestParameters": parameters },
    })
}

fn read(body: &Value) -> Vec<Event> {
    read_event(&body.to_string()).expect("readable")
}

fn whereto(body: &Value) -> Vec<BucketName> {
    read(body).iter().filter_map(|event| event.whereto(&to())).collect()
}

#[test]
fn a_report_leads_to_its_source_by_either_of_its_last_files() {
    for name in ["manifest.checksum", "manifest.json"] {
        let key = format!("a/b/stock/reseal/2026-11-20T01-00Z/{name}");
        assert_eq!(whereto(&created("reports", &key)), [bucket("stock")]);
        let encoded = format!("a/b/stock/reseal/2026-11-20T01-00Z/{name}").replace('b', "%62");
        let notified = notification("ObjectCreated:Put", "reports", &encoded);
        assert_eq!(whereto(&notified), [bucket("stock")]);
        assert_eq!(whereto(&created("reports", &encoded)), [], "EventBridge's keys are raw");
    }
}

#[test]
fn keys_of_notifications_are_decoded_once() {
    let key = |text| match &read(&notification("ObjectCreated:Put", "b", text))[..] {
        [Event::Created { key, .. }] => key.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(key("a+b%2Bc%252F"), "a b+c%2F");
    let broken = notification("ObjectCreated:Put", "b", "%FF");
    assert!(read_event(&broken.to_string()).is_err());
}

#[test]
fn tags_lead_to_their_bucket() {
    for name in ["PutBucketTagging", "DeleteBucketTagging"] {
        let body = call(name, &json!({ "bucketName": "stock", "Host": "s3.amazonaws.com" }));
        assert_eq!(whereto(&body), [bucket("stock")]);
    }
    for name in ["TagResource", "UntagResource"] {
        let body = call(name, &json!({ "resourceArn": "arn:aws:s3:::stock" }));
        assert_eq!(whereto(&body), [bucket("stock")]);
        let arn = "arn:aws:s3:us-east-1:1:accesspoint/stock";
        assert_eq!(whereto(&call(name, &json!({ "resourceArn": arn }))), []);
    }
    assert!(read_event(&call("PutBucketTagging", &Value::Null).to_string()).is_err());
    assert_eq!(whereto(&call("DeleteBucket", &json!({ "bucketName": "stock" }))), []);
}

#[test]
fn the_test_event_and_others_are_known_as_such() {
    let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent",
                       "Time": "2014-10-13T15:57:02.089Z", "Bucket": "reports" });
    assert_eq!(read(&test), [Event::Test]);
    let removed = notification("ObjectRemoved:Delete", "reports", "x");
    assert!(matches!(&read(&removed)[..], [Event::Other(_)]));
}

#[test]
fn nothing_outside_of_the_destination_is_looked_for() {
    let date = "2026-11-20T01-00Z";
    for (bucket, key) in [
        ("elsewhere", format!("a/b/stock/reseal/{date}/manifest.json")),
        ("reports", format!("a/c/stock/reseal/{date}/manifest.json")),
        ("reports", format!("stock/reseal/{date}/manifest.json")),
        ("reports", format!("a/b/stock/theirs/{date}/manifest.json")),
        ("reports", format!("a/b/stock/reseal/{date}/symlink.txt")),
        ("reports", format!("a/b/stock/reseal/{date}/x/manifest.json")),
        ("reports", "a/b/stock/reseal/data/manifest.json".to_owned()),
        ("reports", format!("a/b/../reseal/{date}/manifest.json")),
        ("reports", format!("a/b/NOT A BUCKET/reseal/{date}/manifest.json")),
        ("reports", String::new()),
    ] {
        assert_eq!(whereto(&created(bucket, &key)), [], "{bucket}/{key}");
    }
}

#[test]
fn hostile_bodies_are_errors() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "{\"Records\":{}}",
        "{\"Records\":[{}]}",
        "{\"Records\":[{\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectCreated:Put\"}]}",
        "{\"detail-type\":\"Object Created\",\"source\":\"aws.s3\",\"detail\":7}",
        "{\"detail-type\":1}",
        &"[".repeat(100_000),
        &"{\"Records\":".repeat(10_000),
    ] {
        assert!(read_event(body).is_err(), "{}", &body[..body.len().min(80)]);
    }
}
