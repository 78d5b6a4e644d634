//! Objects: what HEAD and GET tell, and the answers to writes and deletions.

use hyper::header::HeaderMap;
use hyper::{Method, StatusCode};

use super::super::body::Body;
use super::super::dates::{http_date, iso_date};
use super::super::route::is_quiet;
use super::super::wire::Call;
use super::super::xml::{S3_NAMESPACE, Xml};
use super::{Reply, empty, set, set_maybe, xml};
use crate::model::{
    ArchiveTier, AttributesView, ChecksumView, Deleted, DeletedLine, Encryption, Lock,
    ObjectVersion, ObjectView, PartsView, Readiness, Retention, Served, StorageClass, Written,
};

const SSE: &str = "x-amz-server-side-encryption";

/// The headers that tell how something is encrypted.
pub(super) fn encryption_headers(headers: &mut HeaderMap, encryption: &Encryption) {
    match encryption {
        Encryption::None => {}
        Encryption::SseS3 => set(headers, SSE, "AES256"),
        // The context stays inside: no answer tells it.
        Encryption::Kms { key, bucket_key, context: _ } => {
            set(headers, SSE, "aws:kms");
            set(headers, &format!("{SSE}-aws-kms-key-id"), key);
            if *bucket_key {
                set(headers, &format!("{SSE}-bucket-key-enabled"), "true");
            }
        }
        Encryption::Dsse { key, context: _ } => {
            set(headers, SSE, "aws:kms:dsse");
            set(headers, &format!("{SSE}-aws-kms-key-id"), key);
        }
        Encryption::CustomerKey { key_md5 } => {
            set(headers, &format!("{SSE}-customer-algorithm"), "AES256");
            set(headers, &format!("{SSE}-customer-key-md5"), key_md5);
        }
    }
}

/// The algorithm alone, as annotations tell it.
pub(super) fn encryption_algorithm(headers: &mut HeaderMap, encryption: &Encryption) {
    let algorithm = match encryption {
        Encryption::None | Encryption::SseS3 => "AES256",
        Encryption::Kms { .. } => "aws:kms",
        Encryption::Dsse { .. } => "aws:kms:dsse",
        Encryption::CustomerKey { .. } => return,
    };
    set(headers, SSE, algorithm);
}

pub(super) fn checksum_header(headers: &mut HeaderMap, checksum: &ChecksumView) {
    let ChecksumView { algorithm, kind: _, value } = checksum;
    let name = format!("x-amz-checksum-{}", algorithm.as_str().to_ascii_lowercase());
    set(headers, &name, value);
}

pub(super) fn checksum_element(xml: &mut Xml, checksum: Option<&ChecksumView>) {
    if let Some(ChecksumView { algorithm, kind, value }) = checksum {
        xml.text(&format!("Checksum{}", algorithm.as_str()), value);
        xml.text("ChecksumType", kind.as_str());
    }
}

pub(super) fn object(call: &Call, view: ObjectView) -> Reply {
    let ObjectView { version_id, object, served, parts_count, checksum, readiness, lock } = view;
    let mut reply =
        empty(if served.partial { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK });
    let headers = reply.headers_mut();
    describe(headers, &object);
    override_headers(call, headers);
    archive_headers(headers, &object, readiness);
    if let Some(lock) = &lock {
        lock_headers(headers, lock);
    }
    set_maybe(headers, "x-amz-version-id", version_id);
    set_maybe(headers, "x-amz-mp-parts-count", parts_count);
    if let Some(checksum) = checksum {
        checksum_header(headers, &checksum);
        set(headers, "x-amz-checksum-type", checksum.kind.as_str());
    }
    let Served { offset, len, partial } = served;
    if partial && len > 0 {
        let range = format!("bytes {offset}-{}/{}", offset + len - 1, object.content.len());
        set(headers, "content-range", range);
    }
    set(headers, "content-length", len.to_string());
    if call.method != Method::HEAD {
        let content = object.content.clone();
        *reply.body_mut() = Body::Content { content, position: offset, end: offset + len };
    }
    reply
}

fn describe(headers: &mut HeaderMap, object: &ObjectVersion) {
    // Destructured in full: a new attribute must be shown, or be left out on purpose.
    let ObjectVersion {
        content: _,
        etag,
        last_modified,
        encryption,
        storage_class,
        archive: _,
        restore: _,
        headers: content_headers,
        metadata,
        tags,
        checksum: _,
        parts: _,
        redirect,
        // As far as the caller may know it, it stands beside the object.
        lock: _,
        // ListObjectAnnotations tells.
        annotations: _,
        // GetObjectAcl tells.
        access: _,
    } = object;
    set(headers, "accept-ranges", "bytes");
    set(headers, "content-type", "binary/octet-stream");
    set(headers, "etag", format!("\"{etag}\""));
    set(headers, "last-modified", http_date(*last_modified));
    encryption_headers(headers, encryption);
    if *storage_class != StorageClass::Standard {
        set(headers, "x-amz-storage-class", storage_class.as_str());
    }
    for (name, value) in content_headers.iter().flat_map(|headers| headers.named()) {
        set(headers, name, value);
    }
    for (name, value) in metadata {
        set(headers, &format!("x-amz-meta-{name}"), value);
    }
    if !tags.is_empty() {
        set(headers, "x-amz-tagging-count", tags.len().to_string());
    }
    set_maybe(headers, "x-amz-website-redirect-location", redirect.as_deref());
}

/// What an archive tier and a restore look like at the moment of the answer.
fn archive_headers(headers: &mut HeaderMap, object: &ObjectVersion, readiness: Readiness) {
    if readiness != Readiness::Online {
        set_maybe(headers, "x-amz-archive-status", object.archive.map(ArchiveTier::as_str));
    }
    match readiness {
        Readiness::Online | Readiness::Archived => {}
        Readiness::Restoring => set(headers, "x-amz-restore", "ongoing-request=\"true\""),
        Readiness::Restored(expiry) => {
            let date = http_date(expiry);
            let state = format!("ongoing-request=\"false\", expiry-date=\"{date}\"");
            set(headers, "x-amz-restore", state);
        }
    }
}

fn lock_headers(headers: &mut HeaderMap, lock: &Lock) {
    let Lock { retention, legal_hold } = lock;
    if let Some((mode, until)) = retention {
        set(headers, "x-amz-object-lock-mode", mode.as_str());
        set(headers, "x-amz-object-lock-retain-until-date", iso_date(*until).to_string());
    }
    if *legal_hold {
        set(headers, "x-amz-object-lock-legal-hold", "ON");
    }
}

pub(super) fn retention((mode, until): Retention) -> Reply {
    xml(Xml::document("Retention", Some(S3_NAMESPACE), |xml| {
        xml.text("Mode", mode.as_str());
        xml.text("RetainUntilDate", iso_date(until));
    }))
}

pub(super) fn legal_hold(on: bool) -> Reply {
    xml(Xml::document("LegalHold", Some(S3_NAMESPACE), |xml| {
        xml.text("Status", if on { "ON" } else { "OFF" });
    }))
}

/// `response-content-type=…` and its like in the query win over what is stored.
fn override_headers(call: &Call, headers: &mut HeaderMap) {
    let names = [
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
    ];
    for name in names {
        set_maybe(headers, name, call.query(&format!("response-{name}")));
    }
}

/// The answer to a put, a copy or a completed upload.
pub(super) fn written(call: &Call, written: &Written) -> Reply {
    let Written { version_id, etag, last_modified, encryption, checksum, source_version_id } =
        written;
    let mut reply = if call.is_copy() {
        xml(Xml::document("CopyObjectResult", Some(S3_NAMESPACE), |xml| {
            xml.text("LastModified", iso_date(*last_modified));
            xml.text("ETag", format_args!("\"{etag}\""));
            checksum_element(xml, checksum.as_ref());
        }))
    } else if call.method == Method::POST {
        completed(call, written)
    } else {
        empty(StatusCode::OK)
    };
    let headers = reply.headers_mut();
    encryption_headers(headers, encryption);
    set_maybe(headers, "x-amz-version-id", *version_id);
    set_maybe(headers, "x-amz-copy-source-version-id", *source_version_id);
    if call.method == Method::PUT && !call.is_copy() {
        set(headers, "etag", format!("\"{etag}\""));
        if let Some(checksum) = checksum {
            checksum_header(headers, checksum);
            set(headers, "x-amz-checksum-type", checksum.kind.as_str());
        }
    }
    reply
}

fn completed(call: &Call, written: &Written) -> Reply {
    let (bucket, key) = (call.bucket.as_deref(), call.key.as_deref());
    let (bucket, key) = (bucket.unwrap_or_default(), key.unwrap_or_default());
    xml(Xml::document("CompleteMultipartUploadResult", Some(S3_NAMESPACE), |xml| {
        xml.text("Location", format_args!("http://localhost/{bucket}/{key}"));
        xml.text("Bucket", bucket);
        xml.text("Key", key);
        xml.text("ETag", format_args!("\"{}\"", written.etag));
        checksum_element(xml, written.checksum.as_ref());
    }))
}

pub(super) fn deleted(deleted: &Deleted) -> Reply {
    let Deleted { version_id, marker } = deleted;
    let mut reply = empty(StatusCode::NO_CONTENT);
    set_maybe(reply.headers_mut(), "x-amz-version-id", *version_id);
    if *marker {
        set(reply.headers_mut(), "x-amz-delete-marker", "true");
    }
    reply
}

pub(super) fn deleted_many(call: &Call, lines: &[DeletedLine]) -> Reply {
    let quiet = is_quiet(&call.body);
    xml(Xml::document("DeleteResult", Some(S3_NAMESPACE), |xml| {
        for DeletedLine { key, version, result } in lines {
            match result {
                Ok(_) if quiet => {}
                Ok(Deleted { version_id, marker }) => xml.nest("Deleted", |xml| {
                    xml.text("Key", key);
                    xml.maybe("VersionId", version.as_deref());
                    if *marker {
                        xml.text("DeleteMarker", true);
                        xml.maybe("DeleteMarkerVersionId", *version_id);
                    }
                }),
                Err(fault) => xml.nest("Error", |xml| {
                    xml.text("Key", key);
                    xml.maybe("VersionId", version.as_deref());
                    xml.text("Code", fault.code.as_str());
                    xml.text("Message", &fault.message);
                }),
            }
        }
    }))
}

pub(super) fn attributes(view: &AttributesView) -> Reply {
    let AttributesView { version_id, last_modified, etag, checksum, parts, storage_class, size } =
        view;
    let root = "GetObjectAttributesResponse";
    let mut reply = xml(Xml::document(root, Some(S3_NAMESPACE), |xml| {
        xml.maybe("ETag", etag.as_ref());
        if checksum.is_some() {
            xml.nest("Checksum", |xml| checksum_element(xml, checksum.as_ref()));
        }
        if let Some(parts) = parts {
            xml.nest("ObjectParts", |xml| object_parts(xml, parts));
        }
        xml.maybe("StorageClass", storage_class.map(StorageClass::as_str));
        xml.maybe("ObjectSize", *size);
    }));
    set(reply.headers_mut(), "last-modified", http_date(*last_modified));
    set_maybe(reply.headers_mut(), "x-amz-version-id", *version_id);
    reply
}

fn object_parts(xml: &mut Xml, parts: &PartsView) {
    let PartsView { total, page, algorithm, marker, next, max } = parts;
    // The element is called so on the wire, whatever the SDKs make of it.
    xml.text("PartsCount", total);
    if page.is_empty() {
        return;
    }
    xml.text("PartNumberMarker", marker);
    xml.maybe("NextPartNumberMarker", *next);
    xml.text("MaxParts", max);
    xml.text("IsTruncated", next.is_some());
    for part in page {
        xml.nest("Part", |xml| {
            xml.text("PartNumber", part.number);
            xml.text("Size", part.size);
            if let (Some(algorithm), Some(value)) = (algorithm, &part.checksum) {
                xml.text(&format!("Checksum{}", algorithm.as_str()), value);
            }
        });
    }
}
