//! What can be done to a request.

use std::time::Duration;

use bytes::Bytes;
use hyper::{Response, StatusCode};

use super::operation::{Call, Service};
use super::serve::Reply;

/// A service's refusal, made up.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    code: String,
    message: String,
    date: Option<String>,
}

/// What is done to a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing: for rules that only have something else happen meanwhile.
    Pass,
    /// Handed on later.
    Delay(Duration),
    /// Answered here. The server never hears of it.
    Refuse(Answer),
    /// Handed on, and then answered with this instead.
    RefuseAfter(Answer),
    /// The connection ends. The server never hears of it.
    ResetBefore,
    /// Handed on, and the answer is lost with the connection.
    ResetAfter,
    /// Handed on; in the middle of the answer's body the connection ends. An
    /// answer without a body promises one.
    BreakOff,
    /// Handed on; the answer's body ends too early, at a place left to chance,
    /// and its length says so.
    CutShort,
}

impl Fault {
    /// Its name in records.
    pub(super) fn name(&self) -> Option<&'static str> {
        match self {
            Self::Pass => None,
            Self::Delay(_) => Some("delayed"),
            Self::Refuse(_) => Some("refused"),
            Self::RefuseAfter(_) => Some("refused after forwarding"),
            Self::ResetBefore => Some("reset"),
            Self::ResetAfter => Some("reset after forwarding"),
            Self::BreakOff => Some("broken off"),
            Self::CutShort => Some("cut short"),
        }
    }
}

impl Answer {
    /// An answer with this status and error code.
    #[must_use]
    pub fn new(status: u16, code: &str) -> Self {
        let message = format!("{code}, by order of the test");
        Self { status, code: code.to_owned(), message, date: None }
    }

    /// What it says beside the code. Some cases differ in nothing else.
    #[must_use]
    pub fn saying(mut self, message: &str) -> Self {
        message.clone_into(&mut self.message);
        self
    }

    /// The `Date` header, where the server's clock shall be another.
    #[must_use]
    pub fn dated(mut self, date: &str) -> Self {
        self.date = Some(date.to_owned());
        self
    }

    /// On the wire, as the service that was asked says such things.
    pub(super) fn to(&self, call: &Call) -> Reply {
        let Self { status, code, message, date } = self;
        let (content_type, body) = match call.service {
            _ if call.is_head => ("application/xml", String::new()),
            Service::S3 => ("application/xml", error_document(code, message)),
            Service::Sts | Service::CloudFormation => (
                "text/xml",
                format!(
                    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}\
                 </Message></Error><RequestId>PROXY</RequestId></ErrorResponse>"
                ),
            ),
            Service::Kms | Service::DynamoDb | Service::Sqs => (
                "application/x-amz-json-1.1",
                serde_json::json!({ "__type": code, "message": message }).to_string(),
            ),
        };
        let mut reply = Response::builder()
            .status(StatusCode::from_u16(*status).expect("a status"))
            .header("content-type", content_type)
            .header("x-amz-request-id", "PROXY");
        if let Some(date) = date {
            reply = reply.header("date", date);
        }
        reply.body(Bytes::from(body)).expect("a reply")
    }
}

fn error_document(code: &str, message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
         <Message>{message}</Message><RequestId>PROXY</RequestId><HostId>proxy</HostId></Error>"
    )
}
