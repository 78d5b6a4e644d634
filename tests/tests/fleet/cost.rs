//! What the control plane asks for per million objects, counted by the proxy
//! before SQS and DynamoDB and by the sandbox. A measurement, not a test:
//! `docs/scale.md` prices what it prints.

use reseal_tests::Fleet;

use crate::world::World;

const OBJECTS: usize = 15_000;

#[test]
#[ignore = "a measurement: see docs/scale.md"]
fn requests_of_the_control_plane() {
    let world = World::with_lease(&["data"], OBJECTS, 0, "60");
    let before = world.fleet.control.counts();
    // Chunks are worked as fast as may be: at a slow pace a checkpoint is due
    // every five seconds, and costs as much as a full one.
    let _ = world.submitted(&[]);
    let worker = world.fleet.start_worker_with(&["--concurrency", "64", "--drain-after", "20s"]);
    let _ = worker.wait().expect_code(0);
    let per_million = |count: u64| count as f64 * 1e6 / OBJECTS as f64;
    for (operation, counts) in world.fleet.control.counts() {
        let earlier = before.get(operation).map_or(0, |counts| counts.requests);
        let more = counts.requests - earlier;
        println!("{operation:>24} {more:>7} {:>10.0} per million", per_million(more));
    }
    let files = world.sandbox.dump(Fleet::FILES);
    let chunks = files.iter().filter(|file| file.key.contains("/chunks/")).count() as u64;
    let results = files.len() as u64 - chunks;
    for (name, count) in [("chunk files", chunks), ("result files", results)] {
        println!("{name:>24} {count:>7} {:>10.0} per million", per_million(count));
    }
    let sizes = files.iter().filter_map(|file| file.rest.get("size")?.as_u64());
    println!("{:>24} {:>7}", "bytes of files", sizes.sum::<u64>());
}
