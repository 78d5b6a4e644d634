//! A small HTTP server for those who watch a process of ours.
//!
//! It answers GET and HEAD with what is known at once and never makes anybody
//! wait for another service. All connections live in the caller's future;
//! there are never more than a few, each serves one request, and none lives
//! long: whoever connects can hold up nothing but itself.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http_body_util::Full;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Response, StatusCode};
use hyper_util::rt::TokioIo;
use reseal_core::ports::Clock;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

/// Answered to whoever asks, whatever else is: that it is answered says that the
/// process serves, and so it is for whoever restarts one that doesn't.
pub(super) const ALIVE: &str = "/alive";
/// Connections at a time; more wait in the listener's own queue.
const MOST: usize = 16;
/// How long one connection may live, from its first byte to the last.
const LIFETIME: Duration = Duration::from_secs(10);
/// How large a request's head may be.
const HEAD_BYTES: usize = 16 * 1024;
/// How long to wait when the machine has no connection to give.
const EXHAUSTED: Duration = Duration::from_millis(200);

/// An answer that is all here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl Answer {
    /// 200: all is well.
    #[must_use]
    pub fn well(line: &str) -> Self {
        Self::text(StatusCode::OK, line)
    }

    /// 503: somebody may want to look.
    #[must_use]
    pub fn unwell(line: &str) -> Self {
        Self::text(StatusCode::SERVICE_UNAVAILABLE, line)
    }

    /// 404: what is here instead.
    #[must_use]
    pub fn not_here(line: &str) -> Self {
        Self::text(StatusCode::NOT_FOUND, line)
    }

    pub(super) fn text(status: StatusCode, line: &str) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: format!("{line}\n") }
    }
}

/// Answers whatever path is asked for, until it is dropped; `/alive` by itself.
pub async fn serve(
    listener: &TcpListener,
    clock: &dyn Clock,
    answer: &(impl Fn(&str) -> Answer + Sync),
) -> Infallible {
    let mut connections = FuturesUnordered::new();
    loop {
        tokio::select! {
            biased;
            Some(()) = connections.next() => {}
            accepted = listener.accept(), if connections.len() < MOST => match accepted {
                Ok((stream, _)) => connections.push(connection(stream, clock, answer)),
                Err(error) => {
                    tracing::warn!(error = %error, "no connection accepted, trying again");
                    clock.sleep(EXHAUSTED).await;
                }
            },
        }
    }
}

/// One request and its answer.
async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    clock: &dyn Clock,
    answer: &impl Fn(&str) -> Answer,
) {
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let answer = match *request.method() {
            Method::GET | Method::HEAD => match request.uri().path() {
                ALIVE => Answer::well("alive"),
                path => answer(path),
            },
            _ => Answer::text(StatusCode::METHOD_NOT_ALLOWED, "GET only"),
        };
        std::future::ready(Ok::<_, Infallible>(response(answer)))
    });
    let mut http = http1::Builder::new();
    http.keep_alive(false).max_buf_size(HEAD_BYTES);
    let mut served = pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        biased;
        () = clock.sleep(LIFETIME) => {}
        // A client that hangs up in the middle is the client's business.
        _ = &mut served => {}
    }
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let Answer { status, content_type, body } = answer;
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use reseal_testkit::SimClock;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    fn answer(path: &str) -> Answer {
        match path {
            "/here" => Answer::text(StatusCode::OK, "found"),
            _ => Answer::text(StatusCode::NOT_FOUND, "nothing here"),
        }
    }

    /// What comes back for these bytes, and when the connection ends.
    async fn talk(said: &str) -> (String, Duration) {
        let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let client = async {
            let (mut reader, mut writer) = tokio::io::split(ours);
            writer.write_all(said.as_bytes()).await.expect("sent");
            let mut heard = Vec::new();
            // Kept open: it is the server that has to end.
            let _ = reader.read_to_end(&mut heard).await;
            (String::from_utf8(heard).expect("UTF-8"), clock.monotonic())
        };
        let (heard, ()) = tokio::join!(client, connection(theirs, clock.as_ref(), &answer));
        heard
    }

    #[tokio::test(start_paused = true)]
    async fn one_request_is_answered_and_the_connection_ends() {
        let (heard, at) = talk("GET /here?q HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(heard.starts_with("HTTP/1.1 200 OK\r\n"), "{heard}");
        assert!(heard.contains("content-type: text/plain; charset=utf-8\r\n"), "{heard}");
        assert!(heard.ends_with("\r\n\r\nfound\n"), "{heard}");
        assert_eq!(at, Duration::ZERO, "at once");
        let (heard, _) = talk("GET /alive HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(heard.starts_with("HTTP/1.1 200") && heard.ends_with("alive\n"), "{heard}");
        let (heard, _) = talk("GET /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(heard.starts_with("HTTP/1.1 404"), "{heard}");
        let (heard, _) = talk("POST /here HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").await;
        assert!(heard.starts_with("HTTP/1.1 405"), "{heard}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_ends_a_request_is_cut_off() {
        for said in
            ["", "GET /here HTTP/1.1\r\nHost", "POST /here HTTP/1.1\r\nContent-Length: 9\r\n\r\n"]
        {
            let (_, at) = talk(said).await;
            assert!(at <= LIFETIME, "{said:?} after {at:?}");
        }
        let (heard, at) = talk("GET /here HTTP/1.1\r\nHost").await;
        assert_eq!((heard.as_str(), at), ("", LIFETIME));
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_end_is_refused() {
        let (heard, at) = talk(&format!("GET /{} HTTP/1.1\r\n", "x".repeat(20_000))).await;
        assert!(!heard.contains("200 OK"), "{heard}");
        assert_eq!(at, Duration::ZERO);
    }
}
