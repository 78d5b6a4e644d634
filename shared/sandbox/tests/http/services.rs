use serde_json::{Value, json};

use super::client::Sandbox;

fn kms(sandbox: &Sandbox, operation: &str, body: &Value) -> (u16, Value) {
    let target = format!("TrentService.{operation}");
    let headers =
        [("x-amz-target", target.as_str()), ("content-type", "application/x-amz-json-1.1")];
    let answer = sandbox.send("POST", "/", &headers, body.to_string().as_bytes());
    (answer.status, serde_json::from_slice(&answer.body).expect("JSON"))
}

#[test]
fn kms_makes_describes_and_retires_keys() {
    let sandbox = Sandbox::start();
    let (status, made) = kms(&sandbox, "CreateKey", &json!({ "Description": "mine" }));
    assert_eq!(status, 200);
    let id = &made["KeyMetadata"]["KeyId"];
    let alias = json!({ "AliasName": "alias/mine", "TargetKeyId": id });
    assert_eq!(kms(&sandbox, "CreateAlias", &alias).0, 200);
    let (_, described) = kms(&sandbox, "DescribeKey", &json!({ "KeyId": "alias/mine" }));
    let metadata = &described["KeyMetadata"];
    assert_eq!(metadata["KeyState"], "Enabled");
    assert_eq!(metadata["KeySpec"], "SYMMETRIC_DEFAULT");
    assert_eq!(metadata["KeyManager"], "CUSTOMER");
    assert_eq!(metadata["MultiRegion"], false);
    assert!(
        metadata["Arn"]
            .as_str()
            .expect("text")
            .starts_with("arn:aws:kms:us-east-1:111122223333:key/")
    );
    assert_eq!(kms(&sandbox, "DisableKey", &json!({ "KeyId": id })).0, 200);
    let (status, scheduled) = kms(&sandbox, "ScheduleKeyDeletion", &json!({ "KeyId": id }));
    assert_eq!((status, &scheduled["KeyState"]), (200, &json!("PendingDeletion")));
    let (status, refused) = kms(&sandbox, "EnableKey", &json!({ "KeyId": id }));
    assert_eq!((status, &refused["__type"]), (400, &json!("KMSInvalidStateException")));
    let (status, missing) = kms(&sandbox, "DescribeKey", &json!({ "KeyId": "alias/none" }));
    assert_eq!((status, &missing["__type"]), (400, &json!("NotFoundException")));
    let (_, keys) = kms(&sandbox, "ListKeys", &json!({}));
    assert_eq!(keys["Keys"].as_array().map(Vec::len), Some(1));
    let (_, aliases) = kms(&sandbox, "ListAliases", &json!({}));
    assert_eq!(aliases["Aliases"][0]["AliasName"], "alias/mine");
}

#[test]
fn sts_tells_the_callers_account() {
    let sandbox = Sandbox::start();
    let body = b"Action=GetCallerIdentity&Version=2011-06-15";
    let own = sandbox.send("POST", "/", &[], body).ok();
    assert_eq!(own.element("Account").as_deref(), Some("111122223333"));
    let authorization = "AWS4-HMAC-SHA256 Credential=444455556666/20261121/us-east-1/sts/\
                         aws4_request, SignedHeaders=host, Signature=0";
    let other = sandbox.send("POST", "/", &[("authorization", authorization)], body).ok();
    assert_eq!(other.element("Account").as_deref(), Some("444455556666"));
}

#[test]
fn a_stopped_server_takes_no_more_connections() {
    let mut sandbox = Sandbox::start();
    let address = sandbox.address;
    assert!(address.ip().is_loopback());
    sandbox.stop();
    assert!(std::net::TcpStream::connect(address).is_err());
}
