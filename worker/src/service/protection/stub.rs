//! An ECS agent's task protection endpoint, as AWS's page describes it, with
//! the failures that a test asks for.

use std::cell::Cell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How one request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// As asked.
    Obliging,
    /// ECS knows no such task.
    Failure,
    /// The task's role may not.
    Denied,
    /// Never.
    Silent,
    /// The connection ends without an answer.
    Gone,
}

/// The stub: obliging unless told otherwise.
pub(super) struct Stub {
    listener: TcpListener,
    moods: Mutex<VecDeque<Mood>>,
    heard: Mutex<Vec<Value>>,
    obliged: AtomicUsize,
}

impl Stub {
    pub(super) async fn new(moods: &[Mood]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let moods = Mutex::new(moods.iter().copied().collect());
        Self { listener, moods, heard: Mutex::default(), obliged: AtomicUsize::new(0) }
    }

    pub(super) fn uri(&self) -> String {
        format!("http://{}/api/task-1", self.listener.local_addr().expect("an address"))
    }

    /// What was asked for, in order.
    pub(super) fn heard(&self) -> Vec<Value> {
        self.heard.lock().expect("not poisoned").clone()
    }

    /// How many answers that oblige were sent, to their last byte.
    pub(super) fn obliged(&self) -> usize {
        self.obliged.load(Ordering::Relaxed)
    }

    /// Answers until it is dropped.
    pub(super) async fn serve(&self) -> Infallible {
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                Some(()) = connections.next() => {}
                accepted = self.listener.accept() => {
                    let (stream, _) = accepted.expect("a connection");
                    connections.push(async move {
                        let obliging = Cell::new(false);
                        let service = service_fn(|request| self.answer(request, &obliging));
                        let http = http1::Builder::new();
                        let _ = http.serve_connection(TokioIo::new(stream), service).await;
                        if obliging.get() {
                            self.obliged.fetch_add(1, Ordering::Relaxed);
                        }
                    });
                }
            }
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        obliges: &Cell<bool>,
    ) -> io::Result<Response<Full<Bytes>>> {
        assert_eq!(request.method(), "PUT");
        assert_eq!(request.uri().path(), "/api/task-1/task-protection/v1/state");
        assert!(request.headers().contains_key("host"), "HTTP/1.1 asks for it");
        let body = request.into_body().collect().await.expect("a body").to_bytes();
        let wish: Value = serde_json::from_slice(&body).expect("JSON");
        self.heard.lock().expect("not poisoned").push(wish.clone());
        let mood = self.moods.lock().expect("not poisoned").pop_front();
        let (status, reply) = match mood.unwrap_or(Mood::Obliging) {
            Mood::Obliging => {
                obliges.set(true);
                (200, obliging(&wish))
            }
            Mood::Failure => {
                let failure = json!({"Arn": "arn", "Detail": null, "Reason": "TASK_NOT_VALID"});
                (200, json!({ "failure": failure }))
            }
            Mood::Denied => {
                let code = "AccessDeniedException";
                let error = json!({"Arn": "arn", "Code": code, "Message": "not authorized"});
                (400, json!({ "requestID": "12345", "error": error }))
            }
            Mood::Silent => std::future::pending().await,
            Mood::Gone => return Err(io::ErrorKind::ConnectionReset.into()),
        };
        let mut response = Response::new(Full::new(Bytes::from(reply.to_string())));
        *response.status_mut() = status.try_into().expect("a status");
        Ok(response)
    }
}

/// Strict about what is asked, as the page is.
fn obliging(wish: &Value) -> Value {
    let wish = wish.as_object().expect("an object");
    let enabled = wish.get("ProtectionEnabled").and_then(Value::as_bool).expect("a wish");
    let known = ["ProtectionEnabled", "ExpiresInMinutes"];
    assert!(wish.keys().all(|key| known.contains(&key.as_str())), "{wish:?}");
    let mut protection = json!({ "ProtectionEnabled": enabled, "TaskArn": "arn" });
    if let Some(minutes) = wish.get("ExpiresInMinutes") {
        let minutes = minutes.as_u64().expect("a number");
        assert!((1..=2_880).contains(&minutes), "{minutes}");
        protection["ExpirationDate"] = "2026-11-22T21:57:44.837Z".into();
    }
    json!({ "protection": protection })
}
