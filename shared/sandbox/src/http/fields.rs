//! Headers into the model's words: attributes, conditions, encryption, copy sources.

use std::collections::BTreeMap;

use hyper::header;

use super::wire::Call;
use super::{acl, codec, dates};
use crate::model::{
    AnnotationDirective, ByteRange, ChecksumAlgorithm, ChecksumRequest, ChecksumType, Code,
    ContentHeaders, CopySource, Directive, EncryptionRequest, Fault, Lock, LockMode, ObjectRef,
    ReadConditions, SseAlgorithm, StorageClass, TagCondition, TagSet, WriteAttributes,
    WriteConditions,
};

const SSE: &str = "x-amz-server-side-encryption";

/// Everything that a write may say about its object.
pub(super) fn write_attributes(call: &Call) -> Result<WriteAttributes, Fault> {
    Ok(WriteAttributes {
        headers: content_headers(call),
        metadata: metadata(call),
        tags: tags(call)?,
        storage_class: storage_class(call)?,
        redirect: call.header("x-amz-website-redirect-location"),
        lock: lock(call)?,
        acl: acl::headers(call)?.map(Box::new),
        encryption: encryption(call)?,
        checksum: checksum(call)?,
    })
}

fn content_headers(call: &Call) -> ContentHeaders {
    ContentHeaders {
        content_type: call.header("content-type"),
        content_encoding: call.header("content-encoding"),
        content_language: call.header("content-language"),
        content_disposition: call.header("content-disposition"),
        cache_control: call.header("cache-control"),
        expires: call.header("expires"),
    }
}

fn metadata(call: &Call) -> BTreeMap<String, String> {
    let mut metadata = BTreeMap::<String, String>::new();
    for (name, value) in call.headers() {
        if let Some(name) = name.as_str().strip_prefix("x-amz-meta-") {
            let value = String::from_utf8_lossy(value.as_bytes());
            match metadata.get_mut(name) {
                Some(have) => {
                    have.push(',');
                    have.push_str(&value);
                }
                None => {
                    metadata.insert(name.to_owned(), value.into_owned());
                }
            }
        }
    }
    metadata
}

fn tags(call: &Call) -> Result<TagSet, Fault> {
    let Some(text) = call.header("x-amz-tagging") else {
        return Ok(TagSet::new());
    };
    codec::parse_pairs(&text).ok_or_else(|| {
        Fault::new(
            Code::InvalidArgument,
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query \
             parameters without tag name duplicates.",
        )
    })
}

fn storage_class(call: &Call) -> Result<Option<StorageClass>, Fault> {
    let Some(text) = call.header("x-amz-storage-class") else {
        return Ok(None);
    };
    match StorageClass::parse(&text) {
        Some(class) => Ok(Some(class)),
        None => Err(Fault::new(
            Code::InvalidStorageClass,
            "The storage class you specified is not valid",
        )),
    }
}

fn lock(call: &Call) -> Result<Option<Lock>, Fault> {
    let mode = call.header("x-amz-object-lock-mode");
    let until = call.header("x-amz-object-lock-retain-until-date");
    let hold = call.header("x-amz-object-lock-legal-hold");
    if call.headers().keys().any(|name| name.as_str().starts_with("x-amz-object-lock-event-hold")) {
        return Err(Fault::new(Code::NotImplemented, "Event holds are not modelled here"));
    }
    if mode.is_none() && until.is_none() && hold.is_none() {
        return Ok(None);
    }
    let invalid = || {
        Fault::new(
            Code::InvalidArgument,
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
        )
    };
    let retention = match (mode, until) {
        (None, None) => None,
        (Some(mode), Some(until)) => Some((
            LockMode::parse(&mode).ok_or_else(invalid)?,
            dates::parse_iso_date(&until).ok_or_else(invalid)?,
        )),
        _ => return Err(invalid()),
    };
    Ok(Some(Lock { retention, legal_hold: hold.as_deref() == Some("ON") }))
}

fn encryption(call: &Call) -> Result<EncryptionRequest, Fault> {
    let unsupported =
        || Fault::new(Code::InvalidArgument, "The encryption method specified is not supported");
    let algorithm = call
        .header(SSE)
        .map(|text| SseAlgorithm::parse(&text).ok_or_else(unsupported))
        .transpose()?;
    let bucket_key = match call.header(&format!("{SSE}-bucket-key-enabled")).as_deref() {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(unsupported()),
    };
    Ok(EncryptionRequest {
        algorithm,
        key: call.header(&format!("{SSE}-aws-kms-key-id")),
        bucket_key,
        context: call.header(&format!("{SSE}-context")).map(Into::into),
        customer_key_md5: customer_key(call),
    })
}

/// MD5 of the customer's key for the object that is read or written.
pub(super) fn customer_key(call: &Call) -> Option<String> {
    call.header("x-amz-server-side-encryption-customer-key-md5")
}

/// The checksum headers of the request, trailers included.
pub(super) fn checksum(call: &Call) -> Result<ChecksumRequest, Fault> {
    let invalid = |what: &str| {
        Fault::new(Code::InvalidRequest, format!("Value for {what} header is invalid."))
    };
    let named = call.header("x-amz-checksum-algorithm");
    let mut request = ChecksumRequest {
        algorithm: named.as_deref().and_then(ChecksumAlgorithm::parse),
        value: None,
        kind: None,
    };
    if named.is_some() && request.algorithm.is_none() {
        return Err(invalid("x-amz-checksum-algorithm"));
    }
    if let Some(kind) = call.header("x-amz-checksum-type") {
        request.kind =
            Some(ChecksumType::parse(&kind).ok_or_else(|| invalid("x-amz-checksum-type"))?);
    }
    for algorithm in ChecksumAlgorithm::ALL {
        let name = format!("x-amz-checksum-{}", algorithm.as_str().to_ascii_lowercase());
        if let Some(value) = call.header(&name) {
            request.algorithm = Some(algorithm);
            request.value = Some(value);
        }
    }
    Ok(request)
}

pub(super) fn tag_condition(call: &Call, name: &str) -> Option<TagCondition> {
    call.header(name).map(|text| TagCondition::parse(&text))
}

/// Conditions of a read; `prefix` is empty, or that of a copy's source.
pub(super) fn read_conditions(call: &Call, prefix: &str) -> ReadConditions {
    let date = |name: &str| dates::parse_http_date(&call.header(&format!("{prefix}{name}"))?);
    ReadConditions {
        if_match: tag_condition(call, &format!("{prefix}if-match")),
        if_none_match: tag_condition(call, &format!("{prefix}if-none-match")),
        if_modified_since: date("if-modified-since"),
        if_unmodified_since: date("if-unmodified-since"),
    }
}

/// Conditions of a write.
pub(super) fn write_conditions(call: &Call) -> WriteConditions {
    WriteConditions {
        if_match: tag_condition(call, "if-match"),
        if_none_match: tag_condition(call, "if-none-match"),
    }
}

/// `COPY` or `REPLACE`.
pub(super) fn directive(call: &Call, name: &str) -> Result<Directive, Fault> {
    match call.header(name).as_deref() {
        None | Some("COPY") => Ok(Directive::Copy),
        Some("REPLACE") => Ok(Directive::Replace),
        Some(_) => Err(Fault::new(Code::InvalidArgument, "Unknown metadata directive.")),
    }
}

/// `COPY` or `EXCLUDE`, in a header or in the query.
pub(super) fn annotation_directive(call: &Call) -> Result<AnnotationDirective, Fault> {
    let name = "x-amz-object-annotation-directive";
    match call.header(name).as_deref().or_else(|| call.query(name)) {
        None | Some("COPY") => Ok(AnnotationDirective::Copy),
        Some("EXCLUDE") => Ok(AnnotationDirective::Exclude),
        Some(_) => Err(Fault::new(Code::InvalidArgument, "Unknown annotation directive.")),
    }
}

/// The source of a copy with its conditions.
pub(super) fn copy_source(call: &Call) -> Result<CopySource, Fault> {
    let text = call.header("x-amz-copy-source").unwrap_or_default();
    let object = parse_copy_source(&text).ok_or_else(|| {
        Fault::new(
            Code::InvalidArgument,
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
        )
    })?;
    Ok(CopySource {
        object,
        conditions: read_conditions(call, "x-amz-copy-source-"),
        customer_key_md5: call.header("x-amz-copy-source-server-side-encryption-customer-key-md5"),
    })
}

/// The version is split off before anything is decoded: an encoded key may contain
/// `?versionId=` itself.
fn parse_copy_source(text: &str) -> Option<ObjectRef> {
    let (path, version) = match text.split_once("?versionId=") {
        Some((path, version)) => (path, Some(codec::decode(version)?)),
        None => (text, None),
    };
    let path = codec::decode(path.strip_prefix('/').unwrap_or(path))?;
    let (bucket, key) = path.split_once('/')?;
    let complete = !bucket.is_empty() && !key.is_empty();
    complete.then(|| ObjectRef { bucket: bucket.to_owned(), key: key.to_owned(), version })
}

/// A `Range` header. Anything else than one range of bytes is ignored, as HTTP has it.
pub(super) fn range(call: &Call) -> Option<ByteRange> {
    let text = call.header(header::RANGE.as_str())?;
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    match (first, last) {
        ("", last) => Some(ByteRange::Last(last.parse().ok()?)),
        (first, "") => Some(ByteRange::From(first.parse().ok()?)),
        (first, last) => {
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            (first <= last).then_some(ByteRange::Between(first, last))
        }
    }
}

/// The range of a part copy, which must have both ends.
pub(super) fn copy_range(call: &Call) -> Result<Option<(u64, u64)>, Fault> {
    let Some(text) = call.header("x-amz-copy-source-range") else {
        return Ok(None);
    };
    let ends = text.strip_prefix("bytes=").and_then(|range| range.split_once('-'));
    let range = ends.and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    range.map(Some).ok_or_else(|| {
        Fault::new(
            Code::InvalidArgument,
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first \
             and last are the zero-based offsets of the first and last bytes to copy",
        )
    })
}
