//! Listening on loopback until told to stop.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::service::{State, handle};
use crate::model::Model;

/// How long a stopping server waits for requests under way.
const GRACE: Duration = Duration::from_secs(5);

/// How to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServerConfig {
    /// The port on 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// How long every answer of S3 and KMS is held back.
    pub latency: Duration,
}

/// A server at work.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint's URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until it has stopped, which only its shutdown future brings about.
    pub async fn finished(self) {
        // The task neither panics on purpose nor is aborted: nothing to report.
        let _ = self.task.await;
    }
}

/// Serves `model` on loopback until `shutdown` is done, then lets requests under way finish.
///
/// # Errors
/// If the port can't be bound.
pub async fn serve(
    config: ServerConfig,
    model: Arc<Mutex<Model>>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<Server> {
    let ServerConfig { port, latency } = config;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    let state = Arc::new(State::new(model, latency));
    let task = tokio::spawn(accept(listener, state, shutdown));
    Ok(Server { address, task })
}

async fn accept(listener: TcpListener, state: Arc<State>, shutdown: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => connect(stream, &state, &connections),
                // Out of descriptors, most likely: give the others time to finish.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, connections.shutdown()).await;
}

fn connect(stream: TcpStream, state: &Arc<State>, connections: &GracefulShutdown) {
    // Without this small answers wait for acknowledgements; failing to set it is no harm.
    let _ = stream.set_nodelay(true);
    let state = Arc::clone(state);
    let service = service_fn(move |request| handle(Arc::clone(&state), request));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        // A client that hangs up in the middle is the client's business.
        let _ = connection.await;
    });
}
