//! Annotations.

use hyper::StatusCode;
use hyper::header::HeaderMap;

use super::super::body::Body;
use super::super::dates::{http_date, iso_date};
use super::super::route::close_token;
use super::super::wire::Call;
use super::super::xml::{S3_NAMESPACE, Xml};
use super::lists::page_size;
use super::objects::{checksum_header, encryption_algorithm};
use super::{Reply, empty, set, set_maybe, xml};
use crate::model::{Annotation, AnnotationPage, AnnotationView, ChecksumView, VersionId};

/// What the answers to put and get share.
fn describe(headers: &mut HeaderMap, view: &AnnotationView, checksum: Option<&ChecksumView>) {
    set(headers, "etag", format!("\"{}\"", view.annotation.etag));
    set_maybe(headers, "x-amz-object-version-id", view.version_id);
    encryption_algorithm(headers, &view.encryption);
    if let Some(checksum) = checksum {
        checksum_header(headers, checksum);
        set(headers, "x-amz-checksum-type", checksum.kind.as_str());
    }
}

pub(super) fn written(call: &Call, view: &AnnotationView) -> Reply {
    let root = "PutObjectAnnotationOutput";
    let mut reply = xml(Xml::document(root, Some(S3_NAMESPACE), |xml| {
        xml.text("Key", call.key.as_deref().unwrap_or_default());
        xml.text("AnnotationName", &view.name);
    }));
    describe(reply.headers_mut(), view, view.checksum.as_ref());
    reply
}

pub(super) fn annotation(call: &Call, view: &AnnotationView) -> Reply {
    let mut reply = empty(StatusCode::OK);
    let wanted = call.header("x-amz-checksum-mode").as_deref() == Some("ENABLED");
    describe(reply.headers_mut(), view, view.checksum.as_ref().filter(|_| wanted));
    let Annotation { content, etag: _, last_modified, checksum: _ } = &view.annotation;
    set(reply.headers_mut(), "last-modified", http_date(*last_modified));
    set(reply.headers_mut(), "content-length", content.len().to_string());
    let (content, end) = (content.clone(), content.len());
    *reply.body_mut() = Body::Content { content, position: 0, end };
    reply
}

pub(super) fn list(call: &Call, page: &AnnotationPage) -> Reply {
    let AnnotationPage { version_id, annotations, next } = page;
    let root = "ListObjectAnnotationsOutput";
    let mut reply = xml(Xml::document(root, Some(S3_NAMESPACE), |xml| {
        xml.text("Bucket", call.bucket.as_deref().unwrap_or_default());
        xml.text("Key", call.key.as_deref().unwrap_or_default());
        xml.maybe("AnnotationPrefix", call.query("annotation-prefix"));
        xml.text("MaxAnnotationResults", page_size(call, "max-annotation-results"));
        xml.text("AnnotationCount", annotations.len());
        xml.maybe("ContinuationToken", call.query("continuation-token"));
        xml.maybe("NextContinuationToken", next.as_deref().map(close_token));
        xml.nest("Annotations", |xml| {
            for (name, annotation) in annotations {
                let Annotation { content, etag, last_modified, checksum } = annotation;
                xml.nest("AnnotationEntry", |xml| {
                    xml.text("AnnotationName", name);
                    xml.text("LastModified", iso_date(*last_modified));
                    xml.text("ETag", format_args!("\"{etag}\""));
                    xml.text("ChecksumAlgorithm", checksum.algorithm.as_str());
                    xml.text("Size", content.len());
                });
            }
        });
    }));
    set_maybe(reply.headers_mut(), "x-amz-object-version-id", *version_id);
    reply
}

pub(super) fn deleted(version_id: Option<VersionId>) -> Reply {
    let mut reply = empty(StatusCode::NO_CONTENT);
    set_maybe(reply.headers_mut(), "x-amz-object-version-id", version_id);
    reply
}
