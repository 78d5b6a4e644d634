//! The bodies of events, read strictly: S3's own notifications, and what
//! EventBridge passes on of S3 and of CloudTrail.

use reseal_core::BucketName;
use serde::Deserialize;
use serde_json::Value;

use crate::inventory::Destination;
use crate::sources::form_decoded;

/// What a body says, which may be a lie: enough to know which bucket to look
/// at, and nothing that is acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// An object was made. The key is as S3 has it.
    Created { bucket: String, key: String },
    /// A bucket's own tags may have changed.
    Tags { bucket: String },
    /// What S3 sends when notifications are set up.
    Test,
    /// Something else that happened.
    Other(String),
}

impl Event {
    /// The bucket that is to be looked at: one that was tagged, or the source
    /// of one of our reports, when the last file of it that S3 writes, or the
    /// one before, is there.
    pub(crate) fn whereto(&self, to: &Destination) -> Option<BucketName> {
        match self {
            Self::Created { bucket, key } => to.source_of(bucket, key),
            Self::Tags { bucket } => bucket.parse().ok(),
            Self::Test | Self::Other(_) => None,
        }
    }
}

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_source: String,
    event_name: String,
    s3: Option<Made>,
}

#[derive(Deserialize)]
struct Made {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
}

#[derive(Deserialize)]
struct Passed {
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    event_source: String,
    event_name: String,
    #[serde(default)]
    request_parameters: Value,
}

/// What a body says: of a notification, one event for each record.
///
/// # Errors
/// One line, where it is none of the bodies that are known.
pub(crate) fn read_event(body: &str) -> Result<Vec<Event>, String> {
    let value: Value = serde_json::from_str(body).map_err(|error| format!("no JSON: {error}"))?;
    let Some(fields) = value.as_object() else { return Err("no JSON object".to_owned()) };
    if fields.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        return Ok(vec![Event::Test]);
    }
    if fields.contains_key("Records") {
        let Notification { records } = of("a notification", value)?;
        return records.into_iter().map(notified).collect();
    }
    if fields.contains_key("detail-type") {
        return passed_on(of("an event of EventBridge", value)?).map(|event| vec![event]);
    }
    Err("neither a notification of S3 nor an event of EventBridge".to_owned())
}

fn of<T: serde::de::DeserializeOwned>(what: &str, value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("not {what} as documented: {error}"))
}

/// Keys in notifications are form-encoded.
fn notified(record: Record) -> Result<Event, String> {
    let Record { event_source, event_name, s3 } = record;
    if event_source != "aws:s3" || !event_name.starts_with("ObjectCreated:") {
        return Ok(Event::Other(format!("{event_source} {event_name}")));
    }
    let Some(Made { bucket, object }) = s3 else {
        return Err(format!("{event_name} without an object"));
    };
    let key = form_decoded(&object.key).map_err(|error| format!("its key: {error}"))?;
    Ok(Event::Created { bucket: bucket.name, key })
}

/// Keys in EventBridge's events are as they are.
fn passed_on(passed: Passed) -> Result<Event, String> {
    let Passed { source, detail_type, detail } = passed;
    match (source.as_str(), detail_type.as_str()) {
        ("aws.s3", "Object Created") => {
            let Made { bucket, object } = of("an object that was created", detail)?;
            Ok(Event::Created { bucket: bucket.name, key: object.key })
        }
        ("aws.s3", "AWS API Call via CloudTrail") => called(of("a call", detail)?),
        _ => Ok(Event::Other(format!("{source} {detail_type}"))),
    }
}

fn called(call: Call) -> Result<Event, String> {
    let Call { event_source, event_name, request_parameters } = call;
    let parameter = |name: &str| request_parameters.get(name).and_then(Value::as_str);
    let bucket = match (event_source.as_str(), event_name.as_str()) {
        ("s3.amazonaws.com", "PutBucketTagging" | "DeleteBucketTagging") => parameter("bucketName"),
        ("s3.amazonaws.com", "TagResource" | "UntagResource") => {
            let name = parameter("resourceArn").and_then(|arn| arn.splitn(6, ':').nth(5));
            // Access points and the like have a path, and no tags of a bucket.
            if name.is_some_and(|name| name.contains('/')) {
                return Ok(Event::Other(format!("{event_name} of something else")));
            }
            name
        }
        _ => return Ok(Event::Other(format!("{event_source} {event_name}"))),
    };
    match bucket {
        Some(bucket) => Ok(Event::Tags { bucket: bucket.to_owned() }),
        None => Err(format!("{event_name} without a bucket")),
    }
}

#[cfg(test)]
mod tests;
