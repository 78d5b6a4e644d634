//! The objects that are to be re-encrypted: canned answers and one bit.

use bytes::Bytes;
use hyper::header::HeaderValue;
use hyper::{Method, StatusCode};

use super::counters::Kind;
use super::state::{Sse, State};
use super::uploads;
use super::wire::{
    Call, Reply, S3_NAMESPACE, XML_START, copy_result, describe, empty, error, not_found,
    not_implemented, xml,
};

/// The largest object that S3 copies in one request.
const LARGEST_COPY: u64 = 5 << 30;

/// What is asked of an object.
pub(super) fn kind(call: &Call<'_>) -> Kind {
    if *call.method == Method::HEAD {
        return Kind::Head;
    }
    if call.asks("tagging") {
        return Kind::Tagging;
    }
    match *call.method {
        Method::PUT if call.asks("partNumber") => Kind::PartCopy,
        Method::PUT if call.asks("encryption") => Kind::Update,
        Method::PUT if call.headers.contains_key("x-amz-copy-source") => Kind::Copy,
        Method::POST if call.asks("uploads") => Kind::CreateUpload,
        Method::POST if call.asks("uploadId") => Kind::CompleteUpload,
        Method::DELETE if call.asks("uploadId") => Kind::AbortUpload,
        Method::GET if call.asks("uploadId") => Kind::ListParts,
        _ => Kind::OtherObject,
    }
}

/// Answers.
pub(super) fn answer(state: &State, call: &Call<'_>, kind: Kind, body: &Bytes) -> Reply {
    let Some(index) = state.keys.index(&call.key) else { return not_found(call) };
    match kind {
        Kind::Head => head(state, index),
        Kind::Copy => copy(state, call, index),
        Kind::Update => update(state, call, index, body),
        Kind::Tagging => tagging(call),
        Kind::CreateUpload => uploads::create(state, call),
        Kind::PartCopy => uploads::copy_part(call),
        Kind::CompleteUpload => uploads::complete(state, call, index),
        Kind::ListParts => uploads::list_parts(call),
        Kind::AbortUpload => empty(StatusCode::NO_CONTENT),
        _ => not_implemented(call),
    }
}

/// The tag changes with the encryption, as under KMS.
pub(super) fn etag(index: u64, done: bool) -> String {
    format!("\"{}{index:031x}\"", if done { 'e' } else { '0' })
}

fn head(state: &State, index: u64) -> Reply {
    let (sse, done) = state.encryption(index);
    let mut reply = empty(StatusCode::OK);
    let headers = reply.headers_mut();
    describe(headers, &etag(index, done), state.object_size);
    headers.insert("accept-ranges", HeaderValue::from_static("bytes"));
    sse.tell(headers);
    reply
}

fn copy(state: &State, call: &Call<'_>, index: u64) -> Reply {
    if state.object_size > LARGEST_COPY {
        let message = "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120";
        return error(call, StatusCode::BAD_REQUEST, "InvalidRequest", message);
    }
    let sse = Sse::asked(call.headers).unwrap_or_else(Sse::s3);
    state.re_encrypt(index, &sse);
    let mut reply = copy_result("CopyObjectResult", &etag(index, sse.is_kms()));
    sse.tell(reply.headers_mut());
    reply
}

fn update(state: &State, call: &Call<'_>, index: u64, body: &Bytes) -> Reply {
    let Some(sse) = update_asked(body) else { return not_implemented(call) };
    state.re_encrypt(index, &sse);
    empty(StatusCode::OK)
}

/// The encryption that UpdateObjectEncryption's document asks for.
pub(super) fn update_asked(body: &[u8]) -> Option<Sse> {
    let text = std::str::from_utf8(body).ok()?;
    let key = element(text, "KMSKeyArn")?;
    let bucket_key = element(text, "BucketKeyEnabled").unwrap_or("false");
    Some(Sse {
        algorithm: HeaderValue::from_static("aws:kms"),
        key: Some(HeaderValue::from_str(key).ok()?),
        bucket_key: HeaderValue::from_str(bucket_key).ok(),
    })
}

/// The text of the first element of this name.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once("</").map(|(value, _)| value)
}

fn tagging(call: &Call<'_>) -> Reply {
    if *call.method == Method::GET { tag_set("") } else { empty(StatusCode::OK) }
}

/// A tag set with these entries, already written as XML.
pub(super) fn tag_set(entries: &str) -> Reply {
    xml(format!(
        "{XML_START}<Tagging xmlns=\"{S3_NAMESPACE}\"><TagSet>{entries}</TagSet></Tagging>"
    ))
}
