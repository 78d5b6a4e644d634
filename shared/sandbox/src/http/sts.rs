//! The one call of STS that everybody makes: who am I?

use hyper::StatusCode;

use super::codec;
use super::render::{Reply, xml};
use super::xml::Xml;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Answers a form-encoded request for `account`.
pub(super) fn answer(body: &[u8], account: &str, request_id: &str) -> Reply {
    let pairs = std::str::from_utf8(body).ok().and_then(codec::parse_pairs).unwrap_or_default();
    let action = pairs.iter().find(|(name, _)| name == "Action").map(|(_, action)| action.as_str());
    match action {
        Some("GetCallerIdentity") => caller_identity(account, request_id),
        other => refuse(other.unwrap_or("nothing"), request_id),
    }
}

fn caller_identity(account: &str, request_id: &str) -> Reply {
    xml(Xml::document("GetCallerIdentityResponse", Some(NAMESPACE), |xml| {
        xml.nest("GetCallerIdentityResult", |xml| {
            xml.text("Arn", format_args!("arn:aws:iam::{account}:user/sandbox"));
            xml.text("UserId", "AIDASANDBOXSANDBOXSAN");
            xml.text("Account", account);
        });
        xml.nest("ResponseMetadata", |xml| xml.text("RequestId", request_id));
    }))
}

fn refuse(action: &str, request_id: &str) -> Reply {
    let mut reply = xml(Xml::document("ErrorResponse", Some(NAMESPACE), |xml| {
        xml.nest("Error", |xml| {
            xml.text("Type", "Sender");
            xml.text("Code", "InvalidAction");
            xml.text("Message", format_args!("{action} is not modelled"));
        });
        xml.text("RequestId", request_id);
    }));
    *reply.status_mut() = StatusCode::BAD_REQUEST;
    reply
}
