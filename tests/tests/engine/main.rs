//! The whole engine on the model of S3, in process, on virtual time.

mod trace;
mod world;

use reseal_core::JobState;
use reseal_testkit::FaultRates;
use world::{Ending, World};

/// One world, run twice from the same seed.
#[test]
fn the_same_seed_gives_the_same_trace() {
    let run = |seed| World::new(seed).faults(FaultRates::evenly(0.02)).objects(120).run();
    let (first, second, other) = (run(1), run(1), run(2));
    assert!(first.trace.len() > 300, "{} calls are no run", first.trace.len());
    assert_eq!(first.trace, second.trace);
    assert_ne!(first.trace, other.trace);
}

#[test]
fn every_object_is_settled_once_and_proved_under_faults() {
    for seed in 0..40 {
        let ending = World::new(seed).faults(FaultRates::evenly(0.03)).objects(100).run();
        everything_holds(&ending, seed);
    }
}

#[test]
fn an_engine_dropped_at_any_moment_repeats_no_effect() {
    for seed in 100..130 {
        let ending = World::new(seed).objects(100).crashes(5).run();
        everything_holds(&ending, seed);
    }
}

#[test]
fn crashes_and_faults_together() {
    for seed in 200..230 {
        let ending = World::new(seed).faults(FaultRates::evenly(0.02)).objects(80).crashes(4).run();
        everything_holds(&ending, seed);
    }
}

#[test]
fn a_target_key_that_is_disabled_in_mid_run_pauses_the_job_and_loses_nothing() {
    let ending = World::new(7).objects(200).disable_key_after(60).run();
    assert!(ending.paused_for_key, "the job didn't pause: {:?}", ending.state);
    everything_holds(&ending, 7);
}

/// I3, I4, I5, I6 at the end of a run.
fn everything_holds(ending: &Ending, seed: u64) {
    assert_eq!(ending.state, JobState::Finished, "seed {seed}");
    assert_eq!(ending.rows.len(), ending.objects, "seed {seed}: rows");
    assert_eq!(ending.tally.total(), ending.objects as u64, "seed {seed}: {:?}", ending.tally);
    assert_eq!(ending.tally.failed_total(), 0, "seed {seed}: {:?}", ending.tally);
    let mut seen: Vec<_> = ending.rows.iter().map(|row| &row.object).collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), ending.objects, "seed {seed}: an object has two outcomes");
    for (key, versions) in &ending.versions {
        assert!(*versions <= 2, "seed {seed}: {versions} versions of {key}");
    }
    assert_eq!(ending.at_target, ending.objects, "seed {seed}: objects at the target");
    assert!(ending.same_content, "seed {seed}: content changed");
    // An upload whose id was lost before it was recorded has no part, and
    // can't be removed by its id; every other one must be gone.
    let left = ending.unfinished_uploads;
    assert!(left <= ending.partless_uploads, "seed {seed}: {left} uploads left behind");
}
