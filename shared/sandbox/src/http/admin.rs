//! The routes under `/_sandbox/`, for tests and demos. JSON in, JSON out.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `GET stats` | | `{"operations": {"CopyObject": {"requests", "refused", "slowDown"}}, "slowDown"}` |
//! | `GET dump?bucket=B` | | NDJSON, one [`DumpLine`](crate::model::DumpLine) per version |
//! | `POST populate` | `{"objects": 1000, "seed": 1}` | the [`Summary`](crate::population::Summary) |
//! | `POST buckets` | `{"name", "owner", "region", "versioning": "Enabled", "ownership", "mfaDelete"}` | `{}` |
//! | `POST objects` | one object or a list, see below | `{"versions": ["…"]}` |
//! | `POST keys` | a new key, or `{"key": "alias/x", "state", "access"}` to change one | `{"arn"}` |
//! | `POST deny` | `{"bucket": "b" or null, "operations": ["CopyObject"]}` | `{}` |
//! | `POST limits` | `{"latencyMs": 5, "mutationsPerSecond": 100 or null}` | `{}` |
//! | `POST roles` | `{"arn": "arn:aws:iam::444455556666:role/reader"}`, which can then be assumed | `{}` |
//! | `POST transport` | `{"secure": false}`: requests count as sent without TLS | `{}` |
//! | `POST restores` | `{"millis": 0}`: how long restores take from now on | `{}` |
//!
//! An object: `bucket`, `key`; its bytes as `size` (made up), `parts` (a list of sizes)
//! or `text`; `encryption` as S3 Inventory names it (`NOT-SSE` by default) with `kmsKey`,
//! `bucketKey`, `customerKeyMd5`; `storageClass`, `archive`, `restore`
//! (`{"ready", "expiry"}`), `headers` (lower case),
//! `metadata`, `tags` (an object), `checksum` (`{"algorithm", "type"}`), `redirect`,
//! `retention` (`{"mode", "until"}`), `legalHold`; dates in milliseconds, as in
//! `lastModified`; `annotations` (an object); `owner` (an account or a canonical id), `grants` (a list of
//! `{"to", "permission"}`, `to` being the same or `AllUsers`, `AuthenticatedUsers`). Or `"deleteMarker": true`. A new key: `id`, `account`, `region`,
//! `alias`, `state`, `spec`, `usage`, `access` (`own-account`, `any-account`, `nobody`),
//! `deniedRoles` and `onlyRoles` (lists of role ARNs: who may not decrypt, or who alone may;
//! either replaces both), all optional. A bucket's `ownership` is a word of S3's ownership controls, or `none` for
//! none at all; it also changes a bucket that is there, as does `mfaDelete` (a boolean). A denial replaces the one before it for the same bucket.
//!
//! A field with an unknown name is refused, so that a misspelt one isn't lost.

use std::sync::Arc;
use std::time::Duration;

use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::body::Body;
use super::render::{self, Reply};
use super::service::{State, now};
use super::{codec, seeds};
use crate::model::{Fault, KeyScope, Limits, Ownership, Versioning};
use crate::population::{self, Plan};

/// Why an admin request was refused.
pub(super) struct Refusal(String);

impl Refusal {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self(fault.to_string())
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

pub(super) fn answer(
    state: &State,
    method: &Method,
    path: &str,
    query: Option<&str>,
    body: &[u8],
) -> Reply {
    let answer = match (method, path) {
        (&Method::GET, "stats") => Ok(stats(state)),
        (&Method::GET, "dump") => return dump(state, query.unwrap_or_default()),
        (&Method::POST, "populate") => populate(state, body),
        (&Method::POST, "buckets") => bucket(state, body),
        (&Method::POST, "objects") => objects(state, body),
        (&Method::POST, "keys") => seeds::key(&mut state.model(), body, now()),
        (&Method::POST, "deny") => deny(state, body),
        (&Method::POST, "roles") => role(state, body),
        (&Method::POST, "transport") => transport(state, body),
        (&Method::POST, "restores") => restores(state, body),
        (&Method::POST, "limits") => limits(state, body),
        _ => Err(Refusal::new(format!("there is no {method} /_sandbox/{path}"))),
    };
    match answer {
        Ok(document) => reply(StatusCode::OK, &document),
        Err(Refusal(message)) => reply(StatusCode::BAD_REQUEST, &json!({ "error": message })),
    }
}

fn reply(status: StatusCode, document: &Value) -> Reply {
    let mut reply = Reply::new(Body::from(document.to_string()));
    *reply.status_mut() = status;
    render::set(reply.headers_mut(), "content-type", "application/json");
    reply
}

pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    Ok(serde_json::from_slice(body)?)
}

fn stats(state: &State) -> Value {
    let model = state.model();
    let operations: serde_json::Map<_, _> = model
        .stats()
        .operations
        .iter()
        .map(|(name, counts)| {
            let crate::model::Counts { requests, refused, slow_down } = counts;
            let counts = json!({ "requests": requests, "refused": refused, "slowDown": slow_down });
            ((*name).to_owned(), counts)
        })
        .collect();
    json!({ "operations": operations, "slowDown": model.stats().slow_down() })
}

fn dump(state: &State, query: &str) -> Reply {
    let pairs = codec::parse_pairs(query).unwrap_or_default();
    let bucket = pairs.into_iter().find(|(name, _)| name == "bucket").map(|(_, bucket)| bucket);
    let Some(bucket) = bucket.filter(|bucket| state.model().dump(bucket, None, 0).is_some()) else {
        return reply(StatusCode::NOT_FOUND, &json!({ "error": "no such bucket" }));
    };
    let model = Arc::clone(&state.model);
    let mut reply = Reply::new(Body::Dump { model, bucket, after: None });
    render::set(reply.headers_mut(), "content-type", "application/x-ndjson");
    reply
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PopulateBody {
    objects: u64,
    #[serde(default)]
    seed: u64,
}

fn populate(state: &State, body: &[u8]) -> Result<Value, Refusal> {
    let PopulateBody { objects, seed } = read(body)?;
    let summary = population::populate(&mut state.model(), Plan { objects, seed }, now())?;
    Ok(serde_json::to_value(summary)?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct BucketBody {
    name: String,
    owner: Option<String>,
    region: Option<String>,
    versioning: Option<String>,
    ownership: Option<String>,
    mfa_delete: Option<bool>,
}

fn bucket(state: &State, body: &[u8]) -> Result<Value, Refusal> {
    let BucketBody { name, owner, region, versioning, ownership, mfa_delete } = read(body)?;
    let versioning = seeds::word("versioning", versioning, Versioning::parse)?;
    let ownership = seeds::word("ownership", ownership, |text| match text {
        "none" => Some(None),
        text => Ownership::parse(text).map(Some),
    })?;
    let mut model = state.model();
    let home = KeyScope {
        account: owner.unwrap_or_else(|| model.settings().account.clone()),
        region: region.unwrap_or_else(|| model.settings().region.clone()),
    };
    model.seed_bucket(&name, Some(home), versioning, now());
    if let Some(ownership) = ownership {
        model.set_ownership(&name, ownership)?;
    }
    if let Some(on) = mfa_delete {
        model.set_mfa_delete(&name, on)?;
    }
    Ok(json!({}))
}

fn objects(state: &State, body: &[u8]) -> Result<Value, Refusal> {
    let seeds: Vec<seeds::ObjectBody> = match read::<Value>(body)? {
        list @ Value::Array(_) => serde_json::from_value(list)?,
        one => vec![serde_json::from_value(one)?],
    };
    let mut model = state.model();
    let versions: Vec<_> = seeds
        .into_iter()
        .map(|seed| Ok(seed.plant(&mut model, now())?.to_string()))
        .collect::<Result<_, Refusal>>()?;
    Ok(json!({ "versions": versions }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DenyBody {
    bucket: Option<String>,
    operations: Vec<String>,
}

fn deny(state: &State, body: &[u8]) -> Result<Value, Refusal> {
    let DenyBody { bucket, operations } = read(body)?;
    state.model().deny(bucket.as_deref(), operations);
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleBody {
    arn: String,
}

fn role(state: &State, body: &[u8]) -> Result<Value, Refusal> {
    let RoleBody { arn } = read(body)?;
    state.model().seed_role(&arn)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TransportBody {
    secure: bool,
}

fn transport(state: &State, body: &[u8]) -> Result<Value, Refusal> {
    let TransportBody { secure } = read(body)?;
    state.model().set_secure_transport(secure);
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RestoresBody {
    millis: u32,
}

fn restores(state: &State, body: &[u8]) -> Result<Value, Refusal> {
    let RestoresBody { millis } = read(body)?;
    state.model().set_restore_duration(millis);
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct LimitsBody {
    latency_ms: Option<u64>,
    mutations_per_second: Option<u32>,
}

fn limits(state: &State, body: &[u8]) -> Result<Value, Refusal> {
    let LimitsBody { latency_ms, mutations_per_second } = read(body)?;
    state.set_latency(Duration::from_millis(latency_ms.unwrap_or(0)));
    state.model().set_limits(Limits { mutations_per_second });
    Ok(json!({}))
}
