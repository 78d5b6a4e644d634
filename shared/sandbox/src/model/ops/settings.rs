//! Settings that travel as documents, read as far as the model acts on them.

use super::super::acl::Ownership;
use super::super::{Code, Fault, LockMode};
use super::DefaultRetention;

/// The text of the first element called `name`.
fn element<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.trim())
}

fn malformed() -> Fault {
    Fault::new(
        Code::MalformedXml,
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}

/// The default retention of an `ObjectLockConfiguration`, if it has one.
pub(super) fn default_retention(document: &str) -> Result<Option<DefaultRetention>, Fault> {
    let Some(rule) = element(document, "DefaultRetention") else { return Ok(None) };
    let number = |name| element(rule, name).map(str::parse::<u32>);
    let days = match (number("Days"), number("Years")) {
        (Some(Ok(days)), None) => days,
        (None, Some(Ok(years))) => years.saturating_mul(365),
        _ => return Err(malformed()),
    };
    let mode = element(rule, "Mode").and_then(LockMode::parse).ok_or_else(malformed)?;
    match days {
        0 => Err(Fault::argument("Default retention period must be a positive integer value")),
        days => Ok(Some(DefaultRetention { mode, days })),
    }
}

/// `RequestPaymentConfiguration`: whether requesters pay.
pub(super) fn requester_pays(document: &str) -> Result<bool, Fault> {
    match element(document, "Payer") {
        Some("Requester") => Ok(true),
        Some("BucketOwner") => Ok(false),
        _ => Err(malformed()),
    }
}

/// `PolicyStatus`.
pub(super) fn policy_status(is_public: bool) -> String {
    format!(
        "<PolicyStatus xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <IsPublic>{is_public}</IsPublic></PolicyStatus>"
    )
}

/// The document of a bucket that was made with object lock.
pub(super) fn lock_document() -> String {
    "<ObjectLockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
     <ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"
        .to_owned()
}

/// `OwnershipControls`.
pub(super) fn ownership(document: &str) -> Result<Ownership, Fault> {
    element(document, "ObjectOwnership").and_then(Ownership::parse).ok_or_else(malformed)
}

/// The document that says so.
pub(super) fn ownership_document(ownership: Ownership) -> String {
    format!(
        "<OwnershipControls xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule>\
         <ObjectOwnership>{}</ObjectOwnership></Rule></OwnershipControls>",
        ownership.as_str()
    )
}
