//! The loop: one thread, one task per connection, nothing locked.

use std::convert::Infallible;
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

use super::counters::Kind;
use super::state::State;
use super::wire::{Call, Reply, slow_down, xml};
use super::{Args, bucket, objects, scratch};

/// Where the counts are shown; no bucket's name may begin so.
const COUNTERS: &str = "/_bench/counters";

/// Serves until the process ends.
pub(super) fn run(args: &Args) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(serve(args)))
}

async fn serve(args: &Args) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await?;
    let state = Rc::new(State::new(args, Instant::now()));
    writeln!(io::stdout(), "http://{}", listener.local_addr()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::task::spawn_local(connection(stream, Rc::clone(&state)));
    }
}

/// A client that goes away in the middle is its own affair.
async fn connection(stream: TcpStream, state: Rc<State>) {
    let service = service_fn(|request| handle(&state, request));
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let _ = served.await;
}

async fn handle(state: &State, request: Request<Incoming>) -> Result<Reply, Infallible> {
    let (parts, body) = request.into_parts();
    if parts.uri.path() == COUNTERS {
        return Ok(xml(state.counters.borrow().json()));
    }
    let body = read(body).await;
    let call = Call::read(&parts);
    let kind = kind(&call, &parts);
    state.counters.borrow_mut().began(kind, Instant::now());
    let reply = answer(state, &call, kind, &body);
    if !state.latency.is_zero() {
        tokio::time::sleep(state.latency).await;
    }
    state.counters.borrow_mut().ended(kind, Instant::now());
    Ok(reply)
}

async fn read(body: Incoming) -> Bytes {
    if body.is_end_stream() {
        return Bytes::new();
    }
    body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default()
}

fn kind(call: &Call<'_>, parts: &Parts) -> Kind {
    if call.bucket.is_empty() {
        Kind::Service
    } else if scratch::is_scratch(&call.key) || (call.key.is_empty() && scratch::is_listed(call)) {
        Kind::Scratch
    } else if !call.key.is_empty() {
        objects::kind(call)
    } else if bucket::is_listing(call) && parts.method == Method::GET {
        Kind::List
    } else {
        Kind::Bucket
    }
}

fn answer(state: &State, call: &Call<'_>, kind: Kind, body: &Bytes) -> Reply {
    if kind.is_data() {
        let now = Instant::now();
        let admitted = state.admits(now);
        state.counters.borrow_mut().decided(admitted, now);
        if !admitted {
            return slow_down(call);
        }
        return objects::answer(state, call, kind, body);
    }
    match kind {
        Kind::List => bucket::list(state, call),
        Kind::Scratch if call.key.is_empty() => bucket::list(state, call),
        Kind::Scratch => state.scratches.borrow_mut().answer(call, body),
        Kind::Service => bucket::service(call, body),
        _ => bucket::answer(call),
    }
}
