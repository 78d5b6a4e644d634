//! Chunks that are out of the ordinary: one huge object, and one that can't be
//! read.

use reseal_tests::{Fleet, wait_until};
use serde_json::json;

use crate::world::World;

#[test]
fn a_huge_objects_parts_are_resumed_by_another_worker() {
    let world = World::new(&["kept"], 50, 0);
    let huge = json!({ "bucket": "kept", "key": "huge", "size": 50u64 << 30,
                       "encryption": "NOT-SSE" });
    world.sandbox.admin("objects", &huge);
    let job = world.submitted(&[]);
    world.sandbox.admin("limits", &json!({ "latencyMs": 1_000 }));
    let chunks = &world.fleet.status(&job)["chunks"];
    assert_eq!(chunks["pending"], 2, "the huge object is an item of its own: {chunks}");
    let parts = || world.sandbox.requests().get("UploadPartCopy").copied().unwrap_or(0);
    // The probe copies scratch objects in parts.
    let begun = || world.sandbox.requests()["CreateMultipartUpload"];
    let (before, begun_before) = (parts(), begun());
    let first = world.fleet.start_worker();
    wait_until("some parts", || parts() >= before + 10);
    first.kill_9();
    let copied = parts() - before;
    world.sandbox.admin("limits", &json!({ "latencyMs": 0 }));
    let second = world.fleet.start_worker();
    world.fleet.wait_for_the_end(&job);
    world.everything_holds(&job, 51);
    let all = parts() - before;
    // 50 GiB in parts of 512 MiB; those that were under way are copied again.
    let (whole, in_flight) = (100, 8);
    assert!(copied < whole, "it was killed too late to show anything");
    assert!((whole..=whole + in_flight).contains(&all), "{all} parts were copied");
    assert_eq!(begun() - begun_before, 1, "no second upload was begun");
    second.kill_9();
}

#[test]
fn a_chunk_that_cannot_be_read_is_quarantined_and_the_job_goes_on() {
    let world = World::new(&["kept"], 300, 0);
    let job = world.submitted(&["--chunk-rows", "100"]);
    let url = format!("{}/{}", world.sandbox.url(), Fleet::FILES);
    let file = format!("{url}/work/jobs/{job}/chunks/s0000-0000000001.ndjson.gz");
    ureq::put(&file).send(b"forged".as_slice()).expect("somebody overwrites it");
    let worker = world.fleet.start_worker();
    world.fleet.wait_for_the_end(&job);
    let status = world.fleet.status(&job);
    assert_eq!(status["chunks"]["quarantined"], 1, "{status}");
    assert_eq!(status["totals"]["failed"], json!({ "quarantined": 100 }), "{status}");
    assert_eq!(status["totals"]["re_encrypted"], 200, "{status}");
    assert_eq!(world.rows(&job).len(), 300, "every row is accounted for");
    worker.kill_9();
}
