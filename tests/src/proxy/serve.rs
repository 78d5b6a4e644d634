//! The wire: requests in, requests on, answers back.

#![expect(
    clippy::disallowed_methods,
    reason = "a server for a real client has real time and a task for each connection"
)]

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};

use super::Shared;
use super::fault::Fault;
use super::operation::Call;
use super::rule::{Hook, Verdict};

/// An answer that is all here.
pub(super) type Reply = Response<Bytes>;

type Upstream = Client<HttpConnector, Full<Bytes>>;

/// What a body that breaks off promises at least.
const PROMISED: usize = 64;

pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let upstream: Upstream = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    while let Ok((stream, _)) = listener.accept().await {
        connect(stream, &shared, &upstream);
    }
}

fn connect(stream: TcpStream, shared: &Arc<Shared>, upstream: &Upstream) {
    // Small answers wait for acknowledgements otherwise.
    let _ = stream.set_nodelay(true);
    let (shared, upstream) = (Arc::clone(shared), upstream.clone());
    let service = service_fn(move |request| handle(shared.clone(), upstream.clone(), request));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::spawn(async move {
        // Ends in an error whenever a rule breaks it: that is what it is for.
        let _ = connection.await;
    });
}

/// An error ends the connection without an answer.
async fn handle(
    shared: Arc<Shared>,
    upstream: Upstream,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let call = Call::read(&parts, &body);
    let Verdict { fault, before, after, dice } = shared.judge(&call);
    run(before, &call, &shared).await?;
    let fault = fault.unwrap_or(Fault::Pass);
    let reply = match &fault {
        Fault::Refuse(answer) => Some(answer.to(&call)),
        Fault::ResetBefore => None,
        _ => {
            if let Fault::Delay(delay) = fault {
                tokio::time::sleep(delay).await;
            }
            let mut reply = forward(&shared, &upstream, parts, body).await?;
            shared.clock.stamp(reply.headers_mut());
            run(after, &call, &shared).await?;
            shared.record(call.clone(), fault.name(), Some(reply.status().as_u16()));
            return spoil(&fault, reply, &call, dice);
        }
    };
    shared.record(call, fault.name(), None);
    reply.map(whole).ok_or_else(broken)
}

/// What is left of an answer.
fn spoil(fault: &Fault, reply: Reply, call: &Call, dice: u64) -> io::Result<Response<Body>> {
    match fault {
        Fault::RefuseAfter(answer) => Ok(whole(answer.to(call))),
        Fault::ResetAfter => Err(broken()),
        Fault::BreakOff => {
            let promised = reply.body().len().max(PROMISED);
            let (mut parts, body) = reply.into_parts();
            parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(promised));
            let rest = body.slice(..body.len() / 2);
            Ok(Response::from_parts(parts, Body { rest: Some(rest), breaks: true }))
        }
        Fault::CutShort => {
            let (parts, body) = reply.into_parts();
            let kept = dice as usize % body.len().max(1);
            Ok(whole(Response::from_parts(parts, body.slice(..kept.min(body.len())))))
        }
        Fault::Pass | Fault::Delay(_) | Fault::Refuse(_) | Fault::ResetBefore => Ok(whole(reply)),
    }
}

async fn forward(
    shared: &Shared,
    upstream: &Upstream,
    parts: Parts,
    body: Bytes,
) -> io::Result<Reply> {
    let Parts { method, uri, mut headers, .. } = parts;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let uri: Uri = format!("http://{}{path}", shared.upstream).parse().map_err(io::Error::other)?;
    let host = HeaderValue::from_str(&shared.upstream).map_err(io::Error::other)?;
    headers.insert(header::HOST, host);
    drop_hops(&mut headers);
    let is_head = method == Method::HEAD;
    let mut request = Request::new(Full::new(body));
    (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (method, uri, headers);
    let answer = upstream.request(request).await.map_err(io::Error::other)?;
    let (mut parts, body) = answer.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    drop_hops(&mut parts.headers);
    if !is_head {
        // hyper writes the length of what there is.
        parts.headers.remove(header::CONTENT_LENGTH);
    }
    Ok(Response::from_parts(parts, body))
}

/// What is about a connection, and not about the message.
fn drop_hops(headers: &mut HeaderMap) {
    for name in [header::CONNECTION, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
}

/// Hooks talk to servers and block.
async fn run(hook: Option<Hook>, call: &Call, shared: &Shared) -> io::Result<()> {
    let Some(hook) = hook else { return Ok(()) };
    let call = call.clone();
    let ended = tokio::task::spawn_blocking(move || hook(&call)).await;
    if ended.is_err() {
        shared.hook_failed.store(true, Ordering::Relaxed);
    }
    ended.map_err(io::Error::other)
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "by order of the test")
}

fn whole(reply: Reply) -> Response<Body> {
    reply.map(|bytes| Body { rest: Some(bytes), breaks: false })
}

/// A body that may end in an error.
pub(super) struct Body {
    rest: Option<Bytes>,
    breaks: bool,
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.rest.take() {
            Some(bytes) if !bytes.is_empty() => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            _ if self.breaks => Poll::Ready(Some(Err(broken()))),
            _ => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.rest {
            _ if self.breaks => SizeHint::default(),
            Some(bytes) => SizeHint::with_exact(bytes.len() as u64),
            None => SizeHint::with_exact(0),
        }
    }
}
