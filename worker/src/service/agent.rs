//! The ECS container agent's task protection endpoint, as AWS documents it
//! ("Amazon ECS task scale-in protection endpoint").

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderValue};
use hyper::{Request, StatusCode, Uri};
use reseal_core::escape_control;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;

use super::exchange::exchange;

/// Below `$ECS_AGENT_URI`.
const PATH: &str = "task-protection/v1/state";
/// What of a foreign text goes into a log line.
const SHOWN: usize = 300;

/// Where the agent is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcsAgent {
    uri: Uri,
    authority: String,
}

/// Why an `$ECS_AGENT_URI` can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ECS_AGENT_URI '{0}' is not an http:// address")]
pub struct NotAnAgent(String);

impl EcsAgent {
    /// The agent at `$ECS_AGENT_URI`, such as `http://169.254.170.2/api/…`.
    ///
    /// # Errors
    /// When that isn't a plain HTTP address.
    pub fn at(uri: &str) -> Result<Self, NotAnAgent> {
        let wrong = || NotAnAgent(escape_control(uri));
        let uri: Uri =
            format!("{}/{PATH}", uri.trim_end_matches('/')).parse().map_err(|_| wrong())?;
        if uri.scheme_str() != Some("http") {
            return Err(wrong());
        }
        let authority = uri.authority().ok_or_else(wrong)?.to_string();
        Ok(Self { uri, authority })
    }

    /// Asks for protection for so long, or gives it up.
    ///
    /// # Errors
    /// Why it isn't so, or isn't known to be, in one line.
    pub(super) async fn protect(&self, expires: Option<Duration>) -> Result<(), String> {
        let wish = Wish {
            protection_enabled: expires.is_some(),
            expires_in_minutes: expires.map(|time| (time.as_secs() / 60).max(1)),
        };
        let (status, body) = self.put(&wish).await?;
        judge(status, &body, wish.protection_enabled)
    }

    async fn put(&self, wish: &Wish) -> Result<(StatusCode, Bytes), String> {
        let body = serde_json::to_vec(wish).map_err(|e| e.to_string())?;
        let mut request = Request::put(self.uri.path())
            .header(header::HOST, &self.authority)
            .body(Full::new(Bytes::from(body)))
            .map_err(|e| e.to_string())?;
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::CONTENT_TYPE, json);
        let host = self.uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = self.uri.port_u16().unwrap_or(80);
        let stream = TcpStream::connect((host, port)).await.map_err(|e| e.to_string())?;
        exchange(stream, request).await
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Wish {
    protection_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_minutes: Option<u64>,
}

/// One of these, by AWS's page.
#[derive(Debug, Deserialize)]
struct Reply {
    protection: Option<State>,
    failure: Option<Failure>,
    error: Option<Error>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    protection_enabled: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    reason: Option<String>,
    detail: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Error {
    code: Option<String>,
    message: Option<String>,
}

fn judge(status: StatusCode, body: &[u8], wanted: bool) -> Result<(), String> {
    let shown = |text: &str| escape_control(&text.chars().take(SHOWN).collect::<String>());
    let Ok(Reply { protection, failure, error }) = serde_json::from_slice(body) else {
        return Err(format!("{status}: {}", shown(&String::from_utf8_lossy(body))));
    };
    let pair = |what: Option<String>, why: Option<String>| {
        let words: Vec<String> = [what, why].into_iter().flatten().collect();
        Err(format!("{status}: {}", shown(&words.join(": "))))
    };
    if let Some(Failure { reason, detail }) = failure {
        return pair(reason, detail);
    }
    if let Some(Error { code, message }) = error {
        return pair(code, message);
    }
    match protection {
        Some(state) if status.is_success() && state.protection_enabled == wanted => Ok(()),
        Some(state) => Err(format!("{status}: protection is {}", state.protection_enabled)),
        None => Err(format!("{status}: neither protection nor failure")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_must_be_plain_http() {
        let agent = EcsAgent::at("http://169.254.170.2/api/0b2c").expect("an address");
        assert_eq!(agent.uri.path(), "/api/0b2c/task-protection/v1/state");
        assert_eq!(agent.authority, "169.254.170.2");
        for wrong in ["", "https://169.254.170.2/api", "169.254.170.2/api", "file:///x", "http://"]
        {
            assert!(EcsAgent::at(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_what_says_so_is_a_success() {
        let protection = |on: bool| {
            format!(
                r#"{{"protection":{{"ExpirationDate":"2026-11-22T21:57:44Z","ProtectionEnabled":{on},"TaskArn":"arn"}}}}"#
            )
        };
        let judge = |status: u16, body: &str| {
            judge(StatusCode::from_u16(status).expect("a status"), body.as_bytes(), true)
        };
        assert_eq!(judge(200, &protection(true)), Ok(()));
        assert!(judge(200, &protection(false)).is_err());
        assert!(judge(500, &protection(true)).is_err());
        let failure = r#"{"failure":{"Arn":"arn","Detail":null,"Reason":"TASK_NOT_VALID"}}"#;
        assert_eq!(judge(200, failure), Err("200 OK: TASK_NOT_VALID".to_owned()));
        let error = r#"{"requestID":"12345","error":{"Arn":"arn","Code":"AccessDeniedException","Message":"not\nallowed"}}"#;
        let said = judge(400, error).expect_err("refused");
        assert_eq!(said, r"400 Bad Request: AccessDeniedException: not\nallowed");
        for nonsense in ["", "{}", "[]", "<html>", r#"{"protection":null}"#] {
            assert!(judge(200, nonsense).is_err(), "{nonsense}");
        }
    }
}
