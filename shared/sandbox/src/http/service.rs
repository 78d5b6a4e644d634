//! One request from the wire to the model and back.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, Request as HttpRequest};

use super::render::{self, Reply};
use super::wire::{self, Call};
use super::{admin, kms, route, sts};
use crate::model::{Code, Fault, Model, Moment, Request, Response};

/// The largest body that is read into memory.
const LARGEST_BODY: usize = 1 << 30;

/// What all connections share.
pub(super) struct State {
    pub(super) model: Arc<Mutex<Model>>,
    latency_millis: AtomicU64,
    requests: AtomicU64,
}

impl State {
    pub(super) fn new(model: Arc<Mutex<Model>>, latency: Duration) -> Self {
        let state = Self { model, latency_millis: AtomicU64::new(0), requests: AtomicU64::new(0) };
        state.set_latency(latency);
        state
    }

    pub(super) fn set_latency(&self, latency: Duration) {
        let millis = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        self.latency_millis.store(millis, Ordering::Relaxed);
    }

    pub(super) fn latency(&self) -> Duration {
        Duration::from_millis(self.latency_millis.load(Ordering::Relaxed))
    }

    /// The model. A panic elsewhere can't have left it half changed in a way that matters
    /// more than going on serving.
    pub(super) fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request_id(&self) -> String {
        format!("{:016X}", self.requests.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

pub(super) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

pub(super) async fn handle(
    state: Arc<State>,
    request: HttpRequest<Incoming>,
) -> Result<Reply, Infallible> {
    let request_id = state.request_id();
    let (parts, body) = request.into_parts();
    let method = parts.method.clone();
    let resource = parts.uri.path().to_owned();
    let mut reply = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => dispatch(&state, parts, body.to_bytes(), &request_id).await,
        Err(_) => {
            let fault = Fault::new(Code::EntityTooLarge, "The body is too large, or was cut short");
            render::fault(&method, &resource, &request_id, &fault)
        }
    };
    render::set(reply.headers_mut(), "x-amz-request-id", &request_id);
    render::set(reply.headers_mut(), "server", "reseal-sandbox");
    Ok(reply)
}

async fn dispatch(state: &State, parts: Parts, body: Bytes, request_id: &str) -> Reply {
    if let Some(path) = parts.uri.path().strip_prefix("/_sandbox/") {
        return admin::answer(state, &parts.method, path, parts.uri.query(), &body);
    }
    let latency = state.latency();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    if let Some(operation) = target.and_then(|target| target.strip_prefix(kms::TARGET)) {
        return answer_kms(state, &parts, operation, &body);
    }
    if parts.method == Method::POST && parts.uri.path() == "/" {
        return answer_sts(state, &parts, &body, request_id);
    }
    answer_s3(state, parts, body, request_id)
}

/// Asks for a signer who says nothing beside the question.
fn ask(state: &State, parts: &Parts, request: Request) -> Result<Response, Fault> {
    let now = now();
    let mut model = state.model();
    let signer = model.recognise(wire::access_key(&parts.headers), now)?;
    model.apply(&signer, request, now)
}

fn answer_sts(state: &State, parts: &Parts, body: &[u8], request_id: &str) -> Reply {
    let answer = sts::route(body).and_then(|request| ask(state, parts, request));
    match answer {
        Ok(Response::Sts(answer)) => sts::reply(&answer, request_id),
        Ok(_) => sts::fault(&Fault::new(Code::InternalError, "Not an answer of STS"), request_id),
        Err(fault) => sts::fault(&fault, request_id),
    }
}

fn answer_kms(state: &State, parts: &Parts, operation: &str, body: &[u8]) -> Reply {
    let answer = kms::route(operation, body).and_then(|request| ask(state, parts, request));
    match answer {
        Ok(Response::Kms(answer)) => kms::reply(answer),
        Ok(_) => render::fault_json(&Fault::new(Code::InternalError, "Not an answer of KMS")),
        Err(fault) => render::fault_json(&fault),
    }
}

fn answer_s3(state: &State, parts: Parts, body: Bytes, request_id: &str) -> Reply {
    let method = parts.method.clone();
    let resource = parts.uri.path().to_owned();
    let answer = Call::read(parts, body).and_then(|mut call| {
        let request = route::route(&mut call)?;
        let now = now();
        let response = {
            let mut model = state.model();
            let signer = model.recognise(wire::access_key(call.headers()), now)?;
            model.apply(&call.caller(signer), request, now)?
        };
        Ok(render::success(&call, response))
    });
    answer.unwrap_or_else(|fault| render::fault(&method, &resource, request_id, &fault))
}
