//! An ECS agent's endpoint for scale-in protection, as AWS documents it: grants
//! whatever it is asked, and tells what that was.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

/// A listening agent, for `$ECS_AGENT_URI`.
#[derive(Debug)]
pub struct EcsAgent {
    /// Its address.
    pub url: String,
    /// The bodies that it was asked with, in their order.
    pub told: Receiver<Value>,
}

impl EcsAgent {
    /// Starts one on a free loopback port; its thread ends after the first
    /// request that nobody waits for.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let (tell, told) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let asked = asked(&mut stream);
                // Told before it is answered: whoever waits for the worker's
                // end, which waits for the answer, finds it.
                if tell.send(asked.clone()).is_err() {
                    return;
                }
                grant(stream, &asked);
            }
        });
        Self { url, told }
    }
}

fn asked(stream: &mut TcpStream) -> Value {
    let (mut request, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut piece).expect("a request");
        request.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("PUT /task-protection/v1/state "), "{head}");
        if let Ok(asked) = serde_json::from_str(body) {
            return asked;
        }
    }
}

fn grant(mut stream: TcpStream, asked: &Value) {
    let granted = json!({ "protection": {
        "ProtectionEnabled": asked["ProtectionEnabled"],
        "ExpirationDate": "2026-11-22T12:00:00Z",
        "TaskArn": "arn:aws:ecs:us-east-1:111122223333:task/x",
    } });
    let granted = granted.to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{granted}", granted.len());
}
