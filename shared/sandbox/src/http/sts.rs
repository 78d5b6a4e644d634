//! STS's form-encoded calls, as far as anybody here makes them.

use hyper::StatusCode;

use super::codec;
use super::dates::iso_date;
use super::render::{Reply, xml};
use super::xml::Xml;
use crate::model::{AssumedRole, Code, Fault, Request, StsRequest, StsResponse};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// What STS takes for the length of a session that names none, in seconds.
const HOUR: u32 = 3600;

/// Understands a request.
pub(super) fn route(body: &[u8]) -> Result<Request, Fault> {
    let pairs = std::str::from_utf8(body).ok().and_then(codec::parse_pairs).unwrap_or_default();
    let field = |wanted: &str| {
        pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    };
    let request = match field("Action") {
        Some("GetCallerIdentity") => StsRequest::GetCallerIdentity,
        Some("AssumeRole") => StsRequest::AssumeRole {
            role: field("RoleArn").unwrap_or_default().to_owned(),
            session: field("RoleSessionName").unwrap_or_default().to_owned(),
            seconds: match field("DurationSeconds") {
                None => HOUR,
                // No number of seconds is no length of a session.
                Some(text) => text.parse().unwrap_or(0),
            },
        },
        other => {
            let message = format!("{} is not modelled", other.unwrap_or("nothing"));
            return Err(Fault::new(Code::InvalidAction, message));
        }
    };
    Ok(Request::Sts(request))
}

/// Writes an answer.
pub(super) fn reply(answer: &StsResponse, request_id: &str) -> Reply {
    let metadata = |xml: &mut Xml| {
        xml.nest("ResponseMetadata", |xml| xml.text("RequestId", request_id));
    };
    match answer {
        StsResponse::Identity { account, arn } => {
            xml(Xml::document("GetCallerIdentityResponse", Some(NAMESPACE), |xml| {
                xml.nest("GetCallerIdentityResult", |xml| {
                    xml.text("Arn", arn);
                    xml.text("UserId", "AIDASANDBOXSANDBOXSAN");
                    xml.text("Account", account);
                });
                metadata(xml);
            }))
        }
        StsResponse::Assumed(assumed) => {
            xml(Xml::document("AssumeRoleResponse", Some(NAMESPACE), |xml| {
                xml.nest("AssumeRoleResult", |xml| assumed_role(xml, assumed));
                metadata(xml);
            }))
        }
    }
}

fn assumed_role(xml: &mut Xml, assumed: &AssumedRole) {
    let AssumedRole { access_key, session, expiry } = assumed;
    xml.nest("AssumedRoleUser", |xml| {
        xml.text("AssumedRoleId", format_args!("AROASANDBOXSANDBOXSAN:{}", session.name));
        xml.text("Arn", session.arn());
    });
    xml.nest("Credentials", |xml| {
        xml.text("AccessKeyId", access_key);
        // Nobody verifies signatures here: secret and token only have to be there.
        xml.text("SecretAccessKey", "not-a-secret");
        xml.text("SessionToken", format_args!("session-of-{access_key}"));
        xml.text("Expiration", iso_date(*expiry));
    });
}

/// STS's error document.
pub(super) fn fault(fault: &Fault, request_id: &str) -> Reply {
    let mut reply = xml(Xml::document("ErrorResponse", Some(NAMESPACE), |xml| {
        xml.nest("Error", |xml| {
            xml.text("Type", "Sender");
            xml.text("Code", fault.code.as_str());
            xml.text("Message", &fault.message);
        });
        xml.text("RequestId", request_id);
    }));
    *reply.status_mut() =
        StatusCode::from_u16(fault.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply
}
