//! SQLite's ledger and the one in memory against a reference of their own:
//! the same answer to every call, and the same contents after it, whatever was
//! called before, by whom and how often.

mod calls;
mod reference;
#[path = "../support/mod.rs"]
mod support;
mod world;

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use proptest_state_machine::{StateMachineTest, prop_state_machine};
use reference::{Answer, Call, Grounds, Reference, Standing, Step};
use world::World;

/// How far the calls got: else nothing was compared.
static CONFLICTS: AtomicUsize = AtomicUsize::new(0);
static TAKEOVERS: AtomicUsize = AtomicUsize::new(0);
static SETTLED: AtomicUsize = AtomicUsize::new(0);

/// Both ledgers, side by side.
struct Ledgers;

impl StateMachineTest for Ledgers {
    type SystemUnderTest = World;
    type Reference = Reference;

    fn init_test(start: &Reference) -> World {
        World::new(start)
    }

    fn apply(world: World, state: &Reference, _: Step) -> World {
        // A call is repeated before there was one.
        let Some((call, expected)) = &state.last else { return world };
        for (name, found) in world.call(call) {
            assert_eq!(&found, expected, "{name} on {call:?}");
        }
        match (call, expected) {
            (_, Answer::Conflict) => CONFLICTS.fetch_add(1, Ordering::Relaxed),
            (Call::Claim(_, Grounds::Takeover { .. }), _) => {
                TAKEOVERS.fetch_add(1, Ordering::Relaxed)
            }
            _ => 0,
        };
        world
    }

    fn check_invariants(world: &World, state: &Reference) {
        world.holds(state);
    }

    fn teardown(_: World, state: Reference) {
        let settled = |standing| matches!(standing, Standing::Done | Standing::Quarantined);
        let count = state.chunks.values().filter(|chunk| settled(chunk.standing)).count();
        SETTLED.fetch_add(count, Ordering::Relaxed);
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        // What fails here fails everywhere.
        rng_seed: RngSeed::Fixed(18),
        ..ProptestConfig::default()
    })]

    fn run(sequential 20..60 => Ledgers);
}

#[test]
fn both_ledgers_do_what_the_reference_does() {
    run();
    let [conflicts, takeovers, settled] =
        [&CONFLICTS, &TAKEOVERS, &SETTLED].map(|count| count.load(Ordering::Relaxed));
    let reached = format!("{conflicts} conflicts, {takeovers} takeovers, {settled} settled");
    assert!(conflicts > 300 && takeovers > 30 && settled > 40, "{reached}");
}
