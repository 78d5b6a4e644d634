//! What watches a worker: its metrics, its health, the ECS agent, the roster.

use reseal_tests::{EcsAgent, free_port, wait_until};
use serde_json::{Value, json};

use crate::world::World;

#[test]
fn a_worker_is_protected_while_it_holds_work_and_tells_how_it_is() {
    let world = World::new(&["kept"], 600, 0);
    // So slowly that it isn't over before the test is.
    let slowly = ["--chunk-rows", "50", "--rate", "20"];
    let job = world.submitted(&slowly);
    let EcsAgent { url, told } = EcsAgent::start();
    let at = format!("127.0.0.1:{}", free_port());
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
    let again = world.submit(&slowly).run().expect_code(0).json();
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
