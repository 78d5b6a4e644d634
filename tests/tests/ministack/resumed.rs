//! `kill -9` in mid-run, and the same command again.

use std::collections::BTreeMap;
use std::path::Path;

use reseal_tests::{Running, Seen, read_report, wait_until};

use crate::world::{EVERY_ENCRYPTION, Target, VERSIONED, World, by_place, current, objects};

const OBJECTS: usize = 320;
const KILLS: usize = 4;
/// Copies seen in each round before it is killed.
const COPIES_A_ROUND: usize = 10;
/// Objects a second, in the rounds that are killed: a whole run would take
/// half a minute then, so that however late a kill comes, it comes in mid-run.
const SLOWLY: [&str; 2] = ["--rate", "10"];
const ARGUMENTS: [&str; 6] =
    ["--yes", "--strategy", "copy", "--accept-unfenced-copies", "--chunk-rows", "100"];

fn start(world: &World, target: &Target) -> Running {
    world.reseal("run", &[VERSIONED], target).args(ARGUMENTS).args(SLOWLY).start()
}

fn copies(world: &World) -> usize {
    world.writes().iter().filter(|w| w.path.starts_with("/versioned/d")).count()
}

fn wait_for_copies(world: &World, running: &mut Running) {
    let goal = copies(world) + COPIES_A_ROUND;
    wait_until("more copies", || {
        assert!(!running.has_ended(), "the run ended before it could be killed");
        copies(world) >= goal
    });
}

#[test]
fn a_killed_run_goes_on_and_makes_no_version_too_many() {
    let world = World::new(&objects(VERSIONED, OBJECTS, &EVERY_ENCRYPTION));
    let (before, target) = (world.see(), world.kms());
    for _ in 0..KILLS {
        let mut running = start(&world, &target);
        wait_for_copies(&world, &mut running);
        running.kill_9();
    }
    let ended = world.reseal("run", &[VERSIONED], &target).args(ARGUMENTS).run().expect_code(0);
    assert!(ended.stderr.contains("resuming job"), "{}", ended.stderr);
    assert_eq!(ended.json()["adds_up"], true);

    let after = world.see();
    let (was, is) = (current(&before), current(&after));
    assert!(was.keys().eq(is.keys()), "an object came or went");
    for (place, versions) in by_place(&after) {
        let new = usize::from(!target.is_met_by(was[&place]));
        assert_eq!(versions.len(), 1 + new, "{place:?}");
        assert!(target.is_met_by(is[&place]), "{place:?}");
        assert_eq!(was[&place].content(), is[&place].content(), "{place:?}");
    }
    every_object_has_one_row(&ended.report(), &target, &was);
}

/// A copy that the kill left unrecorded is recorded as found at the target.
fn every_object_has_one_row(
    report: &Path,
    target: &Target,
    was: &BTreeMap<(String, String), &Seen>,
) {
    let rows = read_report(report);
    assert_eq!(rows.len(), OBJECTS);
    let mut places: Vec<_> = rows.iter().map(|r| (r.bucket.clone(), r.key.clone())).collect();
    places.sort();
    assert!(places.iter().eq(was.keys()), "the report's objects aren't the bucket's");
    for row in &rows {
        let was = was[&(row.bucket.clone(), row.key.clone())];
        let expected = if target.is_met_by(was) { "already-compliant" } else { "re-encrypted" };
        assert_eq!(row.outcome, expected, "{row:?}");
    }
}
