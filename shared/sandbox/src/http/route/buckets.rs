//! Requests without a key.

use hyper::Method;

use super::super::acl;
use super::super::wire::Call;
use super::{documents, inventory, not_allowed, refuse_subresource};
use crate::model::{
    Aspect, Code, CreateBucket, Fault, ListObjects, ListUploads, ListVersions, Ownership, Request,
    TagSet,
};

pub(super) fn route(call: &Call, bucket: String) -> Result<Request, Fault> {
    match call.method {
        Method::GET => get(call, bucket),
        Method::HEAD => Ok(Request::HeadBucket(bucket)),
        Method::PUT => put(call, bucket),
        Method::DELETE => delete(call, bucket),
        Method::POST if call.has("delete") => {
            Ok(Request::DeleteObjects { bucket, entries: documents::delete_entries(&call.body)? })
        }
        _ => Err(not_allowed()),
    }
}

fn aspect(call: &Call) -> Option<Aspect> {
    call.query_names().find_map(Aspect::parse)
}

fn get(call: &Call, bucket: String) -> Result<Request, Fault> {
    if let Some(aspect) = aspect(call) {
        return Ok(Request::GetBucketDocument { bucket, aspect });
    }
    if call.has("acl") {
        return Ok(Request::GetBucketAcl(bucket));
    }
    if call.has("location") {
        return Ok(Request::GetBucketLocation(bucket));
    }
    if call.has("versioning") {
        return Ok(Request::GetBucketVersioning(bucket));
    }
    if call.has("encryption") {
        return Ok(Request::GetBucketEncryption(bucket));
    }
    if call.has("tagging") {
        return Ok(Request::GetBucketTagging(bucket));
    }
    if call.has("inventory") {
        return inventory::get(call, bucket);
    }
    if call.has("versions") {
        return list_versions(call, bucket);
    }
    if call.has("uploads") {
        return list_uploads(call, bucket);
    }
    refuse_subresource(call)?;
    list_objects(call, bucket)
}

fn text(call: &Call, name: &str) -> Option<String> {
    call.query(name).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn list_objects(call: &Call, bucket: String) -> Result<Request, Fault> {
    let after = match (call.query("list-type"), text(call, "continuation-token")) {
        (Some("2"), Some(token)) => Some(open_token(&token)?),
        (Some("2"), None) => text(call, "start-after"),
        _ => text(call, "marker"),
    };
    Ok(Request::ListObjects(ListObjects {
        bucket,
        prefix: call.query("prefix").unwrap_or_default().to_owned(),
        delimiter: text(call, "delimiter"),
        after,
        max: call.number("max-keys")?,
    }))
}

/// Makes a continuation token of the last key, opaque enough that nobody builds one.
pub(in super::super) fn close_token(last: &str) -> String {
    format!("1{}", crate::model::hex(last.as_bytes()))
}

/// The last key again.
pub(super) fn open_token(token: &str) -> Result<String, Fault> {
    let bytes = token.strip_prefix('1').and_then(|hex| {
        let pairs = hex.as_bytes().chunks(2);
        pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
    });
    bytes.and_then(|bytes: Vec<u8>| String::from_utf8(bytes).ok()).ok_or_else(|| {
        Fault::new(Code::InvalidArgument, "The continuation token provided is incorrect")
    })
}

fn list_versions(call: &Call, bucket: String) -> Result<Request, Fault> {
    Ok(Request::ListVersions(ListVersions {
        bucket,
        prefix: call.query("prefix").unwrap_or_default().to_owned(),
        delimiter: text(call, "delimiter"),
        key_marker: text(call, "key-marker"),
        version_marker: text(call, "version-id-marker"),
        max: call.number("max-keys")?,
    }))
}

fn list_uploads(call: &Call, bucket: String) -> Result<Request, Fault> {
    Ok(Request::ListUploads(ListUploads {
        bucket,
        prefix: call.query("prefix").unwrap_or_default().to_owned(),
        delimiter: text(call, "delimiter"),
        key_marker: text(call, "key-marker"),
        upload_marker: text(call, "upload-id-marker"),
        max: call.number("max-uploads")?,
    }))
}

fn put(call: &Call, bucket: String) -> Result<Request, Fault> {
    if let Some(aspect) = aspect(call) {
        let document = Some(String::from_utf8_lossy(&call.body).into_owned());
        return Ok(Request::PutBucketDocument { bucket, aspect, document });
    }
    if call.has("versioning") {
        let status = documents::versioning(&call.body)?;
        return Ok(Request::PutBucketVersioning { bucket, status });
    }
    if call.has("encryption") {
        let default = documents::default_encryption(&call.body)?;
        return Ok(Request::PutBucketEncryption { bucket, default });
    }
    if call.has("tagging") {
        return Ok(Request::PutBucketTagging { bucket, tags: documents::tags(&call.body)? });
    }
    if call.has("inventory") {
        return inventory::put(call, bucket);
    }
    if call.has("acl") {
        let (owner, acl) = acl::change(call)?;
        return Ok(Request::PutBucketAcl { bucket, owner, acl });
    }
    refuse_subresource(call)?;
    create(call, bucket)
}

fn create(call: &Call, bucket: String) -> Result<Request, Fault> {
    let invalid = || Fault::new(Code::InvalidArgument, "Invalid x-amz-object-ownership header");
    let ownership = call.header("x-amz-object-ownership");
    let ownership =
        ownership.map(|text| Ownership::parse(&text).ok_or_else(invalid)).transpose()?;
    if acl::headers(call)?.is_some() {
        return Err(Fault::new(Code::NotImplemented, "ACLs of new buckets are not modelled here"));
    }
    let region = documents::location(&call.body)?;
    let object_lock = call.header("x-amz-bucket-object-lock-enabled").as_deref() == Some("true");
    Ok(Request::CreateBucket(CreateBucket { bucket, region, ownership, object_lock }))
}

fn delete(call: &Call, bucket: String) -> Result<Request, Fault> {
    if let Some(aspect) = aspect(call) {
        return Ok(Request::PutBucketDocument { bucket, aspect, document: None });
    }
    if call.has("inventory") {
        return inventory::delete(call, bucket);
    }
    if call.has("encryption") {
        return Ok(Request::DeleteBucketEncryption(bucket));
    }
    if call.has("tagging") {
        return Ok(Request::PutBucketTagging { bucket, tags: TagSet::new() });
    }
    refuse_subresource(call)?;
    Ok(Request::DeleteBucket(bucket))
}
