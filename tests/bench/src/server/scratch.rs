//! The probe's scratch objects, with real semantics: conditions, tags,
//! encryption, bodies. Few and small, so cost doesn't matter here.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, StatusCode};

use super::objects::{tag_set, update_asked};
use super::state::Sse;
use super::wire::{
    Call, MODIFIED_ISO, Reply, S3_NAMESPACE, XML_START, copy_result, describe, empty, not_found,
    not_implemented, precondition_failed, xml,
};

/// Where scratch objects lie.
const PREFIX: &str = ".reseal-probe/";

/// Whether the key is a scratch object's.
pub(super) fn is_scratch(key: &str) -> bool {
    key.starts_with(PREFIX)
}

/// Whether a listing is of scratch objects alone.
pub(super) fn is_listed(call: &Call<'_>) -> bool {
    call.value("prefix").is_some_and(|prefix| is_scratch(&prefix))
}

#[derive(Clone, Debug)]
struct Scratch {
    etag: String,
    body: Bytes,
    sse: Sse,
    tags: String,
}

/// All of them, by bucket and key.
#[derive(Debug, Default)]
pub(super) struct Scratches {
    objects: BTreeMap<(String, String), Scratch>,
    written: u64,
}

impl Scratches {
    pub(super) fn answer(&mut self, call: &Call<'_>, body: &Bytes) -> Reply {
        let copies = call.headers.contains_key("x-amz-copy-source");
        match *call.method {
            Method::HEAD => self.with(call, |found| head(found, Bytes::new())),
            Method::GET if call.asks("tagging") => self.with(call, |found| tags(&found.tags)),
            Method::GET => self.with(call, |found| head(found, found.body.clone())),
            Method::PUT if call.asks("encryption") => self.update(call, body),
            Method::PUT if copies => self.copy(call),
            Method::PUT => self.put(call, body),
            Method::DELETE => {
                self.objects.remove(&name(call));
                empty(StatusCode::NO_CONTENT)
            }
            _ => not_implemented(call),
        }
    }

    fn with(&self, call: &Call<'_>, answer: impl Fn(&Scratch) -> Reply) -> Reply {
        self.objects.get(&name(call)).map_or_else(|| not_found(call), answer)
    }

    fn put(&mut self, call: &Call<'_>, body: &Bytes) -> Reply {
        if call.header("if-none-match") == Some("*") && self.objects.contains_key(&name(call)) {
            return precondition_failed(call);
        }
        let sse = Sse::asked(call.headers).unwrap_or_else(Sse::s3);
        let tags = call.header("x-amz-tagging").unwrap_or_default().to_owned();
        let etag = self.next_etag();
        let mut reply = empty(StatusCode::OK);
        super::wire::set(reply.headers_mut(), "etag", &etag);
        sse.tell(reply.headers_mut());
        self.objects.insert(name(call), Scratch { etag, body: body.clone(), sse, tags });
        reply
    }

    /// A copy onto itself, the only one that the probe makes.
    fn copy(&mut self, call: &Call<'_>) -> Reply {
        let Some(mut found) = self.objects.get(&name(call)).cloned() else {
            return not_found(call);
        };
        let holds = |header| call.header(header).is_none_or(|etag| etag == found.etag);
        if !holds("if-match") || !holds("x-amz-copy-source-if-match") {
            return precondition_failed(call);
        }
        if call.header("x-amz-tagging-directive") == Some("REPLACE") {
            found.tags = call.header("x-amz-tagging").unwrap_or_default().to_owned();
        }
        found.sse = Sse::asked(call.headers).unwrap_or_else(Sse::s3);
        found.etag = self.next_etag();
        let mut reply = copy_result("CopyObjectResult", &found.etag);
        found.sse.tell(reply.headers_mut());
        self.objects.insert(name(call), found);
        reply
    }

    fn update(&mut self, call: &Call<'_>, body: &Bytes) -> Reply {
        let Some(found) = self.objects.get_mut(&name(call)) else { return not_found(call) };
        let Some(sse) = update_asked(body) else { return not_implemented(call) };
        found.sse = sse;
        empty(StatusCode::OK)
    }

    /// All scratch objects under a prefix, as objects or as versions `null`.
    pub(super) fn list(&self, call: &Call<'_>) -> Reply {
        let prefix = call.value("prefix").unwrap_or_default();
        let found = self
            .objects
            .iter()
            .filter(|((bucket, key), _)| bucket == call.bucket && key.starts_with(prefix.as_ref()));
        let versions = call.asks("versions");
        let (root, entry, extra) = if versions {
            let extra = "<VersionId>null</VersionId><IsLatest>true</IsLatest>";
            ("ListVersionsResult", "Version", extra)
        } else {
            ("ListBucketResult", "Contents", "")
        };
        let mut entries = String::new();
        for ((_, key), scratch) in found {
            let Scratch { etag, body, .. } = scratch;
            let (etag, size) = (etag.trim_matches('"'), body.len());
            let _ = write!(
                entries,
                "<{entry}><Key>{key}</Key>{extra}<LastModified>{MODIFIED_ISO}</LastModified><ETag>&quot;{etag}&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></{entry}>"
            );
        }
        xml(format!(
            "{XML_START}<{root} xmlns=\"{S3_NAMESPACE}\"><Name>{}</Name><Prefix>{prefix}</Prefix><IsTruncated>false</IsTruncated>{entries}</{root}>",
            call.bucket
        ))
    }

    fn next_etag(&mut self) -> String {
        self.written += 1;
        format!("\"5c{:030x}\"", self.written)
    }
}

fn name(call: &Call<'_>) -> (String, String) {
    (call.bucket.to_owned(), call.key.clone().into_owned())
}

fn head(found: &Scratch, body: Bytes) -> Reply {
    let Scratch { etag, sse, tags, body: whole } = found;
    let mut reply = Reply::new(Full::from(body));
    describe(reply.headers_mut(), etag, whole.len() as u64);
    sse.tell(reply.headers_mut());
    let count = tags.split('&').filter(|tag| !tag.is_empty()).count();
    if count > 0 {
        super::wire::set(reply.headers_mut(), "x-amz-tagging-count", &count.to_string());
    }
    reply
}

/// The tags as a document. The probe's need no decoding.
fn tags(tags: &str) -> Reply {
    let mut entries = String::new();
    for (key, value) in tags.split('&').filter_map(|tag| tag.split_once('=')) {
        let _ = write!(entries, "<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    }
    tag_set(&entries)
}
