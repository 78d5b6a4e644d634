//! What each role's commands ask for, recorded, and what it is granted.

use std::collections::BTreeSet;

use reseal_aws::permissions::{Place, Role, needs};
use reseal_tests::wait_until;
use serde_json::json;

use crate::world::{FILES, FLEET, GIB, OTHER_ROLE, REPORTS, TARGET, World};

/// Granted and not asked for here: why, or where it is.
const ELSEWHERE: &[(Role, Place, &str)] = &[
    // Seen with a stub of the ECS agent, which asks ECS in the role's name:
    // `watched::a_worker_is_protected_while_it_holds_work_and_tells_how_it_is`.
    (Role::Worker, Place::Task, "UpdateTaskProtection"),
    // What S3 wants in order to say 404 instead of 403: no request of its own.
    (Role::Worker, Place::Buckets, "ListObjectsV2"),
    (Role::Worker, Place::WorkBucket, "ListObjectsV2"),
    // `--stack`: `named::a_job_goes_its_way_by_the_stacks_name_alone`.
    (Role::Auditor, Place::Stack, "DescribeStacks"),
];

/// A job that does to objects whatever can be done to them.
const EVERYTHING: [&str; 15] = [
    "s3://data",
    "s3://plain",
    "s3://locked",
    "--strategy",
    "copy",
    "--tag",
    "done=yes",
    "--locked",
    "copy",
    "--archived",
    "restore",
    "--restore-class",
    "STANDARD_IA",
    "--backup-to",
    "s3://backups",
];

/// Objects that take every path of the engine.
fn objects(world: &World) {
    let note = json!({ "note": "kept" });
    let grant = json!([{ "to": "999900001111", "permission": "READ" }]);
    world.sandbox.admin("objects", &json!([
        { "bucket": "data", "key": "small", "size": 10, "encryption": "SSE-S3", "tags": { "a": "b" } },
        { "bucket": "data", "key": "none", "size": 10, "encryption": "NOT-SSE", "annotations": note },
        { "bucket": "data", "key": "large", "size": 6 * GIB, "encryption": "NOT-SSE", "annotations": note },
        { "bucket": "data", "key": "cold", "size": 10, "storageClass": "GLACIER" },
        { "bucket": "plain", "key": "acl", "size": 10, "encryption": "NOT-SSE", "grants": grant },
        { "bucket": "locked", "key": "held", "size": 10, "legalHold": true, "encryption": "NOT-SSE" },
    ]));
    world.put_huge("huge");
}

fn has(world: &World, bucket: &str) -> bool {
    ureq::get(format!("{}/{bucket}?inventory&id=reseal", world.sandbox.url())).call().is_ok()
}

fn tag(value: &str) -> String {
    format!(
        "<Tagging><TagSet><Tag><Key>watched</Key><Value>{value}</Value></Tag></TagSet></Tagging>"
    )
}

/// What the coordinator service does: reports enabled, a job made of one, a
/// plan made of one, reports disabled.
fn served(world: &World) {
    let log = "encrypt.log";
    let serve = world.serve(log, &["--mode", "encrypt", "--fleet", FLEET, "--fleet-files", FILES]);
    wait_until("reports are enabled", || has(world, "data"));
    world.deliver(&["small"]);
    world.wait_for_log(log, "submitted as job");
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);
    let log = "report.log";
    let serve = world.serve(log, &["--mode", "report", "--report-to", "s3://work/plans"]);
    wait_until("a plan", || {
        let listed = ureq::get(format!("{}/work?list-type=2&prefix=plans/", world.sandbox.url()));
        let text = listed.call().expect("a listing").body_mut().read_to_string();
        text.expect("a text").contains("plan.json")
    });
    world.put("data?tagging", tag("no"));
    world.send(&json!({ "version": "0", "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.s3", "detail": { "eventSource": "s3.amazonaws.com",
        "eventName": "PutBucketTagging", "requestParameters": { "bucketName": "data" } } }));
    wait_until("reports are disabled", || !has(world, "data"));
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);
}

/// Holds up what is under way, so that a test can look at it.
fn slow(world: &World, millis: u64) {
    world.sandbox.admin("limits", &json!({ "latencyMs": millis }));
}

fn wait_for_parts(world: &World, more: u64) {
    let parts = || world.requests("worker", "UploadPartCopy");
    let before = parts();
    wait_until("some parts are copied", || parts() >= before + more);
}

/// Jobs that do all that jobs can do: one is taken over in the middle of a huge
/// object, one changed by somebody there, one given back by a worker that is
/// stopped, whose message is lost.
fn worked(world: &World) -> String {
    let taken_over = world.submitted(&EVERYTHING);
    slow(world, 1_000);
    let first = world.worker("first.log");
    wait_for_parts(world, 3);
    first.kill_9();
    slow(world, 0);
    let second = world.worker("second.log");
    world.wait_for_the_end(&taken_over);
    let updated =
        world.submitted(&["s3://plain", "--bucket-tag", "watched=no", "--tag", "other=yes"]);
    world.wait_for_the_end(&updated);

    world.put_huge("changed");
    slow(world, 200);
    let changed = world.submitted(&["s3://data/changed", "--strategy", "copy"]);
    slow(world, 1_000);
    wait_for_parts(world, 3);
    world.put_huge("changed");
    slow(world, 0);
    world.wait_for_the_end(&changed);

    slow(world, 200);
    world.put_huge("given-back");
    let given_back = world.submitted(&["s3://data/given-back", "--strategy", "copy"]);
    slow(world, 1_000);
    wait_for_parts(world, 3);
    second.signal("TERM");
    let _ = second.wait().expect_code(0);
    slow(world, 0);
    for words in [["pause", &given_back].as_slice(), &["resume", &given_back]] {
        let _ = world.reseal("coordinator", words).run().expect_code(0);
    }
    // Whoever finds the chunk now sends its message again.
    world.lose_all_messages();
    let third = world.worker("third.log");
    world.wait_for_the_end(&given_back);
    third.signal("TERM");
    let _ = third.wait().expect_code(0);
    taken_over
}

/// A job on another account's bucket: what is asked for there, its role asks.
fn worked_elsewhere(world: &World) {
    world.sandbox.admin("objects", &json!({ "bucket": "elsewhere", "key": "small", "size": 10 }));
    let job = world.submitted(&["s3://elsewhere", "--assume-role-arn", OTHER_ROLE]);
    let worker = world.worker("elsewhere.log");
    world.wait_for_the_end(&job);
    worker.signal("TERM");
    let _ = worker.wait().expect_code(0);
    let _ = world.reseal("auditor", &["verify", &job]).run().expect_code(0);
}

/// What somebody does who only looks.
fn audited(world: &World, job: &str) {
    let out = world.scratch.path("rows.csv");
    let out = out.to_str().expect("UTF-8");
    for words in [["status", job].as_slice(), &["report", job, "--out", out], &["verify", job]] {
        let ended = world.reseal("auditor", words).run();
        assert!(matches!(ended.code, Some(0 | 3)), "{words:?}: {ended:?}");
    }
    let latest = format!("latest:{REPORTS}/data/reseal/");
    for words in [
        ["census", "s3://data", "--versions", "all"].as_slice(),
        &["census", "--manifest", &latest],
        &["census", "--bucket-tag", "watched=no"],
        &["inventory", "list", "data"],
        &[&["plan", "s3://data"], TARGET.as_slice()].concat(),
    ] {
        let _ = world.alone("auditor", words).run().expect_code(0);
    }
}

#[test]
fn every_call_has_its_permission_and_every_permission_its_call() {
    let world = World::new();
    objects(&world);
    world.set_the_fleet_up();
    world.take_the_setup_away();
    served(&world);
    world.take_the_setup_away();
    world.set_the_fleet_up();
    let job = worked(&world);
    audited(&world, &job);
    worked_elsewhere(&world);
    let asked = world.asked();
    for role in Role::ALL {
        let name = role.name().to_lowercase();
        let of_role = asked.iter().filter(|(who, ..)| *who == name);
        let asked: BTreeSet<_> =
            of_role.map(|(_, place, operation)| (*place, *operation)).collect();
        let granted = granted(role);
        let lacking: Vec<_> = asked.difference(&granted).collect();
        assert!(lacking.is_empty(), "{role:?} asks for what it isn't granted: {lacking:?}");
        let idle = granted.difference(&asked);
        let idle: Vec<_> = idle.filter(|(p, o)| !ELSEWHERE.contains(&(role, *p, *o))).collect();
        assert!(idle.is_empty(), "{role:?} is granted what it never asks for: {idle:?}");
    }
}

/// What S3 does in a role's name with keys can't be seen from here: it follows
/// from the role's own operations.
fn granted(role: Role) -> BTreeSet<(Place, &'static str)> {
    let through_s3 = |place| matches!(place, Place::TargetThroughS3 | Place::OldKeysThroughS3);
    let needs = needs(role).iter().filter(|need| !through_s3(need.place));
    needs.flat_map(|need| need.operations.iter().map(|name| (need.place, *name))).collect()
}
