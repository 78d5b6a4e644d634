//! Multipart uploads.

use hyper::StatusCode;

use super::super::dates::iso_date;
use super::super::wire::Call;
use super::super::xml::{S3_NAMESPACE, Xml};
use super::buckets::owner;
use super::lists::{KeyStyle, echo, page_size, prefixes, roll_settings};
use super::objects::{checksum_element, checksum_header, encryption_headers};
use super::{Reply, empty, set, set_maybe, xml};
use crate::model::{ListedPart, ListedUpload, PartPage, UploadPage, UploadStarted, Written};

/// Bucket, key and upload, as most of these documents begin.
fn names(xml: &mut Xml, call: &Call, upload_id: &str) {
    xml.text("Bucket", call.bucket.as_deref().unwrap_or_default());
    xml.text("Key", call.key.as_deref().unwrap_or_default());
    xml.text("UploadId", upload_id);
}

pub(super) fn started(call: &Call, started: &UploadStarted) -> Reply {
    let UploadStarted { upload_id, encryption, checksum } = started;
    let root = "InitiateMultipartUploadResult";
    let mut reply = xml(Xml::document(root, Some(S3_NAMESPACE), |xml| names(xml, call, upload_id)));
    let headers = reply.headers_mut();
    encryption_headers(headers, encryption);
    if let Some((algorithm, kind)) = checksum {
        set(headers, "x-amz-checksum-algorithm", algorithm.as_str());
        set(headers, "x-amz-checksum-type", kind.as_str());
    }
    reply
}

pub(super) fn part(call: &Call, part: &Written) -> Reply {
    let Written { version_id: _, etag, last_modified, encryption, checksum, source_version_id } =
        part;
    if !call.is_copy() {
        let mut reply = empty(StatusCode::OK);
        let headers = reply.headers_mut();
        set(headers, "etag", format!("\"{etag}\""));
        encryption_headers(headers, encryption);
        if let Some(checksum) = checksum {
            checksum_header(headers, checksum);
        }
        return reply;
    }
    let mut reply = xml(Xml::document("CopyPartResult", Some(S3_NAMESPACE), |xml| {
        xml.text("LastModified", iso_date(*last_modified));
        xml.text("ETag", format_args!("\"{etag}\""));
        checksum_element(xml, checksum.as_ref());
    }));
    set_maybe(reply.headers_mut(), "x-amz-copy-source-version-id", *source_version_id);
    encryption_headers(reply.headers_mut(), encryption);
    reply
}

pub(super) fn parts(call: &Call, page: &PartPage) -> Reply {
    let PartPage { parts, next, storage_class, checksum, owner: account } = page;
    xml(Xml::document("ListPartsResult", Some(S3_NAMESPACE), |xml| {
        names(xml, call, call.query("uploadId").unwrap_or_default());
        owner(xml, "Initiator", account);
        owner(xml, "Owner", account);
        xml.text("StorageClass", storage_class.as_str());
        xml.text("PartNumberMarker", call.query("part-number-marker").unwrap_or("0"));
        xml.maybe("NextPartNumberMarker", *next);
        xml.text("MaxParts", page_size(call, "max-parts"));
        xml.text("IsTruncated", next.is_some());
        if let Some((algorithm, kind)) = checksum {
            xml.text("ChecksumAlgorithm", algorithm.as_str());
            xml.text("ChecksumType", kind.as_str());
        }
        for ListedPart { number, size, etag, last_modified, checksum } in parts {
            xml.nest("Part", |xml| {
                xml.text("PartNumber", number);
                xml.text("LastModified", iso_date(*last_modified));
                xml.text("ETag", format_args!("\"{etag}\""));
                xml.text("Size", size);
                if let Some(checksum) = checksum {
                    let name = format!("Checksum{}", checksum.algorithm.as_str());
                    xml.text(&name, &checksum.value);
                }
            });
        }
    }))
}

pub(super) fn uploads(call: &Call, page: &UploadPage) -> Reply {
    let UploadPage { uploads, prefixes: rolled, next, owner: account } = page;
    let style = KeyStyle::of(call);
    xml(Xml::document("ListMultipartUploadsResult", Some(S3_NAMESPACE), |xml| {
        xml.text("Bucket", call.bucket.as_deref().unwrap_or_default());
        echo(xml, call, style, "KeyMarker", "key-marker");
        xml.text("UploadIdMarker", call.query("upload-id-marker").unwrap_or_default());
        echo(xml, call, style, "Prefix", "prefix");
        xml.text("MaxUploads", page_size(call, "max-uploads"));
        roll_settings(xml, call, style);
        xml.text("IsTruncated", next.is_some());
        if let Some((key, upload)) = next {
            xml.text("NextKeyMarker", style.show(key));
            xml.maybe("NextUploadIdMarker", upload.as_deref());
        }
        for ListedUpload { key, upload_id, initiated, storage_class } in uploads {
            xml.nest("Upload", |xml| {
                xml.text("Key", style.show(key));
                xml.text("UploadId", upload_id);
                owner(xml, "Initiator", account);
                owner(xml, "Owner", account);
                xml.text("StorageClass", storage_class.as_str());
                xml.text("Initiated", iso_date(*initiated));
            });
        }
        prefixes(xml, style, rolled);
    }))
}
