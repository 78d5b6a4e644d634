//! A limit over the whole fleet on real processes, second by second: 1 → 4 → 2
//! workers. A measurement, not a test: what holds is tested on virtual time in
//! `worker/src/pace/tests/fleet/`.
//!
//! `RESEAL_RATE` for another limit than 100 objects a second, which unoptimised
//! workers on two cores reach.

use std::time::{Duration, Instant};

use reseal_tests::Running;

use crate::world::World;

const PHASE: Duration = Duration::from_secs(60);
/// After a change of workers: the share of one that was killed is free after
/// 25 s, and taken within a beat.
const SETTLING: usize = 32;
const WINDOW: usize = 5;

fn copies(world: &World) -> u64 {
    world.sandbox.requests().get("CopyObject").copied().unwrap_or(0)
}

/// Copies in each second of one phase.
#[expect(clippy::disallowed_methods, reason = "a measurement in real time")]
fn phase(world: &World, counted: &mut Vec<f64>) {
    let (end, mut before) = (Instant::now() + PHASE, (Instant::now(), copies(world)));
    while Instant::now() < end {
        std::thread::sleep(Duration::from_secs(1));
        let now = (Instant::now(), copies(world));
        let seconds = now.0.duration_since(before.0).as_secs_f64();
        counted.push((now.1 - before.1) as f64 / seconds);
        before = now;
    }
}

fn told(what: &str, counted: &[f64], rate: f64) -> String {
    let mean = |seconds: &[f64]| seconds.iter().sum::<f64>() / seconds.len() as f64;
    let most = counted.windows(WINDOW).map(mean).fold(0.0, f64::max);
    let settled = mean(counted.get(SETTLING..).unwrap_or_default());
    let series: Vec<u64> = counted.iter().map(|copies| copies.round() as u64).collect();
    format!(
        "{what}: settled {:.1} %, most in {WINDOW} s {:.1} % of {rate}/s, each second {series:?}",
        settled / rate * 100.0,
        most / rate * 100.0
    )
}

#[test]
#[ignore = "a measurement: see docs/scale.md"]
fn one_limit_for_one_four_and_two_workers() {
    let rate: f64 =
        std::env::var("RESEAL_RATE").map_or(100.0, |rate| rate.parse().expect("a rate"));
    let objects = (rate * PHASE.as_secs_f64() * 4.0) as usize;
    let world = World::with_lease(&["data"], objects, 0, "10");
    let rate_word = rate.to_string();
    let _ = world.submitted(&["--rate", &rate_word, "--chunk-rows", "200"]);
    let mut workers = world.workers(1);
    let mut seconds = Vec::new();
    phase(&world, &mut seconds);
    println!("{}", told("1 worker", &seconds, rate));
    workers.extend(world.workers(3));
    let mut seconds = Vec::new();
    phase(&world, &mut seconds);
    println!("{}", told("4 workers", &seconds, rate));
    workers.drain(..2).for_each(Running::kill_9);
    let mut seconds = Vec::new();
    phase(&world, &mut seconds);
    println!("{}", told("2 workers, two having been killed", &seconds, rate));
    workers.into_iter().for_each(Running::kill_9);
}
