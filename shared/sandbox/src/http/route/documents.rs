//! XML bodies into the model's words.

use super::super::dates::parse_iso_date;
use super::super::xml::Element;
use super::malformed;
use crate::model::{
    ChecksumAlgorithm, Code, CompletedPart, DefaultEncryption, DeleteEntry, Fault, LockMode,
    RestoreTier, Retention, SseAlgorithm, TagSet, Versioning,
};

fn root(body: &[u8], name: &str) -> Result<Element, Fault> {
    Element::parse(body).filter(|root| root.is(name)).ok_or_else(malformed)
}

fn flag(text: &str) -> Result<bool, Fault> {
    match text.trim() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(malformed()),
    }
}

/// `CreateBucketConfiguration`, or nothing at all.
pub(super) fn location(body: &[u8]) -> Result<Option<String>, Fault> {
    if body.is_empty() {
        return Ok(None);
    }
    let root = root(body, "CreateBucketConfiguration")?;
    Ok(root.value("LocationConstraint").map(str::to_owned))
}

/// `VersioningConfiguration`.
pub(super) fn versioning(body: &[u8]) -> Result<Versioning, Fault> {
    let root = root(body, "VersioningConfiguration")?;
    root.value("Status").and_then(Versioning::parse).ok_or_else(malformed)
}

/// `ServerSideEncryptionConfiguration` with its one rule.
pub(super) fn default_encryption(body: &[u8]) -> Result<DefaultEncryption, Fault> {
    let root = root(body, "ServerSideEncryptionConfiguration")?;
    let mut rules = root.all("Rule");
    let (Some(rule), None) = (rules.next(), rules.next()) else { return Err(malformed()) };
    let default = rule.child("ApplyServerSideEncryptionByDefault").ok_or_else(malformed)?;
    let algorithm = default.value("SSEAlgorithm").and_then(SseAlgorithm::parse);
    Ok(DefaultEncryption {
        algorithm: algorithm.ok_or_else(malformed)?,
        key: default.value("KMSMasterKeyID").map(str::to_owned),
        bucket_key: rule.value("BucketKeyEnabled").map(flag).transpose()?.unwrap_or(false),
        blocks_customer_keys: rule.child("BlockedEncryptionTypes").map(blocked).transpose()?,
    })
}

/// `BlockedEncryptionTypes`: the one type that can be blocked, or none.
fn blocked(types: &Element) -> Result<bool, Fault> {
    let types: Vec<&str> = types.all("EncryptionType").map(|kind| kind.text.trim()).collect();
    match types[..] {
        ["SSE-C"] => Ok(true),
        ["NONE"] => Ok(false),
        _ => Err(malformed()),
    }
}

/// `Tagging`.
pub(super) fn tags(body: &[u8]) -> Result<TagSet, Fault> {
    let root = root(body, "Tagging")?;
    let set = root.child("TagSet").ok_or_else(malformed)?;
    let tag = |tag: &Element| {
        let (key, value) = (tag.value("Key")?, tag.value("Value")?);
        Some((key.to_owned(), value.to_owned()))
    };
    set.all("Tag").map(|element| tag(element).ok_or_else(malformed)).collect()
}

/// `Delete`.
pub(super) fn delete_entries(body: &[u8]) -> Result<Vec<DeleteEntry>, Fault> {
    let root = root(body, "Delete")?;
    let entry = |object: &Element| {
        let key = object.value("Key").filter(|key| !key.is_empty())?.to_owned();
        let version = object.value("VersionId").map(str::to_owned);
        Some(DeleteEntry { key, version })
    };
    let entries: Vec<_> = root
        .all("Object")
        .map(|object| entry(object).ok_or_else(malformed))
        .collect::<Result<_, _>>()?;
    if (1..=1000).contains(&entries.len()) { Ok(entries) } else { Err(malformed()) }
}

/// Whether a `Delete` asks to hear of failures only.
pub(in super::super) fn is_quiet(body: &[u8]) -> bool {
    Element::parse(body).is_some_and(|root| root.value("Quiet") == Some("true"))
}

/// `CompleteMultipartUpload`.
pub(super) fn completed_parts(body: &[u8]) -> Result<Vec<CompletedPart>, Fault> {
    let root = root(body, "CompleteMultipartUpload")?;
    let part = |part: &Element| {
        let checksum = ChecksumAlgorithm::ALL
            .into_iter()
            .find_map(|algorithm| part.value(&format!("Checksum{}", algorithm.as_str())));
        Some(CompletedPart {
            number: part.value("PartNumber")?.trim().parse().ok()?,
            etag: part.value("ETag")?.to_owned(),
            checksum: checksum.map(str::to_owned),
        })
    };
    root.all("Part").map(|element| part(element).ok_or_else(malformed)).collect()
}

/// `Retention`; an empty one takes it off.
pub(super) fn retention(body: &[u8]) -> Result<Option<Retention>, Fault> {
    let root = root(body, "Retention")?;
    if root.child("EventHold").is_some() || root.child("EventHoldDuration").is_some() {
        return Err(Fault::new(Code::NotImplemented, "Event holds are not modelled here"));
    }
    match (root.value("Mode"), root.value("RetainUntilDate")) {
        (None, None) => Ok(None),
        (Some(mode), Some(until)) => {
            let mode = LockMode::parse(mode.trim()).ok_or_else(malformed)?;
            Ok(Some((mode, parse_iso_date(until).ok_or_else(malformed)?)))
        }
        _ => Err(malformed()),
    }
}

/// `RestoreRequest`: days and tier.
pub(super) fn restore(body: &[u8]) -> Result<(Option<u32>, Option<RestoreTier>), Fault> {
    let root = root(body, "RestoreRequest")?;
    let selects = ["Type", "SelectParameters", "OutputLocation"];
    if selects.iter().any(|name| root.child(name).is_some()) {
        return Err(Fault::new(Code::NotImplemented, "Select requests are not modelled here"));
    }
    let days = root.value("Days").map(|text| text.trim().parse().map_err(|_| malformed()));
    let job = root.child("GlacierJobParameters");
    let tier = root.value("Tier").or_else(|| job.and_then(|job| job.value("Tier")));
    let tier = tier.map(|text| RestoreTier::parse(text.trim()).ok_or_else(malformed));
    Ok((days.transpose()?, tier.transpose()?))
}

/// `LegalHold`.
pub(super) fn legal_hold(body: &[u8]) -> Result<bool, Fault> {
    match root(body, "LegalHold")?.value("Status").map(str::trim) {
        Some("ON") => Ok(true),
        Some("OFF") => Ok(false),
        _ => Err(malformed()),
    }
}

/// `ObjectEncryption`: the key's ARN and the bucket key's state, if sent.
pub(super) fn object_encryption(body: &[u8]) -> Result<(String, Option<bool>), Fault> {
    let root = root(body, "ObjectEncryption")?;
    let Some(kms) = root.child("SSE-KMS") else {
        return Err(invalid(
            "Requests that modify an object encryption configuration require a valid new \
             encryption type. Valid values are SSEKMS. Modify the request to specify SSE-KMS for \
             the updated encryption type, and then try again.",
        ));
    };
    let bucket_key = match kms.value("BucketKeyEnabled").map(flag).transpose() {
        Ok(bucket_key) => bucket_key,
        Err(_) => {
            return Err(invalid(
                "The BucketKeyEnabled value isn't valid. Valid values are true or false. Modify \
                 the request to specify a valid value, and then try again.",
            ));
        }
    };
    Ok((kms.value("KMSKeyArn").unwrap_or_default().to_owned(), bucket_key))
}

fn invalid(message: &str) -> Fault {
    Fault::new(crate::model::Code::InvalidRequest, message)
}
