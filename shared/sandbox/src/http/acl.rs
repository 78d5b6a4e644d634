//! ACLs on the wire: canned ones, grant headers, documents.

use super::wire::Call;
use super::xml::{Element, S3_NAMESPACE, Xml};
use crate::model::{
    AclRequest, AclView, CannedAcl, CanonicalId, Code, Fault, Grant, Grantee, Group, Permission,
    parse_canonical_id,
};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The headers that name grants, in the order in which S3 lists them.
const GRANT_HEADERS: [(&str, Permission); 5] = [
    ("x-amz-grant-full-control", Permission::FullControl),
    ("x-amz-grant-read", Permission::Read),
    ("x-amz-grant-write", Permission::Write),
    ("x-amz-grant-read-acp", Permission::ReadAcp),
    ("x-amz-grant-write-acp", Permission::WriteAcp),
];

/// What the headers of a request say about an ACL.
pub(super) fn headers(call: &Call) -> Result<Option<AclRequest>, Fault> {
    let canned = match call.header("x-amz-acl") {
        None => None,
        Some(text) => Some(CannedAcl::parse(&text).ok_or_else(|| argument(""))?),
    };
    let mut grants = Vec::new();
    for (name, permission) in GRANT_HEADERS {
        for value in call.headers().get_all(name) {
            let text = String::from_utf8_lossy(value.as_bytes());
            for entry in text.split(',').filter(|entry| !entry.trim().is_empty()) {
                grants.push(Grant { grantee: header_grantee(entry)?, permission });
            }
        }
    }
    match (canned, grants.is_empty()) {
        (Some(_), false) => Err(Fault::new(
            Code::InvalidRequest,
            "Specifying both Canned ACLs and Header Grants is not allowed",
        )),
        (Some(canned), true) => Ok(Some(AclRequest::Canned(canned))),
        (None, false) => Ok(Some(AclRequest::Grants(grants))),
        (None, true) => Ok(None),
    }
}

/// `id="…"`, `uri="…"` or `emailAddress="…"`.
fn header_grantee(entry: &str) -> Result<Grantee, Fault> {
    let unknown = || argument("Argument format not recognized");
    let (kind, value) = entry.split_once('=').ok_or_else(unknown)?;
    let value = value.trim().trim_matches('"');
    match kind.trim() {
        "id" => user(value),
        "uri" => group(value),
        "emailAddress" => Err(no_emails()),
        _ => Err(unknown()),
    }
}

fn user(id: &str) -> Result<Grantee, Fault> {
    parse_canonical_id(id).map(Grantee::User).ok_or_else(|| argument("Invalid id"))
}

fn group(uri: &str) -> Result<Grantee, Fault> {
    Group::parse(uri).map(Grantee::Group).ok_or_else(|| argument("Invalid group uri"))
}

fn argument(message: &str) -> Fault {
    Fault::new(Code::InvalidArgument, message)
}

/// Since October 2025.
fn no_emails() -> Fault {
    Fault::new(Code::MethodNotAllowed, "The specified method is not allowed against this resource.")
}

fn malformed() -> Fault {
    Fault::new(
        Code::MalformedAcl,
        "The ACL that you provided was not well formed or did not validate against our published \
         schema",
    )
}

/// A new ACL: of the headers, or else of the body, which also names the owner.
pub(super) fn change(call: &Call) -> Result<(Option<CanonicalId>, AclRequest), Fault> {
    if let Some(request) = headers(call)? {
        if !call.body.is_empty() {
            return Err(Fault::new(
                Code::UnexpectedContent,
                "This request does not support content",
            ));
        }
        return Ok((None, request));
    }
    let root = Element::parse(&call.body).filter(|root| root.is("AccessControlPolicy"));
    let root = root.ok_or_else(malformed)?;
    let owner = root.child("Owner").and_then(|owner| owner.value("ID"));
    let owner = owner.and_then(parse_canonical_id).ok_or_else(malformed)?;
    let list = root.child("AccessControlList").ok_or_else(malformed)?;
    let grants = list.all("Grant").map(grant).collect::<Result<_, _>>()?;
    Ok((Some(owner), AclRequest::Grants(grants)))
}

fn grant(element: &Element) -> Result<Grant, Fault> {
    let grantee = element.child("Grantee").ok_or_else(malformed)?;
    let permission = element.value("Permission").and_then(|text| Permission::parse(text.trim()));
    let permission = permission.ok_or_else(malformed)?;
    let grantee = match (grantee.value("ID"), grantee.value("URI"), grantee.value("EmailAddress")) {
        (Some(id), None, None) => user(id.trim())?,
        (None, Some(uri), None) => group(uri.trim())?,
        (None, None, Some(_)) => return Err(no_emails()),
        _ => return Err(malformed()),
    };
    Ok(Grant { grantee, permission })
}

/// `AccessControlPolicy`.
pub(super) fn document(view: &AclView) -> bytes::Bytes {
    // The version isn't told: S3's answer has no place for it.
    let AclView { version_id: _, owner, grants } = view;
    Xml::document("AccessControlPolicy", Some(S3_NAMESPACE), |xml| {
        xml.nest("Owner", |xml| xml.text("ID", owner));
        xml.nest("AccessControlList", |xml| {
            for Grant { grantee, permission } in grants {
                xml.nest("Grant", |xml| {
                    write_grantee(xml, grantee);
                    xml.text("Permission", permission.as_str());
                });
            }
        });
    })
}

fn write_grantee(xml: &mut Xml, grantee: &Grantee) {
    let (kind, element, value) = match grantee {
        Grantee::User(id) => ("CanonicalUser", "ID", id.as_ref()),
        Grantee::Group(group) => ("Group", "URI", group.as_str()),
    };
    let attributes = [("xmlns:xsi", XSI), ("xsi:type", kind)];
    xml.nest_typed("Grantee", &attributes, |xml| xml.text(element, value));
}
