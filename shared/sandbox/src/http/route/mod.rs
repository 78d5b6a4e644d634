//! What a request means: method, path and query into one of the model's requests.
//!
//! Owns the table of S3's REST operations. Must never take an operation that it
//! doesn't know for another one: a PUT with an unknown subresource is refused,
//! not stored as an object. Next: `documents` for the bodies that carry XML.

mod annotations;
mod buckets;
mod documents;
mod inventory;
mod objects;

use hyper::Method;

pub(super) use buckets::close_token;
pub(super) use documents::is_quiet;

use super::wire::Call;
use crate::model::{Code, Fault, Request};

/// Subresources that S3 has and this skin doesn't, in the query of some request.
const UNMODELLED: [&str; 22] = [
    "abac",
    "acl",
    "analytics",
    "annotation",
    "attributes",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "metadataConfiguration",
    "metadataTable",
    "metrics",
    "renameObject",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploads",
    "versioning",
    "versions",
];

/// Understands a request.
pub(super) fn route(call: &mut Call) -> Result<Request, Fault> {
    match (call.bucket.clone(), call.key.clone()) {
        (None, _) if call.method == Method::GET => Ok(Request::ListBuckets),
        (None, _) => Err(not_allowed()),
        (Some(bucket), None) => buckets::route(call, bucket),
        (Some(bucket), Some(key)) => objects::route(call, bucket, key),
    }
}

fn not_allowed() -> Fault {
    Fault::new(Code::MethodNotAllowed, "The specified method is not allowed against this resource.")
}

/// Refuses a request whose query names a subresource that nobody routed.
fn refuse_subresource(call: &Call) -> Result<(), Fault> {
    let unrouted =
        |name: &str| UNMODELLED.contains(&name) || crate::model::Aspect::parse(name).is_some();
    match call.query_names().find(|name| unrouted(name)) {
        None => Ok(()),
        Some(name) => Err(Fault::new(
            Code::NotImplemented,
            format!("{} ?{name} is not modelled here", call.method),
        )),
    }
}

fn malformed() -> Fault {
    Fault::new(
        Code::MalformedXml,
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}
