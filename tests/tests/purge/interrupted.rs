//! Signals, kills, throttling and lost answers.

use reseal_tests::{Fault, Rule, wait_until};
use serde_json::json;

use crate::world::{Job, World, count};

const OBJECTS: u32 = 300;

fn slow() -> (World, Job) {
    let world = World::new();
    world.puts("o", OBJECTS);
    let job = world.job(&["--chunk-rows", "100"]);
    assert_eq!(job.superseded().len() as u32, OBJECTS);
    (world, job)
}

fn slowed<'a>(more: &'a [&'a str]) -> Vec<&'a str> {
    let slow = ["--yes", "--rate", "20", "--concurrency", "4"];
    slow.into_iter().chain(more.iter().copied()).collect()
}

#[test]
fn a_killed_purge_is_repeated_and_ends_the_same() {
    let (world, job) = slow();
    let (before, deletes) = (world.versions(), world.deletes());
    for more in [30, 60] {
        let goal = world.deletes() + more;
        let running = world.command(&job.id, &slowed(&[])).start();
        wait_until("some deletes", || world.deletes() >= goal);
        running.kill_9();
    }
    let partly = world.deleted_since(&before);
    assert!(partly.len() >= 90 && partly.is_subset(&job.superseded()));
    let ended = world.purge(&job, &[]).expect_code(0);
    assert_eq!(world.deleted_since(&before), job.superseded());
    assert!(count(&ended, "/gone") >= 90);
    assert_eq!(world.deletes() - deletes, u64::from(OBJECTS), "none was deleted twice");
}

#[test]
fn an_interrupted_purge_says_what_it_did_and_goes_on() {
    let (world, job) = slow();
    let (before, goal) = (world.versions(), world.deletes() + 20);
    let (path, out) = world.file("first.csv");
    let running = world.command(&job.id, &slowed(&["--out", &out])).start();
    wait_until("some deletes", || world.deletes() >= goal);
    running.signal("INT");
    let ended = running.wait().expect_code(130);
    assert_eq!(ended.json()["interrupted"], true);
    let deleted = world.deleted_since(&before).len() as u64;
    assert!((20..u64::from(OBJECTS)).contains(&deleted));
    assert_eq!(count(&ended, "/deleted/versions"), deleted);
    assert_eq!(crate::world::fates(&path).len() as u64, deleted);
    let ended = world.purge(&job, &[]).expect_code(0);
    assert_eq!(count(&ended, "/gone"), deleted);
    assert_eq!(world.deleted_since(&before), job.superseded());
}

#[test]
fn throttling_and_lost_answers_cost_nothing_but_time() {
    let world = World::new();
    for prefix in ["slow", "lost", "never", "fine"] {
        world.puts(prefix, 4);
    }
    let job = world.job(&[]);
    let rule = |prefix: &str| Rule::on("DeleteObject").prefix(prefix).first_of_each_key(1);
    world.proxy.rule(rule("slow").answers(503, "SlowDown"));
    world.proxy.rule(rule("lost").does(Fault::ResetAfter));
    world.proxy.rule(rule("never").does(Fault::ResetBefore));
    let before = world.versions();
    let ended = world.purge(&job, &[]).expect_code(0);
    assert_eq!(world.deleted_since(&before), job.superseded());
    assert_eq!(count(&ended, "/deleted/versions"), 16, "{}", ended.stdout);
    assert_eq!(count(&ended, "/gone"), 0, "ours, though the answer was lost");
}

/// Between two attempts everything is proved again.
#[test]
fn a_repeated_delete_does_not_rely_on_an_old_proof() {
    let world = World::new();
    world.puts("o", 1);
    let job = world.job(&[]);
    let url = format!("{}/{}/o0000", world.sandbox.url(), crate::world::BUCKET);
    let slow = Rule::on("DeleteObject").nth(1).answers(503, "SlowDown");
    world.proxy.rule(slow.first(move |_| {
        ureq::put(&url).send("somebody's").expect("written");
    }));
    let before = world.versions().len();
    let ended = world.purge(&job, &[]).expect_code(3);
    assert_eq!(ended.json()["left"], json!({ "current-not-at-target": 1 }));
    assert_eq!(world.versions().len(), before + 1);
}

#[test]
fn credentials_that_expire_end_it_and_what_was_done_is_told() {
    let (world, job) = slow();
    let rule = Rule::on("DeleteObject").from(10);
    world.proxy.rule(rule.answers(400, "ExpiredToken"));
    let before = world.versions();
    let ended = world.command(&job.id, &["--yes", "--concurrency", "1"]).run().expect_code(1);
    assert!(ended.stderr.contains("ExpiredToken"), "{}", ended.stderr);
    assert_eq!(world.deleted_since(&before).len(), 9);
    assert_eq!(count(&ended, "/deleted/versions"), 9);
    assert_eq!(ended.json()["interrupted"], true);
}
