//! A few worlds of every build; the gate runs ten thousand.

use reseal_simulator::{Campaign, Mutant, Plan, patches, run, shrink};

/// Enough for most kinds of trouble, few enough for an unoptimised build.
const SEEDS: u64 = 120;

#[test]
fn nothing_that_must_never_be_is_in_any_world() {
    let campaign = Campaign {
        from: 0,
        seeds: SEEDS,
        mutant: Mutant::None,
        fail_fast: false,
        replay_every: 10,
    };
    let summary = campaign.run();
    assert!(summary.guilty.is_empty(), "{:#?}", summary.guilty);
    assert_eq!(summary.coverage.worlds(), SEEDS);
    assert!(summary.coverage.mishaps() > 1_000, "{:?}", summary.coverage.by_mishap());
}

/// Worlds in which something was wrong once: docs/reliability.md says what.
#[test]
fn what_was_wrong_once_is_not_again() {
    for seed in [746, 863, 9_771, 130_216] {
        let ending = run(&Plan::of(seed), Mutant::None);
        assert!(ending.violations.is_empty(), "seed {seed}: {:#?}", ending.violations);
    }
}

#[test]
fn one_seed_is_one_world() {
    // Seed 8 stops a worker: whoever waited for that once woke in any order.
    for seed in [3, 8] {
        let plan = Plan::of(seed);
        assert_eq!(run(&plan, Mutant::None).trace, run(&plan, Mutant::None).trace, "seed {seed}");
    }
    assert_ne!(run(&Plan::of(3), Mutant::None).hash, run(&Plan::of(4), Mutant::None).hash);
}

#[test]
fn a_bug_at_the_ports_is_caught_and_its_world_shrunk() {
    let mutant = Mutant::CopyWithoutIfMatch;
    let campaign = Campaign { from: 0, seeds: 1_000, mutant, fail_fast: true, replay_every: 0 };
    let summary = campaign.run();
    let (seed, violation) = summary.guilty.first().expect("it is caught");
    let plan = Plan::of(*seed);
    let small = shrink(&plan, mutant, violation.invariant);
    assert!(small.events.len() <= plan.events.len() && small.objects <= plan.objects);
    let again = run(&small, mutant);
    assert_eq!(again.violations.first().map(|v| v.invariant), Some(violation.invariant));
}

#[test]
fn every_bug_of_the_table_has_its_place() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for patch in patches() {
        let file = root.join(&patch.file);
        let text = std::fs::read_to_string(&file).expect("a file of the tree");
        assert_eq!(text.matches(&patch.from).count(), 1, "{}: stands once", patch.name);
        assert_ne!(patch.from, patch.to, "{}", patch.name);
    }
}
