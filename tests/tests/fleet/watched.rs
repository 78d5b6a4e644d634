//! What watches a worker: its metrics, its health, the ECS agent, the roster.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use reseal_tests::wait_until;
use serde_json::{Value, json};

use crate::world::World;

fn listener() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port")
}

/// An ECS agent that grants whatever it is asked, and tells what that was.
fn agent() -> (String, Receiver<Value>) {
    let listener = listener();
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            if tell.send(grant(stream.expect("a connection"))).is_err() {
                return;
            }
        }
    });
    (url, told)
}

fn grant(mut stream: TcpStream) -> Value {
    let (mut request, mut piece) = (Vec::new(), [0; 4096]);
    let asked: Value = loop {
        let read = stream.read(&mut piece).expect("a request");
        request.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("PUT /task-protection/v1/state "), "{head}");
        if let Ok(asked) = serde_json::from_str(body) {
            break asked;
        }
    };
    let granted = json!({ "protection": {
        "ProtectionEnabled": asked["ProtectionEnabled"],
        "ExpirationDate": "2026-11-22T12:00:00Z",
        "TaskArn": "arn:aws:ecs:us-east-1:111122223333:task/x",
    } });
    let granted = granted.to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{granted}", granted.len());
    asked
}

#[test]
fn a_worker_is_protected_while_it_holds_work_and_tells_how_it_is() {
    let world = World::new(&["kept"], 600, 0);
    world.sandbox.admin("limits", &json!({ "latencyMs": 20 }));
    let job = world.submitted(&["--chunk-rows", "50"]);
    let (url, told) = agent();
    let at = listener().local_addr().expect("a free port").to_string();
    let log = world.fleet.scratch.path("watched.log");
    let worker = world.fleet.worker().args(["--listen", &at]).env("ECS_AGENT_URI", &url);
    let worker = worker.start_logging_to(&log);
    let first = told.recv().expect("protection is asked for");
    assert_eq!(first, json!({ "ProtectionEnabled": true, "ExpiresInMinutes": 60 }));
    let page = |path: &str| {
        let asked = ureq::get(format!("http://{at}{path}")).call();
        asked.ok().and_then(|mut answer| answer.body_mut().read_to_string().ok())
    };
    wait_until("it is well", || page("/healthz").is_some());
    wait_until("some objects are counted", || {
        let metrics = page("/metrics").unwrap_or_default();
        let line = "reseal_objects_total{outcome=\"re-encrypted\"} ";
        let count = metrics.lines().find_map(|found| found.strip_prefix(line)).map(str::to_owned);
        count.is_some_and(|count| count.parse::<u64>().is_ok_and(|count| count > 0))
    });
    wait_until("the roster has it", || {
        world.fleet.status(&job)["workers"].as_array().is_some_and(|all| all.len() == 1)
    });
    let said = || std::fs::read_to_string(&log).expect("its log");
    wait_until("a chunk is done", || said().contains("\"message\":\"chunk done\""));
    worker.signal("TERM");
    let _ = worker.wait().expect_code(0);
    assert_eq!(told.recv().expect("given up"), json!({ "ProtectionEnabled": false }));
    assert_eq!(world.fleet.status(&job)["chunks"]["leased"], 0);
    let said = said();
    let lines = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let about: Vec<Value> = lines.filter(|line| line["job"] == json!(job)).collect();
    assert!(!about.is_empty(), "{said}");
    let again = world.submit(&["--chunk-rows", "50"]).run().expect_code(0).json();
    assert_eq!(again["job"], json!(job));
    let trace = &again["trace"];
    assert!(trace.as_str().is_some_and(|id| id.len() == 32), "{again}");
    assert!(about.iter().all(|line| line["trace.id"] == *trace), "from submit to object: {said}");
}

#[test]
fn a_worker_without_work_ends_when_it_was_told_to() {
    let world = World::new(&["kept"], 100, 0);
    let job = world.submitted(&[]);
    let worker = world.fleet.start_worker_with(&["--drain-after", "3s"]);
    let _ = worker.wait().expect_code(0);
    world.everything_holds(&job, 100);
    assert_eq!(world.fleet.status(&job)["state"], json!("finished"));
}
