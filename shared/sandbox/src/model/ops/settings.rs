//! Settings that travel as documents, read as far as the model acts on them.

use super::super::acl::Ownership;
use super::super::{Code, Fault};

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
