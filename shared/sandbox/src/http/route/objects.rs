//! Requests about one key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::Method;
use md5::{Digest as _, Md5};

use super::super::wire::{Call, parse};
use super::super::{acl, fields};
use super::{annotations, documents, not_allowed, refuse_subresource};
use crate::model::{
    AttributeName, ChecksumMode, Code, CompleteUpload, Content, CopyObject, Fault, GetAttributes,
    ObjectRef, PutObject, ReadObject, Request, RestoreObject, Selection, TagSet, UpdateEncryption,
    UploadPart, UploadPartCopy, UploadRef,
};

pub(super) fn route(call: &mut Call, bucket: String, key: String) -> Result<Request, Fault> {
    if call.has("annotation") && call.query("uploadId").is_none() {
        let object = object(call, bucket, key);
        return annotations::route(call, object);
    }
    match call.method {
        Method::HEAD => Ok(Request::HeadObject(read(call, bucket, key)?)),
        Method::GET => get(call, bucket, key),
        Method::PUT => put(call, bucket, key),
        Method::POST => post(call, bucket, key),
        Method::DELETE => delete(call, bucket, key),
        _ => Err(not_allowed()),
    }
}

fn object(call: &Call, bucket: String, key: String) -> ObjectRef {
    ObjectRef { bucket, key, version: call.query("versionId").map(str::to_owned) }
}

fn read(call: &Call, bucket: String, key: String) -> Result<ReadObject, Fault> {
    let selection = match (call.number("partNumber")?, fields::range(call)) {
        (Some(_), Some(_)) => {
            return Err(Fault::new(
                Code::InvalidRequest,
                "Cannot specify both Range header and partNumber query parameter",
            ));
        }
        (Some(number), None) => Selection::Part(number),
        (None, Some(range)) => Selection::Range(range),
        (None, None) => Selection::Whole,
    };
    Ok(ReadObject {
        object: object(call, bucket, key),
        selection,
        conditions: fields::read_conditions(call, ""),
        checksum_mode: match call.header("x-amz-checksum-mode").as_deref() {
            Some("ENABLED") => ChecksumMode::Enabled,
            _ => ChecksumMode::Off,
        },
        customer_key_md5: fields::customer_key(call),
    })
}

fn get(call: &Call, bucket: String, key: String) -> Result<Request, Fault> {
    if let Some(upload) = upload(call, &bucket, &key) {
        return Ok(Request::ListParts {
            upload,
            marker: call.number("part-number-marker")?.unwrap_or(0),
            max: call.number("max-parts")?,
        });
    }
    if call.has("tagging") {
        return Ok(Request::GetTagging(object(call, bucket, key)));
    }
    if call.has("acl") {
        return Ok(Request::GetObjectAcl(object(call, bucket, key)));
    }
    if call.has("retention") {
        return Ok(Request::GetRetention(object(call, bucket, key)));
    }
    if call.has("legal-hold") {
        return Ok(Request::GetLegalHold(object(call, bucket, key)));
    }
    if call.has("attributes") {
        return attributes(call, bucket, key);
    }
    refuse_subresource(call)?;
    Ok(Request::GetObject(read(call, bucket, key)?))
}

fn attributes(call: &Call, bucket: String, key: String) -> Result<Request, Fault> {
    let names: Vec<_> = call
        .headers()
        .get_all("x-amz-object-attributes")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| attribute(name.trim()))
        .collect::<Result<_, _>>()?;
    let number = |name: &str| call.header(name).map(|text| parse(name, &text)).transpose();
    let max: Option<u32> = number("x-amz-max-parts")?;
    Ok(Request::GetAttributes(GetAttributes {
        object: object(call, bucket, key),
        wanted: names,
        customer_key_md5: fields::customer_key(call),
        part_marker: number("x-amz-part-number-marker")?.unwrap_or(0),
        max_parts: max.map(|max| max as usize),
    }))
}

fn attribute(name: &str) -> Result<AttributeName, Fault> {
    match name {
        "ETag" => Ok(AttributeName::ETag),
        "Checksum" => Ok(AttributeName::Checksum),
        "ObjectParts" => Ok(AttributeName::ObjectParts),
        "StorageClass" => Ok(AttributeName::StorageClass),
        "ObjectSize" => Ok(AttributeName::ObjectSize),
        _ => Err(Fault::new(Code::InvalidArgument, "Invalid attribute name specified.")),
    }
}

fn upload(call: &Call, bucket: &str, key: &str) -> Option<UploadRef> {
    let upload_id = call.query("uploadId")?.to_owned();
    Some(UploadRef { bucket: bucket.to_owned(), key: key.to_owned(), upload_id })
}

fn put(call: &mut Call, bucket: String, key: String) -> Result<Request, Fault> {
    if let Some(upload) = upload(call, &bucket, &key) {
        return put_part(call, upload);
    }
    if call.has("tagging") {
        let tags = documents::tags(&call.body)?;
        return Ok(Request::PutTagging { object: object(call, bucket, key), tags });
    }
    if call.has("acl") {
        let (owner, acl) = acl::change(call)?;
        return Ok(Request::PutObjectAcl { object: object(call, bucket, key), owner, acl });
    }
    if call.has("retention") {
        let retention = documents::retention(&call.body)?;
        return Ok(Request::PutRetention { object: object(call, bucket, key), retention });
    }
    if call.has("legal-hold") {
        let on = documents::legal_hold(&call.body)?;
        return Ok(Request::PutLegalHold { object: object(call, bucket, key), on });
    }
    if call.has("encryption") {
        let (key_arn, bucket_key) = documents::object_encryption(&call.body)?;
        let object = object(call, bucket, key);
        return Ok(Request::UpdateEncryption(UpdateEncryption { object, key_arn, bucket_key }));
    }
    refuse_subresource(call)?;
    if call.is_copy() {
        return copy(call, bucket, key);
    }
    Ok(Request::PutObject(PutObject {
        bucket,
        key,
        attributes: fields::write_attributes(call)?,
        conditions: fields::write_conditions(call),
        content: content(call)?,
    }))
}

/// The body as content, compared with `Content-MD5` if that was sent.
pub(super) fn content(call: &mut Call) -> Result<Content, Fault> {
    let body = std::mem::take(&mut call.body);
    if let Some(sent) = call.header("content-md5") {
        let actual: [u8; 16] = Md5::digest(&body).into();
        if BASE64.encode(actual) != sent {
            return Err(Fault::new(
                Code::BadDigest,
                "The Content-MD5 you specified did not match what we received.",
            ));
        }
    }
    // A copy of its own: the body may be a corner of a large network buffer.
    Ok(Content::inline(bytes::Bytes::copy_from_slice(&body)))
}

fn copy(call: &Call, bucket: String, key: String) -> Result<Request, Fault> {
    Ok(Request::CopyObject(Box::new(CopyObject {
        bucket,
        key,
        source: fields::copy_source(call)?,
        conditions: fields::write_conditions(call),
        metadata: fields::directive(call, "x-amz-metadata-directive")?,
        tagging: fields::directive(call, "x-amz-tagging-directive")?,
        annotations: fields::annotation_directive(call)?,
        attributes: fields::write_attributes(call)?,
    })))
}

fn put_part(call: &mut Call, upload: UploadRef) -> Result<Request, Fault> {
    let number = call.number("partNumber")?.unwrap_or(0);
    if call.is_copy() {
        return Ok(Request::UploadPartCopy(UploadPartCopy {
            upload,
            number,
            source: fields::copy_source(call)?,
            range: fields::copy_range(call)?,
        }));
    }
    let checksum = fields::checksum(call)?;
    Ok(Request::UploadPart(UploadPart { upload, number, content: content(call)?, checksum }))
}

fn post(call: &Call, bucket: String, key: String) -> Result<Request, Fault> {
    if let Some(upload) = upload(call, &bucket, &key) {
        let size = call.header("x-amz-mp-object-size");
        return Ok(Request::CompleteUpload(CompleteUpload {
            upload,
            parts: documents::completed_parts(&call.body)?,
            conditions: fields::write_conditions(call),
            size: size.map(|size| parse("x-amz-mp-object-size", &size)).transpose()?,
            checksum: fields::checksum(call)?,
        }));
    }
    if call.has("uploads") {
        let attributes = Box::new(fields::write_attributes(call)?);
        return Ok(Request::CreateUpload { bucket, key, attributes });
    }
    if call.has("restore") {
        let (days, tier) = documents::restore(&call.body)?;
        let object = object(call, bucket, key);
        return Ok(Request::RestoreObject(RestoreObject { object, days, tier }));
    }
    refuse_subresource(call)?;
    Err(not_allowed())
}

fn delete(call: &Call, bucket: String, key: String) -> Result<Request, Fault> {
    if let Some(upload) = upload(call, &bucket, &key) {
        return Ok(Request::AbortUpload(upload));
    }
    let object = object(call, bucket, key);
    if call.has("tagging") {
        return Ok(Request::PutTagging { object, tags: TagSet::new() });
    }
    refuse_subresource(call)?;
    // Deleting in spite of a condition would be worse than not deleting.
    if call.header("if-match").is_some() {
        return Err(Fault::new(Code::NotImplemented, "Conditional deletes are not modelled here"));
    }
    Ok(Request::DeleteObject(object))
}
