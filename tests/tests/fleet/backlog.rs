//! The queue of a real job, second by second, with one worker and then two. A
//! measurement, not a test: `tests/autoscaling` works on what it writes.
//!
//! `RESEAL_BACKLOG=FILE cargo test -p reseal-tests --test fleet backlog -- --ignored`

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::world::World;

const OBJECTS: usize = 30_000;
/// A fifth of what is usual, since unoptimised workers are slow.
const ROWS: &str = "200";
/// When the first worker starts, and the second: until then chunks only come.
const STARTS: [usize; 2] = [20, 60];

fn counted(world: &World) -> [u64; 3] {
    let wish = json!({ "QueueUrl": world.fleet.queue_url(), "AttributeNames": ["All"] });
    let told = world.fleet.sqs("GetQueueAttributes", &wish);
    let number = |name: &str| {
        let text = told["Attributes"][name].as_str().expect("a count");
        text.parse::<u64>().expect("a number")
    };
    let gone = world.fleet.control.counts().get("DeleteMessage").map_or(0, |c| c.requests);
    let waiting = number("ApproximateNumberOfMessages");
    [waiting, number("ApproximateNumberOfMessagesNotVisible"), gone]
}

#[test]
#[ignore = "a measurement: see docs/autoscaling.md"]
#[expect(clippy::disallowed_methods, reason = "a measurement in real time")]
fn backlog_of_one_job() {
    let file = std::env::var("RESEAL_BACKLOG").expect("RESEAL_BACKLOG says where to");
    let world = World::with_lease(&["data"], OBJECTS, 0, "60");
    let chunks = (OBJECTS / ROWS.parse::<usize>().expect("a number")) as u64;
    let mut text = String::from("second,visible,not_visible,acknowledged,workers\n");
    let (start, mut workers, mut stood_empty) = (Instant::now(), Vec::new(), 0);
    std::thread::scope(|scope| {
        let submitting = scope.spawn(|| world.submitted(&["--chunk-rows", ROWS]));
        for second in 0_usize.. {
            if STARTS.contains(&second) {
                workers.extend(world.workers(1));
            }
            let [visible, held, gone] = counted(&world);
            writeln!(text, "{second},{visible},{held},{gone},{}", workers.len()).expect("text");
            stood_empty = if gone >= chunks { stood_empty + 1 } else { 0 };
            if stood_empty > 5 && submitting.is_finished() {
                break;
            }
            let next = Duration::from_secs(second as u64 + 1);
            std::thread::sleep(next.saturating_sub(start.elapsed()));
        }
    });
    std::fs::write(file, text).expect("written");
}
