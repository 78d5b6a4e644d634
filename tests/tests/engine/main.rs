//! The whole engine on the model of S3, in process, on virtual time.

mod details;
mod forgetful;
mod trace;
mod world;

use forgetful::Forgets;
use reseal_core::{ActionKind, FailReason, JobState, Outcome, OutcomeRow, Versioning};
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

#[test]
fn nobodys_edit_is_lost_and_nothing_rises_from_the_dead() {
    let mut drifted = 0;
    for seed in 300..350 {
        let rates = FaultRates::evenly(0.02);
        let ending = World::new(seed).faults(rates).objects(100).edits(200).crashes(3).run();
        everyones_edits_stand(&ending, seed);
        drifted += ending.tally.drifted;
    }
    assert!(drifted > 0, "no edit came at the last instant: the worlds are too tame");
}

#[test]
fn what_a_copy_replaces_is_backed_up_first() {
    for seed in 500..530 {
        let world = World::new(seed).versioning(Versioning::Never).backups();
        let ending = world.faults(FaultRates::evenly(0.03)).objects(100).crashes(3).run();
        everything_holds(&ending, seed);
        for (key, held) in &ending.backups {
            assert_eq!(Some(held), ending.before.get(key), "seed {seed}: {key}");
        }
        let copied = |row: &&OutcomeRow| {
            row.proof.is_some() && matches!(row.action, Some(kind) if kind != ActionKind::Update)
        };
        let copied: Vec<_> = ending.rows.iter().filter(copied).collect();
        assert!(copied.len() > 10, "seed {seed}: {} copies", copied.len());
        for row in copied {
            assert!(row.backup.is_some(), "seed {seed}: no backup of {row:?}");
        }
    }
}

/// However its completion was learnt of: from the reply, after a lost one, or
/// after a crash.
#[test]
fn what_a_copy_in_parts_lost_is_always_said() {
    for seed in 600..640 {
        let world = World::new(seed).faults(FaultRates::evenly(0.05)).objects(60);
        let world = world.forgetting(Forgets::Metadata);
        let ending = world.crashes(4).run();
        assert_eq!(ending.state, JobState::Finished, "seed {seed}");
        let lost = Outcome::Failed(FailReason::NotPreserved);
        let said = ending.rows.iter().filter(|row| row.outcome == lost).count();
        assert_eq!(said, 2, "seed {seed}: {:?}", ending.tally);
    }
}

/// A copy that was made and isn't what it should be is said to be so, once: to
/// repeat it would only make more versions.
#[test]
fn a_copy_that_ends_otherwise_is_not_repeated() {
    let ending = World::new(650).objects(60).forgetting(Forgets::Encryption).run();
    let not_proved = Outcome::Failed(FailReason::NotProved);
    let said = ending.rows.iter().filter(|row| row.outcome == not_proved).count();
    assert_eq!(said, 2, "{:?}", ending.tally);
    assert!(ending.versions.values().all(|versions| *versions <= 2), "{:?}", ending.versions);
}

/// I2, I5 and I16 where others write meanwhile.
fn everyones_edits_stand(ending: &Ending, seed: u64) {
    assert_eq!(ending.state, JobState::Finished, "seed {seed}");
    assert_eq!(ending.rows.len(), ending.objects, "seed {seed}: rows");
    assert_eq!(ending.grievances, Vec::<String>::new(), "seed {seed}");
    assert!(ending.same_content, "seed {seed}: content changed");
    for (key, ours) in &ending.versions {
        assert!(*ours <= 2, "seed {seed}: {ours} versions of {key}");
    }
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
