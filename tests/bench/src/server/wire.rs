//! Requests taken apart, answers put together: as little of S3's protocol as
//! its clients need.

use std::borrow::Cow;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderValue, LAST_MODIFIED};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Response, StatusCode};
use percent_encoding::percent_decode_str;

/// An answer.
pub(super) type Reply = Response<Full<Bytes>>;

pub(super) const XML_START: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
pub(super) const S3_NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// When every object was last modified; no figure depends on it.
pub(super) const MODIFIED: &str = "Thu, 01 Jan 2026 00:00:00 GMT";
pub(super) const MODIFIED_ISO: &str = "2026-01-01T00:00:00.000Z";

/// A request addressed by path: `/bucket/key?query`.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) method: &'a Method,
    pub(super) bucket: &'a str,
    pub(super) key: Cow<'a, str>,
    query: &'a str,
    pub(super) headers: &'a HeaderMap,
}

impl<'a> Call<'a> {
    pub(super) fn read(parts: &'a Parts) -> Self {
        let path = parts.uri.path().trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        Self {
            method: &parts.method,
            bucket,
            key: decode(key),
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
        }
    }

    /// Whether the query has this name, with or without a value.
    pub(super) fn asks(&self, name: &str) -> bool {
        self.pairs().any(|(found, _)| found == name)
    }

    /// A value of the query, decoded.
    pub(super) fn value(&self, name: &str) -> Option<Cow<'a, str>> {
        self.pairs().find(|(found, _)| *found == name).map(|(_, value)| {
            if value.contains('+') {
                Cow::Owned(decode(&value.replace('+', " ")).into_owned())
            } else {
                decode(value)
            }
        })
    }

    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }
}

fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('%') { percent_decode_str(text).decode_utf8_lossy() } else { text.into() }
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Reply {
    let mut reply = Reply::default();
    *reply.status_mut() = status;
    reply
}

pub(super) fn xml(document: String) -> Reply {
    let mut reply = Reply::new(Full::from(document));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    reply
}

pub(super) fn error(call: &Call<'_>, status: StatusCode, code: &str, message: &str) -> Reply {
    if call.method == Method::HEAD {
        return empty(status);
    }
    let mut reply = xml(format!(
        "{XML_START}<Error><Code>{code}</Code><Message>{message}</Message><RequestId>0</RequestId></Error>"
    ));
    *reply.status_mut() = status;
    reply
}

pub(super) fn slow_down(call: &Call<'_>) -> Reply {
    let message = "Please reduce your request rate.";
    error(call, StatusCode::SERVICE_UNAVAILABLE, "SlowDown", message)
}

pub(super) fn not_implemented(call: &Call<'_>) -> Reply {
    let message = "The benchmark server doesn't do this";
    error(call, StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
}

pub(super) fn not_found(call: &Call<'_>) -> Reply {
    error(call, StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist.")
}

pub(super) fn precondition_failed(call: &Call<'_>) -> Reply {
    let message = "At least one of the pre-conditions you specified did not hold";
    error(call, StatusCode::PRECONDITION_FAILED, "PreconditionFailed", message)
}

/// The headers that HEAD and GET tell of any object.
pub(super) fn describe(headers: &mut HeaderMap, etag: &str, size: u64) {
    set(headers, ETAG.as_str(), etag);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
    headers.insert(LAST_MODIFIED, HeaderValue::from_static(MODIFIED));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
}

/// Sets a header; a value that can't be one is left out.
pub(super) fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The body of CopyObject's and UploadPartCopy's answers.
pub(super) fn copy_result(root: &str, etag: &str) -> Reply {
    xml(format!(
        "{XML_START}<{root} xmlns=\"{S3_NAMESPACE}\"><LastModified>{MODIFIED_ISO}</LastModified><ETag>{}</ETag></{root}>",
        etag.replace('"', "&quot;")
    ))
}
