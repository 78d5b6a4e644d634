//! Inventory configurations out of their documents: checked, and kept as they came.

use super::super::wire::Call;
use super::super::xml::Element;
use super::malformed;
use crate::model::{Code, Fault, Request};

const FORMATS: [&str; 3] = ["CSV", "ORC", "Parquet"];
const FREQUENCIES: [&str; 2] = ["Daily", "Weekly"];
const VERSIONS: [&str; 2] = ["All", "Current"];
const FIELDS: [&str; 17] = [
    "Size",
    "LastModifiedDate",
    "StorageClass",
    "ETag",
    "IsMultipartUploaded",
    "ReplicationStatus",
    "EncryptionStatus",
    "ObjectLockRetainUntilDate",
    "ObjectLockMode",
    "ObjectLockLegalHoldStatus",
    "IntelligentTieringAccessTier",
    "BucketKeyStatus",
    "ChecksumAlgorithm",
    "ObjectAccessControlList",
    "ObjectOwner",
    "LifecycleExpirationDate",
    "IntelligentTieringReferenceDate",
];

/// The id that the query names.
fn id(call: &Call) -> Result<String, Fault> {
    let id = call.query("id").unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if id.is_empty() || id.len() > 64 || !id.chars().all(allowed) {
        return Err(Fault::new(Code::InvalidArgument, "Invalid configuration id specified"));
    }
    Ok(id.to_owned())
}

pub(super) fn get(call: &Call, bucket: String) -> Result<Request, Fault> {
    if call.query("id").is_some() {
        return Ok(Request::GetInventory { bucket, id: id(call)? });
    }
    let token = call.query("continuation-token").filter(|token| !token.is_empty());
    let after = token.map(super::buckets::open_token).transpose()?;
    Ok(Request::ListInventories { bucket, after })
}

pub(super) fn delete(call: &Call, bucket: String) -> Result<Request, Fault> {
    Ok(Request::DeleteInventory { bucket, id: id(call)? })
}

pub(super) fn put(call: &Call, bucket: String) -> Result<Request, Fault> {
    let id = id(call)?;
    let document = std::str::from_utf8(&call.body).map_err(|_| malformed())?;
    let root = Element::parse(&call.body).filter(|root| root.is("InventoryConfiguration"));
    let root = root.ok_or_else(malformed)?;
    check(&root, &id).ok_or_else(malformed)?;
    // Without what comes before the element, so that it can stand in a list.
    let start = document.find("<InventoryConfiguration").ok_or_else(malformed)?;
    Ok(Request::PutInventory { bucket, id, document: document[start..].trim_end().to_owned() })
}

fn check(root: &Element, id: &str) -> Option<()> {
    root.value("Id").filter(|told| *told == id)?;
    one_of(root.value("IsEnabled"), &["true", "false"])?;
    one_of(root.value("IncludedObjectVersions"), &VERSIONS)?;
    one_of(root.child("Schedule")?.value("Frequency"), &FREQUENCIES)?;
    let destination = root.child("Destination")?.child("S3BucketDestination")?;
    one_of(destination.value("Format"), &FORMATS)?;
    destination.value("Bucket").filter(|arn| arn.starts_with("arn:aws:s3:::"))?;
    if let Some(encryption) = destination.child("Encryption") {
        match (encryption.child("SSE-KMS"), encryption.child("SSE-S3")) {
            (Some(kms), None) => {
                kms.value("KeyId").filter(|key| key.starts_with("arn:aws:kms:"))?
            }
            (None, Some(_)) => "",
            _ => return None,
        };
    }
    let fields = root.child("OptionalFields");
    for field in fields.iter().flat_map(|fields| fields.all("Field")) {
        one_of(Some(&field.text), &FIELDS)?;
    }
    Some(())
}

fn one_of(text: Option<&str>, words: &[&str]) -> Option<()> {
    text.filter(|text| words.contains(text)).map(|_| ())
}
