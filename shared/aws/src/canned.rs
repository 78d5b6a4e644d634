//! A server on loopback for tests: it records what was really sent and
//! answers what it was told to.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use reseal_core::{ObjectKey, ObjectRef, VersionId};

use crate::{Aws, S3Store, Settings, connect};

pub(crate) const OWNER: &str = "111122223333";
pub(crate) const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/k";

/// A request as it came over the wire.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) method: String,
    /// Path and query, byte for byte.
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Serves one connection per answer, then ends with what it received.
pub(crate) struct Canned {
    pub(crate) url: String,
    server: JoinHandle<Vec<Sent>>,
}

impl Canned {
    pub(crate) fn serve(answers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let answers: Vec<Vec<u8>> = answers.into_iter().collect();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let serve = move |answer: Vec<u8>| {
            let (mut stream, _) = listener.accept().expect("a connection");
            let sent = receive(&mut stream);
            stream.write_all(&answer).expect("written");
            sent
        };
        let server = std::thread::spawn(move || answers.into_iter().map(serve).collect());
        Self { url, server }
    }

    pub(crate) async fn aws(&self) -> Aws {
        connect(&Settings::for_testing(&self.url)).await.expect("connects")
    }

    pub(crate) async fn store(&self) -> S3Store {
        self.aws().await.store(OWNER.parse().expect("an account"))
    }

    /// All requests, once every answer was given.
    pub(crate) fn sent(self) -> Vec<Sent> {
        self.server.join().expect("the server ends well")
    }
}

/// An answer; `Connection: close` keeps it to one per connection.
pub(crate) fn answer(status: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !headers.iter().any(|(name, _)| *name == "content-length") {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// S3's form of an error.
pub(crate) fn error(status: &str, code: &str, message: &str) -> Vec<u8> {
    let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    answer(status, &[("x-amz-request-id", "REQ1")], &body)
}

pub(crate) fn object(key: &str, version: Option<&str>) -> ObjectRef {
    ObjectRef {
        bucket: "my-bucket".parse().expect("a bucket"),
        key: ObjectKey::new(key).expect("a key"),
        version: version.map(VersionId::new),
    }
}

fn receive(stream: &mut TcpStream) -> Sent {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).expect("readable");
        assert!(read > 0, "the request ends early");
        bytes.extend_from_slice(&buffer[..read]);
        if let Some(sent) = parse(&bytes) {
            return sent;
        }
    }
}

/// The request, once it is complete.
fn parse(bytes: &[u8]) -> Option<Sent> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let sent = Sent { method, target, headers, body: body.to_owned() };
    let length: usize = sent.header("content-length").map_or(Ok(0), str::parse).ok()?;
    (body.len() >= length).then_some(sent)
}
