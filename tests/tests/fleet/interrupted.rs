//! What a fleet is interrupted by: a service out of reach, a key that is gone,
//! a stop, a message from somebody else.

use std::time::Duration;

use reseal_tests::{Fault, Rule, Running, Service, wait_until};
use serde_json::{Value, json};

use crate::world::{SLOWLY, World};

const BUCKETS: [&str; 2] = ["kept", "plain"];
const OBJECTS: usize = 2_000;
/// Longer than a lease, so that every chunk in work is lost and found again.
const CUT_OFF: Duration = Duration::from_secs(30);

const CHUNKS: [&str; 2] = ["--chunk-rows", "100"];

fn submitted_slowly(world: &World, chunks: &[&str]) -> String {
    world.submitted(&[&SLOWLY, chunks].concat())
}

fn end(workers: Vec<Running>) {
    for worker in workers {
        worker.signal("TERM");
        let _ = worker.wait().expect_code(0);
    }
}

#[expect(clippy::disallowed_methods, reason = "the time that a service is away is the test's")]
fn is_cut_off_for_a_while(service: Service) {
    let world = World::new(&BUCKETS, OBJECTS, 0);
    let workers = world.workers(2);
    let job = submitted_slowly(&world, &CHUNKS);
    world.wait_for_settled(&job, 100);
    world.fleet.control.rule(Rule::on_all_of(service).does(Fault::ResetBefore));
    std::thread::sleep(CUT_OFF);
    world.fleet.control.heal();
    world.hurry(&CHUNKS);
    world.fleet.wait_for_the_end(&job);
    world.everything_holds(&job, OBJECTS);
    let cut = world.fleet.control.log().iter().filter(|entry| entry.fault.is_some()).count();
    assert!(cut > 0, "nobody asked for {service:?} meanwhile");
    end(workers);
}

#[test]
fn the_ledger_is_away_for_half_a_minute() {
    is_cut_off_for_a_while(Service::DynamoDb);
}

#[test]
fn the_queue_is_away_for_half_a_minute() {
    is_cut_off_for_a_while(Service::Sqs);
}

#[test]
fn a_disabled_key_pauses_the_job_for_all_workers() {
    let world = World::new(&BUCKETS, OBJECTS, 0);
    let workers = world.workers(2);
    let job = submitted_slowly(&world, &CHUNKS);
    world.wait_for_settled(&job, 100);
    let key = |state: &str| json!({ "key": "alias/target", "state": state });
    world.sandbox.admin("keys", &key("Disabled"));
    wait_until("the job is paused", || {
        world.fleet.status(&job)["state"]["paused"]["key"] != Value::Null
    });
    wait_until("nobody holds a chunk", || world.fleet.status(&job)["chunks"]["leased"] == 0);
    let status = world.fleet.status(&job);
    assert_eq!(status["state"], json!({ "paused": { "key": "disabled" } }), "{status}");
    assert_eq!(status["totals"]["failed"], json!({}), "{status}");
    // What the stack's alarm KeyTrouble looks for.
    let logs = world.fleet.logs();
    let mut lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let is_it = |line: &Value| {
        line["level"] == "ERROR"
            && line["reason"].as_str().is_some_and(|why| why.starts_with("Key"))
    };
    assert!(lines.any(|line| is_it(&line)), "{logs}");
    world.sandbox.admin("keys", &key("Enabled"));
    let _ = world.fleet.json(&["resume", &job]);
    world.hurry(&CHUNKS);
    world.fleet.wait_for_the_end(&job);
    world.everything_holds(&job, OBJECTS);
    end(workers);
}

#[test]
fn a_worker_that_is_stopped_records_and_gives_back_what_it_holds() {
    let world = World::new(&BUCKETS, OBJECTS, 0);
    let chunks = ["--chunk-rows", "1000"];
    let job = submitted_slowly(&world, &chunks);
    let worker = world.fleet.start_worker();
    world.wait_for_settled(&job, 50);
    worker.signal("TERM");
    worker.signal("TERM");
    let _ = worker.wait().expect_code(0);
    let status = world.fleet.status(&job);
    assert_eq!(status["chunks"]["leased"], 0, "{status}");
    let settled = status["settled"].as_u64().expect("a count");
    assert!(settled < OBJECTS as u64, "it was stopped too late to show anything");
    world.hurry(&chunks);
    let copies = world.sandbox.requests()["CopyObject"];
    let second = world.fleet.start_worker();
    world.fleet.wait_for_the_end(&job);
    world.everything_holds(&job, OBJECTS);
    // What was recorded was not so much as tried again.
    let again = world.sandbox.requests()["CopyObject"] - copies;
    assert_eq!(again, OBJECTS as u64 - settled);
    end(vec![second]);
}

#[test]
fn forged_messages_are_refused_and_touch_nothing() {
    let world = World::new(&BUCKETS, 200, 0);
    let job = world.submitted(&["--chunk-rows", "50"]);
    let worker = world.fleet.start_worker();
    world.fleet.wait_for_the_end(&job);
    let mutations = world.sandbox.mutations();
    let send = |body: String| {
        let message = json!({ "QueueUrl": world.fleet.queue_url(), "MessageBody": body });
        world.fleet.sqs("SendMessage", &message);
    };
    let chunk = "s0000-0000000000";
    for forged in [
        "not json".to_owned(),
        json!({ "job": "20200101T000000-00000000", "chunk": chunk }).to_string(),
        json!({ "job": job, "chunk": "s0000-0000000999" }).to_string(),
        json!({ "job": job, "chunk": chunk, "bucket": "other" }).to_string(),
        json!({ "job": job, "chunk": chunk, "kms_key": "alias/mine" }).to_string(),
        json!({ "job": "../../etc", "chunk": chunk }).to_string(),
    ] {
        send(forged);
    }
    // A chunk that is done, again: nobody's fault, and nothing to do.
    send(json!({ "job": job, "chunk": chunk }).to_string());
    wait_until("six refusals", || {
        world.fleet.logs().matches("message refused: it points to no chunk").count() >= 6
    });
    end(vec![worker]);
    assert_eq!(world.sandbox.mutations(), mutations);
    world.everything_holds(&job, 200);
}

#[test]
fn two_coordinators_hand_out_one_job() {
    let world = World::new(&BUCKETS, 3_000, 0);
    let chunks = ["--chunk-rows", "50"];
    let first = world.submit(&chunks).start();
    wait_until("the first has begun", || world.fleet.newest_job().is_some());
    let workers = world.workers(2);
    let second = world.submit(&chunks).start();
    let (first, second) = (first.wait().expect_code(0).json(), second.wait().expect_code(0).json());
    assert_eq!(first["job"], second["job"]);
    let job = first["job"].as_str().expect("a job");
    world.fleet.wait_for_the_end(job);
    world.everything_holds(job, 3_000);
    end(workers);
}
