//! The kill campaign: workers and coordinators die at any moment, the queue is
//! emptied, and everything is settled once all the same.
//!
//! `RESEAL_CAMPAIGN_OBJECTS` and `RESEAL_CAMPAIGN_KILLS` for a longer one.

use reseal_tests::{Running, wait_until};
use serde_json::json;

use crate::world::World;

const BUCKETS: [&str; 3] = ["kept", "plain-a", "plain-b"];
const WORKERS: usize = 4;
const LARGE: usize = 4;

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn workers_and_coordinators_die_and_nothing_is_lost_or_done_twice() {
    let objects = setting("RESEAL_CAMPAIGN_OBJECTS", 20_000);
    let kills = setting("RESEAL_CAMPAIGN_KILLS", 12);
    let world = World::new(&BUCKETS, objects, LARGE);
    // Slow enough that every kill lands in the middle of work.
    world.sandbox.admin("limits", &json!({ "latencyMs": 5 }));
    let mut workers = world.workers(WORKERS);
    let job = coordinators_die_twice(&world);
    let all = (objects + LARGE) as u64;
    let mut dice = fastrand::Rng::with_seed(7);
    for kill in 0..kills {
        // By progress, so that the pace of the machine doesn't matter.
        let goal = (world.settled(&job) + all / (2 * kills as u64)).min(all);
        world.wait_for_settled(&job, goal);
        if kill == kills / 2 {
            world.fleet.sqs("PurgeQueue", &json!({ "QueueUrl": world.fleet.queue_url() }));
        }
        let victim = dice.usize(..workers.len());
        std::mem::replace(&mut workers[victim], world.fleet.start_worker()).kill_9();
    }
    world.fleet.wait_for_the_end(&job);
    workers.into_iter().for_each(Running::kill_9);
    world.everything_holds(&job, objects + LARGE);
}

/// Killed while it splits, twice; the third goes on to the end.
fn coordinators_die_twice(world: &World) -> String {
    let chunks = ["--chunk-rows", "200"];
    for round in 1..=2u64 {
        let submitting = world.submit(&chunks).start();
        wait_until("more chunks", || {
            let job = world.fleet.newest_job();
            job.is_some_and(|job| taken_in(world, &job) >= round * 1_500)
        });
        submitting.kill_9();
    }
    world.submitted(&chunks)
}

fn taken_in(world: &World, job: &str) -> u64 {
    world.fleet.status(job)["taken_in"].as_u64().expect("a count")
}
