//! Killed at any point: the next start does the rest, with the same job.

use std::time::Duration;

use reseal_tests::{Call, Rule, Running, Service, wait_until};
use serde_json::json;

use crate::world::{STOCK, World, created};

/// A server that found a report by its event and claimed its job just now. Its
/// probe, which comes between claim and job, gets nowhere until S3 heals.
fn claiming(world: &World) -> Running {
    let keys = world.objects(30);
    let probe = Rule::on_all_of(Service::S3).only_if(Call::is_of_the_probe);
    world.s3.rule(probe.answers(503, "SlowDown"));
    let serve = world.start_encrypting("one.log");
    world.wait_for_log("one.log", "a round ended");
    let report = world.written("stock", STOCK, &keys);
    world.deliver(&report, "");
    world.send(&created("reports", &world.key(&report, "manifest.checksum")));
    wait_until("a claim", || !world.records("work/serve/").is_empty());
    serve
}

/// Until a round has ended, and then gracefully.
fn one_round(world: &World, log: &str, mode: &[&str]) {
    let serve = world.start(log, mode);
    world.wait_for_log(log, "a round ended");
    end(serve);
}

fn end(serve: Running) {
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);
}

/// The event is still there and nothing is recorded but the claim, whose job
/// the next one makes.
fn the_next_one_makes_that_very_job(world: &World) {
    assert_eq!(world.messages(), 1, "its event is still there");
    let records = world.records("work/serve/");
    let [(name, claim)] = &records[..] else { panic!("{records:?}") };
    assert!(name.ends_with(".claim.json"), "{name}");
    world.s3.heal();
    let serve = world.start_encrypting("two.log");
    let worker = world.fleet.start_worker();
    world.wait_for_log("two.log", "a round ended");
    world.wait_for_an_empty_queue();
    assert_eq!(world.one_job_and_all_is_done(30), claim["job"].as_str().expect("an id"));
    assert_eq!(world.handled().len(), 1);
    end(serve);
    drop(worker);
}

#[test]
fn killed_between_claim_and_job_the_next_one_makes_that_very_job() {
    let world = World::with_reports();
    claiming(&world).kill_9();
    assert_eq!(world.jobs().len(), 0, "killed too late for this test to say anything");
    the_next_one_makes_that_very_job(&world);
}

#[test]
fn stopped_between_claim_and_job_it_ends_well_and_the_next_one_makes_that_job() {
    let world = World::with_reports();
    end(claiming(&world));
    the_next_one_makes_that_very_job(&world);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the moment of a kill is to be any")]
fn killed_at_any_moment_nothing_is_lost_and_nothing_done_twice() {
    let world = World::new();
    let keys = world.objects(30);
    let report = world.written("stock", STOCK, &keys);
    world.deliver(&report, "");
    world.sandbox.admin("limits", &json!({ "latencyMs": 15 }));
    world.send(&created("reports", &world.key(&report, "manifest.checksum")));
    for n in 1..=12 {
        let serve = world.start_encrypting(&format!("{n}.log"));
        std::thread::sleep(Duration::from_millis(150 * n));
        serve.kill_9();
    }
    let serve = world.start_encrypting("last.log");
    let worker = world.fleet.start_worker();
    world.wait_for_log("last.log", "a round ended");
    world.wait_for_an_empty_queue();
    let _ = world.one_job_and_all_is_done(30);
    assert_eq!(world.handled().len(), 1);
    end(serve);
    drop(worker);
}

/// In many chunks.
const FINELY: [&str; 6] = ["--mode", "encrypt", "--fleet", "test", "--chunk-rows", "1"];

/// Killed while it handed a job out, whose id this is.
fn killed_in_the_middle(world: &World) -> String {
    let is_chunk = |call: &Call| call.key.as_deref().is_some_and(|key| key.contains("/chunks/"));
    world.s3.rule(Rule::on("PutObject").only_if(is_chunk).from(4).answers(503, "SlowDown"));
    let serve = world.start("one.log", &FINELY);
    let mut begun = None;
    wait_until("some chunks", || {
        begun = world.jobs().pop().and_then(|job| job["job"].as_str().map(str::to_owned));
        let pending = |job: &String| world.fleet.status(job)["chunks"]["pending"].as_u64();
        begun.as_ref().is_some_and(|job| pending(job) > Some(0))
    });
    serve.kill_9();
    world.s3.heal();
    begun.expect("a job")
}

/// A newer report is about the same bucket, and all of it is handed out.
#[test]
fn a_job_of_an_older_report_that_was_begun_ends_with_the_job_of_a_newer_one() {
    let world = World::with_reports();
    let keys = world.objects(30);
    world.deliver(&world.written("stock", STOCK, &keys), "");
    let begun = killed_in_the_middle(&world);
    world.deliver(&world.written_on("newer", "2026-11-21", STOCK, &keys), "");
    one_round(&world, "two.log", &FINELY);
    assert_eq!(world.fleet.status(&begun)["state"], "cancelled", "{}", world.log("two.log"));
    let handled = world.handled();
    let outcomes: Vec<_> = handled.iter().filter_map(|value| value["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["overtaken", "submitted"], "{handled:?}");
    assert_eq!((&handled[0]["job"], &handled[0]["by"]), (&json!(begun), &handled[1]["job"]));
    let worker = world.fleet.start_worker();
    let newer = handled[1]["job"].as_str().expect("an id");
    world.fleet.wait_for_the_end(newer);
    assert!(world.sandbox.dump(STOCK).iter().all(|version| version.kms_key.is_some()));
    drop(worker);
}

/// Somebody paused it: whether it goes on is his.
#[test]
fn an_older_job_that_somebody_paused_stays_paused() {
    let world = World::with_reports();
    let keys = world.objects(30);
    world.deliver(&world.written("stock", STOCK, &keys), "");
    let begun = killed_in_the_middle(&world);
    let _ = world.fleet.reseal(&["pause", &begun]).run().expect_code(0);
    world.deliver(&world.written_on("newer", "2026-11-21", STOCK, &keys), "");
    one_round(&world, "two.log", &FINELY);
    assert_eq!(world.fleet.status(&begun)["state"]["paused"], "requested");
    assert_eq!(world.handled().len(), 1, "{}", world.log("two.log"));
}

/// Refused for good would leave half a job behind that nobody goes on with.
#[test]
fn a_job_that_was_begun_is_not_refused_but_gone_on_with_once_the_key_is_back() {
    let world = World::with_reports();
    let keys = world.objects(30);
    world.deliver(&world.written("stock", STOCK, &keys), "");
    let _ = killed_in_the_middle(&world);
    world.sandbox.admin("keys", &json!({ "key": "alias/target", "state": "Disabled" }));
    let serve = world.start("two.log", &FINELY);
    world.wait_for_log("two.log", "was begun and can't be gone on with");
    assert_eq!(world.handled().len(), 0, "that isn't the end of it");
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);
    world.sandbox.admin("keys", &json!({ "key": "alias/target", "state": "Enabled" }));
    let serve = world.start("three.log", &FINELY);
    let worker = world.fleet.start_worker();
    world.wait_for_log("three.log", "a round ended");
    let _ = world.one_job_and_all_is_done(30);
    assert_eq!(world.handled().len(), 1);
    end(serve);
    drop(worker);
}
