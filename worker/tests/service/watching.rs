//! Who watches a worker over HTTP: real sockets, so real time.

use std::net::SocketAddr;
use std::time::Duration;

use reseal_core::ports::Clock as _;
use reseal_worker::process::SystemClock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::stage::Stage;

/// Asks for a path as a scraper would; the status line and the rest.
async fn get(address: SocketAddr, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.expect("heard");
    let (status, rest) = heard.split_once("\r\n").expect("a status line");
    (status.to_owned(), rest.to_owned())
}

/// Asks until the answer is so.
async fn until(address: SocketAddr, path: &str, wanted: impl Fn(&str, &str) -> bool) {
    for _ in 0..1_000 {
        let (status, rest) = get(address, path).await;
        if wanted(&status, &rest) {
            return;
        }
        SystemClock::new().sleep(Duration::from_millis(5)).await;
    }
    panic!("never so at {path}");
}

#[tokio::test]
async fn health_and_metrics_tell_how_a_worker_is() {
    let stage = Stage::travelling(Duration::from_millis(400), 200).await;
    let at = stage.listen().await;
    let (ended, _) = stage
        .serve(|stopper| async move {
            let well =
                |status: &str, rest: &str| status.contains("200") && rest.ends_with("working\n");
            until(at, "/healthz", well).await;
            until(at, "/metrics", |status, page| {
                status.contains("200")
                    && page.contains("version=0.0.4")
                    && page.contains("\nreseal_chunks_held 2\n")
                    && !page.contains("\nreseal_requests_total 0\n")
            })
            .await;
            let (status, _) = get(at, "/elsewhere").await;
            assert!(status.contains("404"), "{status}");
            stopper.stop();
            let draining =
                |status: &str, rest: &str| status.contains("503") && rest.contains("draining");
            until(at, "/healthz", draining).await;
        })
        .await;
    ended.expect("drained");
    assert!(TcpStream::connect(at).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_worker_without_its_ledger_is_not_well() {
    let stage = Stage::travelling(Duration::from_millis(2), 2_000).await;
    let at = stage.listen().await;
    let cut = stage.cut.clone();
    let (ended, _) = stage
        .serve(|stopper| async move {
            until(at, "/healthz", |status, _| status.contains("200")).await;
            cut.set(true);
            let away = |status: &str, rest: &str| status.contains("503") && rest.contains("ledger");
            until(at, "/healthz", away).await;
            cut.set(false);
            until(at, "/healthz", |status, _| status.contains("200")).await;
            stopper.stop();
        })
        .await;
    ended.expect("drained");
}
