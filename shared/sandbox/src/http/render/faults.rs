//! Refusals: XML for S3, JSON for KMS, no body at all for HEAD.

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, StatusCode};

use super::super::body::Body;
use super::super::dates;
use super::super::xml::Xml;
use super::{Reply, empty, set, set_maybe, xml};
use crate::model::{Code, Fault};

/// S3's error document, or its headers alone where a body isn't allowed.
pub(in super::super) fn fault(
    method: &Method,
    resource: &str,
    request_id: &str,
    fault: &Fault,
) -> Reply {
    let Fault { code, message, details, marker } = fault;
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let bodiless = method == Method::HEAD || *code == Code::NotModified;
    let mut reply = if bodiless {
        empty(status)
    } else {
        let document = Xml::document("Error", None, |xml| {
            xml.text("Code", code.as_str());
            xml.text("Message", message);
            for (name, value) in details {
                xml.text(name, value);
            }
            xml.text("Resource", resource);
            xml.text("RequestId", request_id);
            xml.text("HostId", "sandbox");
        });
        xml(document)
    };
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    if *code == Code::NotModified {
        let etag = details.iter().find(|(name, _)| *name == "ETag");
        set_maybe(headers, "etag", etag.map(|(_, etag)| format!("\"{etag}\"")));
    }
    let region = details.iter().find(|(name, _)| *name == "Region");
    set_maybe(headers, "x-amz-bucket-region", region.map(|(_, region)| region));
    if let Some(marker) = marker {
        set(headers, "x-amz-delete-marker", "true");
        set_maybe(headers, "x-amz-version-id", marker.version_id);
        set_maybe(headers, "last-modified", marker.last_modified.map(dates::http_date));
    }
    reply
}

/// KMS's error document.
pub(in super::super) fn fault_json(fault: &Fault) -> Reply {
    let document = serde_json::json!({ "__type": fault.code.as_str(), "message": fault.message });
    let mut reply = Reply::new(Body::from(document.to_string()));
    *reply.status_mut() =
        StatusCode::from_u16(fault.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    reply
}
