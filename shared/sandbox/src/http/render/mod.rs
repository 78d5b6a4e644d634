//! The model's answers on the wire.
//!
//! Owns status, headers and XML of every answer. Must never leave a fact of the
//! answer out silently: structs are taken apart by name. Next: `objects` for
//! headers, `lists` for pages, `buckets` for settings, `faults` for refusals.

mod annotations;
mod buckets;
mod faults;
mod lists;
mod objects;
mod uploads;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Response as HttpResponse, StatusCode};

use super::body::Body;
use super::wire::Call;
use crate::model::Response;

pub(super) use faults::{fault, fault_json};

/// An answer before it goes out.
pub(super) type Reply = HttpResponse<Body>;

/// Sets a header; a value that can't be one is left out.
pub(super) fn set(headers: &mut HeaderMap, name: &str, value: impl AsRef<str>) {
    let name = HeaderName::try_from(name);
    let value = HeaderValue::from_bytes(value.as_ref().as_bytes());
    if let (Ok(name), Ok(value)) = (name, value) {
        headers.insert(name, value);
    }
}

/// The same, if there is a value.
fn set_maybe(headers: &mut HeaderMap, name: &str, value: Option<impl ToString>) {
    if let Some(value) = value {
        set(headers, name, value.to_string());
    }
}

/// An answer with nothing in it.
pub(super) fn empty(status: StatusCode) -> Reply {
    let mut reply = HttpResponse::new(Body::Empty);
    *reply.status_mut() = status;
    reply
}

/// An answer with an XML document.
pub(super) fn xml(document: Bytes) -> Reply {
    let mut reply = HttpResponse::new(Body::from(document));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    reply
}

/// Writes the answer to `call`.
pub(super) fn success(call: &Call, response: Response) -> Reply {
    match response {
        Response::Done if call.method == Method::DELETE => empty(StatusCode::NO_CONTENT),
        Response::Done => empty(StatusCode::OK),
        Response::Buckets(owner, lines) => buckets::list(call, &owner, &lines),
        Response::Location(region) => buckets::location(call, &region),
        Response::Versioning { status, mfa_delete } => buckets::versioning(status, mfa_delete),
        Response::BucketEncryption(default) => buckets::encryption(&default),
        Response::BucketTags(tags) => buckets::tags(&tags),
        Response::Document(document, _) => buckets::document(call, document),
        Response::Inventory(document) => xml(document.into()),
        Response::Inventories { documents, next } => {
            buckets::inventories(call, &documents, next.as_deref())
        }
        Response::Objects(page) => lists::objects(call, &page),
        Response::Versions(page) => lists::versions(call, &page),
        Response::Object(view) => objects::object(call, view),
        Response::Written(written) => objects::written(call, &written),
        Response::Deleted(deleted) => objects::deleted(&deleted),
        Response::DeletedMany(lines) => objects::deleted_many(call, &lines),
        Response::UploadStarted(started) => uploads::started(call, &started),
        Response::Part(part) => uploads::part(call, &part),
        Response::Parts(page) => uploads::parts(call, &page),
        Response::Uploads(page) => uploads::uploads(call, &page),
        Response::Tags(version, tags) => {
            let mut reply = buckets::tags(&tags);
            set_maybe(reply.headers_mut(), "x-amz-version-id", version);
            reply
        }
        Response::Tagged(version) => {
            let mut reply = match call.method {
                Method::DELETE => empty(StatusCode::NO_CONTENT),
                _ => empty(StatusCode::OK),
            };
            set_maybe(reply.headers_mut(), "x-amz-version-id", version);
            reply
        }
        Response::AnnotationWritten(view) => annotations::written(call, &view),
        Response::Annotation(view) => annotations::annotation(call, &view),
        Response::Annotations(page) => annotations::list(call, &page),
        Response::AnnotationDeleted(version) => annotations::deleted(version),
        Response::RestoreStarted { again: false } => empty(StatusCode::ACCEPTED),
        Response::RestoreStarted { again: true } => empty(StatusCode::OK),
        Response::Retention(retention) => objects::retention(retention),
        Response::LegalHold(on) => objects::legal_hold(on),
        Response::Acl(view) => xml(super::acl::document(&view)),
        Response::Attributes(view) => objects::attributes(&view),
        Response::Sts(answer) => super::sts::reply(&answer, ""),
        Response::Kms(answer) => super::kms::reply(answer),
    }
}
