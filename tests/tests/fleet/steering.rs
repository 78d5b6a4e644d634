//! The commands around a job, on a fleet's.

use reseal_tests::{Running, wait_until};
use serde_json::{Value, json};

use crate::world::{SLOWLY, World};

const BUCKETS: [&str; 2] = ["kept", "plain"];
const OBJECTS: usize = 2_000;

const CHUNKS: [&str; 2] = ["--chunk-rows", "100"];

fn stop_all(workers: Vec<Running>) {
    for worker in workers {
        worker.signal("TERM");
        let _ = worker.wait().expect_code(0);
    }
}

#[test]
fn a_job_is_paused_and_resumed_and_then_proved() {
    let world = World::new(&BUCKETS, OBJECTS, 0);
    let workers = world.workers(2);
    let job = world.submitted(&[SLOWLY, CHUNKS].concat());
    world.wait_for_settled(&job, 100);
    let _ = world.fleet.json(&["pause", &job]);
    wait_until("nobody holds a chunk", || world.fleet.status(&job)["chunks"]["leased"] == 0);
    let standing = world.settled(&job);
    assert!(standing < OBJECTS as u64, "it was paused too late to show anything");
    assert_eq!(world.fleet.status(&job)["state"], json!({ "paused": "requested" }));
    let mutations = world.sandbox.mutations();
    let _ = world.fleet.json(&["resume", &job]);
    world.hurry(&CHUNKS);
    world.fleet.wait_for_the_end(&job);
    assert!(world.sandbox.mutations() > mutations);
    world.everything_holds(&job, OBJECTS);
    let verified = world.fleet.json(&["verify", &job]);
    assert_eq!(verified["at_target"], json!(OBJECTS), "{verified}");
    stop_all(workers);
}

#[test]
fn a_cancelled_job_stays_so() {
    let world = World::new(&BUCKETS, OBJECTS, 0);
    let workers = world.workers(1);
    let job = world.submitted(&[SLOWLY, CHUNKS].concat());
    world.wait_for_settled(&job, 100);
    let _ = world.fleet.json(&["cancel", &job, "--yes"]);
    wait_until("nobody holds a chunk", || world.fleet.status(&job)["chunks"]["leased"] == 0);
    stop_all(workers);
    let mutations = world.sandbox.mutations();
    let mut worker = world.fleet.start_worker();
    let refused = world.fleet.reseal(&["resume", &job]).run().expect_code(2);
    assert!(refused.stderr.contains("cancelled"), "{}", refused.stderr);
    // A worker that finds its messages leaves them alone.
    wait_until("the worker lives", || {
        assert!(!worker.has_ended());
        world.fleet.status(&job)["workers"].as_array().is_some_and(|all| !all.is_empty())
    });
    assert_eq!(world.sandbox.mutations(), mutations);
    stop_all(vec![worker]);
}

/// Denials come after the probe, which would refuse to begin under them.
fn deny(world: &World, bucket: &str, operations: &[&str]) {
    world.sandbox.admin("deny", &json!({ "bucket": bucket, "operations": operations }));
}

fn count_of_failed(status: &Value) -> u64 {
    let failed = status["totals"]["failed"].as_object().expect("reasons");
    failed.values().filter_map(Value::as_u64).sum()
}

#[test]
fn what_failed_is_driven_again_as_a_job_of_its_own() {
    let world = World::new(&BUCKETS, 300, 0);
    let job = world.submitted(&["--chunk-rows", "100", "--failure-threshold", "100%"]);
    deny(&world, "plain", &["CopyObject"]);
    let workers = world.workers(1);
    world.fleet.wait_for_the_end(&job);
    let status = world.fleet.status(&job);
    assert_eq!(status["totals"]["failed"], json!({ "denied": 150 }), "{status}");
    deny(&world, "plain", &[]);
    let retry = world.fleet.reseal(&["retry", &job, "--yes", "--output", "json"]);
    let again = retry.run().expect_code(0).json();
    assert_eq!(again["taken_in"], 150, "{again}");
    let again = again["job"].as_str().expect("a job").to_owned();
    world.fleet.wait_for_the_end(&again);
    let status = world.fleet.status(&again);
    assert_eq!(status["totals"]["re_encrypted"], 150, "{status}");
    assert_eq!(status["retry_of"], json!(job));
    stop_all(workers);
}

#[test]
fn a_fleet_that_mostly_fails_pauses_the_job() {
    let world = World::new(&BUCKETS, OBJECTS, 0);
    let how = ["--chunk-rows", "50", "--failure-threshold", "10%"];
    let job = world.submitted(&[SLOWLY.as_slice(), &how].concat());
    BUCKETS.iter().for_each(|bucket| deny(&world, bucket, &["CopyObject"]));
    let workers = world.workers(2);
    world.fleet.wait_for_state(&job, &json!({ "paused": "failures" }));
    wait_until("nobody holds a chunk", || world.fleet.status(&job)["chunks"]["leased"] == 0);
    let failed = count_of_failed(&world.fleet.status(&job));
    assert!((100..OBJECTS as u64).contains(&failed), "{failed} failed");
    stop_all(workers);
}
