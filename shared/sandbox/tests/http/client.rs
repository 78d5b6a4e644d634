//! A server on a thread of its own, and the smallest HTTP client that can talk to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use reseal_sandbox::http::{ServerConfig, serve};
use reseal_sandbox::model::Model;
use tokio::sync::oneshot;

/// A running server; it stops when dropped.
pub(crate) struct Sandbox {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    pub(crate) fn start() -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runs");
            runtime.block_on(async move {
                let model = Arc::new(Mutex::new(Model::default()));
                let shutdown = async move {
                    let _ = stopped.await;
                };
                let server = serve(ServerConfig::default(), model, shutdown).await.expect("binds");
                tell.send(server.address()).expect("somebody waits");
                server.finished().await;
            });
        });
        let address = told.recv().expect("it has started");
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    /// With a bucket `b` in it.
    pub(crate) fn with_bucket() -> Self {
        let sandbox = Self::start();
        sandbox.send("PUT", "/bbb", &[], b"").ok();
        sandbox
    }

    pub(crate) fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut stream = TcpStream::connect(self.address).expect("connects");
        let mut head = format!("{method} {target} HTTP/1.1\r\n");
        if headers.iter().all(|(name, _)| *name != "host") {
            head.push_str("host: localhost\r\n");
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()));
        stream.write_all(head.as_bytes()).expect("sent");
        stream.write_all(body).expect("sent");
        Answer::read(stream, method)
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.send("GET", target, &[], b"")
    }

    /// An admin request with a JSON body.
    pub(crate) fn admin(&self, route: &str, body: &serde_json::Value) -> serde_json::Value {
        let answer =
            self.send("POST", &format!("/_sandbox/{route}"), &[], body.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text());
        serde_json::from_slice(&answer.body).expect("JSON")
    }

    /// The lines of a bucket's dump.
    pub(crate) fn dump(&self, bucket: &str) -> Vec<serde_json::Value> {
        let answer = self.get(&format!("/_sandbox/dump?bucket={bucket}"));
        answer.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it stops");
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop();
    }
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn read(stream: TcpStream, method: &str) -> Self {
        let mut reader = BufReader::new(stream);
        let mut line = || {
            let mut line = Vec::new();
            reader.read_until(b'\n', &mut line).expect("read");
            String::from_utf8_lossy(&line).trim_end().to_owned()
        };
        let status = line().split(' ').nth(1).expect("a status").parse().expect("a number");
        let mut headers = Vec::new();
        loop {
            let line = line();
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.push((name.to_owned(), value.to_owned()));
        }
        let mut body = Vec::new();
        reader.read_to_end(&mut body).expect("read");
        let mut answer = Self { status, headers, body };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = join_chunks(&answer.body);
        } else if method != "HEAD" {
            let length = answer.header("content-length").unwrap_or("0").to_owned();
            assert_eq!(length, answer.body.len().to_string());
        }
        answer
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }

    /// The text of the first element of that name, as it stands.
    pub(crate) fn element(&self, name: &str) -> Option<String> {
        elements(&self.text(), name).into_iter().next()
    }

    pub(crate) fn elements(&self, name: &str) -> Vec<String> {
        elements(&self.text(), name)
    }

    /// Status and code.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.element("Code").unwrap_or_default())
    }

    pub(crate) fn ok(self) -> Self {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text());
        self
    }
}

fn join_chunks(mut raw: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = raw.windows(2).position(|pair| pair == b"\r\n").expect("a size");
        let size = std::str::from_utf8(&raw[..end]).expect("text");
        let size = usize::from_str_radix(size, 16).expect("a size");
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&raw[end + 2..end + 2 + size]);
        raw = &raw[end + 4 + size..];
    }
}

fn elements(text: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    text.split(&open)
        .skip(1)
        .filter_map(|rest| rest.split_once(&close).map(|(inside, _)| inside.to_owned()))
        .collect()
}

/// Encodes every byte but the unreserved ones and the slash.
pub(crate) fn encode(key: &str) -> String {
    key.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// Decodes a key of a listing with `encoding-type=url`.
pub(crate) fn decode_listed(text: &str) -> String {
    let plain = text.replace('+', " ");
    percent_encoding::percent_decode_str(&plain).decode_utf8().expect("UTF-8").into_owned()
}
