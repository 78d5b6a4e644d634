//! KMS's JSON 1.1 protocol.

use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

use super::body::Body;
use super::render::Reply;
use crate::model::{
    AliasLine, Code, Fault, KeyChange, KmsKey, KmsRequest, KmsResponse, Moment, Request,
    SYMMETRIC_DEFAULT,
};

/// The prefix of KMS's targets in `X-Amz-Target`.
pub(super) const TARGET: &str = "TrentService.";

/// Understands a request.
pub(super) fn route(operation: &str, body: &[u8]) -> Result<Request, Fault> {
    let invalid = |message: &str| Fault::new(Code::ValidationException, message);
    let input: Value =
        serde_json::from_slice(body).map_err(|_| invalid("The request is not valid JSON"))?;
    let text = |name: &str| input.get(name).and_then(Value::as_str).map(str::to_owned);
    let required = |name: &str| text(name).ok_or_else(|| invalid(&format!("{name} is missing")));
    let set_state = |change| Ok(KmsRequest::SetState { key: required("KeyId")?, change });
    let request = match operation {
        "CreateKey" => KmsRequest::CreateKey {
            description: text("Description").unwrap_or_default(),
            spec: text("KeySpec"),
            usage: text("KeyUsage"),
        },
        "DescribeKey" => KmsRequest::DescribeKey(required("KeyId")?),
        "ListKeys" => KmsRequest::ListKeys,
        "CreateAlias" => {
            KmsRequest::CreateAlias { alias: required("AliasName")?, key: required("TargetKeyId")? }
        }
        "ListAliases" => KmsRequest::ListAliases(text("KeyId")),
        "EnableKey" => set_state(KeyChange::Enable)?,
        "DisableKey" => set_state(KeyChange::Disable)?,
        "CancelKeyDeletion" => set_state(KeyChange::CancelDeletion)?,
        "ScheduleKeyDeletion" => KmsRequest::ScheduleKeyDeletion {
            key: required("KeyId")?,
            days: match input.get("PendingWindowInDays") {
                None => 30,
                Some(days) => {
                    let days = days.as_u64().and_then(|days| u32::try_from(days).ok());
                    days.ok_or_else(|| invalid("PendingWindowInDays is not a number of days"))?
                }
            },
        },
        other => {
            let message = format!("TrentService.{other} is not modelled");
            return Err(Fault::new(Code::NotImplemented, message));
        }
    };
    Ok(Request::Kms(request))
}

/// Writes an answer.
pub(super) fn reply(answer: KmsResponse) -> Reply {
    let document = match answer {
        KmsResponse::Key(key) => key_document(&key),
        KmsResponse::Keys(keys) => {
            let keys: Vec<_> = keys
                .iter()
                .map(|(id, arn)| json!({ "KeyId": id, "KeyArn": arn.as_ref() }))
                .collect();
            json!({ "Keys": keys, "Truncated": false })
        }
        KmsResponse::Aliases(lines) => {
            let aliases: Vec<_> = lines
                .iter()
                .map(|AliasLine { name, arn, key_id }| {
                    json!({ "AliasName": name, "AliasArn": arn, "TargetKeyId": key_id })
                })
                .collect();
            json!({ "Aliases": aliases, "Truncated": false })
        }
        KmsResponse::Done => json!({}),
    };
    let mut reply = Reply::new(Body::from(document.to_string()));
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    reply
}

fn seconds(moment: Moment) -> f64 {
    moment.millis() as f64 / 1000.0
}

/// The metadata of a key; deletions answer with a few of the same fields beside it.
fn key_document(key: &KmsKey) -> Value {
    let KmsKey {
        id,
        arn,
        account,
        region: _,
        state,
        spec,
        usage,
        manager,
        access: _,
        roles: _,
        description,
        created,
        deletion,
    } = key;
    let mut metadata = json!({
        "AWSAccountId": account,
        "KeyId": id,
        "Arn": arn.as_ref(),
        "CreationDate": seconds(*created),
        "Enabled": state.as_str() == "Enabled",
        "Description": description,
        "KeyUsage": usage,
        "KeyState": state.as_str(),
        "Origin": "AWS_KMS",
        "KeyManager": manager.as_str(),
        "CustomerMasterKeySpec": spec,
        "KeySpec": spec,
        "MultiRegion": false,
    });
    if spec == SYMMETRIC_DEFAULT {
        metadata["EncryptionAlgorithms"] = json!([SYMMETRIC_DEFAULT]);
    }
    let mut document = json!({ "KeyId": arn.as_ref(), "KeyState": state.as_str() });
    if let Some(deletion) = deletion {
        metadata["DeletionDate"] = json!(seconds(*deletion));
        document["DeletionDate"] = json!(seconds(*deletion));
    }
    document["KeyMetadata"] = metadata;
    document
}
