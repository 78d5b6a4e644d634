//! 403 for an object, 403 for nearly all of them, credentials that expire, a
//! clock that is off: whose trouble it is decides what happens.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reseal_tests::{Answer, Fault, Reseal, Rule, Service};
use serde_json::json;

use crate::world::World;

#[test]
fn a_403_is_its_objects_own_failure() {
    let world = World::new("403").objects("free/", 12).objects("secret/", 4).large("secret/large");
    let world = world.objects("unseen/", 4).objects("locked-tags/", 1);
    for call in ["CopyObject", "CreateMultipartUpload"] {
        world.proxy.rule(Rule::on(call).prefix("secret/").answers(403, "AccessDenied"));
    }
    for call in ["HeadObject", "GetObject"] {
        world.proxy.rule(Rule::on(call).prefix("unseen/").answers(403, "AccessDenied"));
    }
    let ended = world.run(&[]).expect_code(3);
    let settled = world.settled(&ended, &[]);
    assert_eq!((settled.count("re-encrypted"), settled.count("denied")), (13, 9));
    let repeated = world.proxy.faulted("CopyObject");
    assert_eq!(repeated, 4, "repeating won't cure a denial");

    // Once it is allowed, the failed ones alone are driven again.
    world.proxy.heal();
    let copies = world.proxy.requests("CopyObject");
    let job = ended.json()["job"].as_str().expect("a job").to_owned();
    let retry = Reseal::without_endpoint("retry")
        .args([job.as_str(), "--reason", "denied", "--yes", "--output", "json"])
        .state(world.scratch.folder())
        .run()
        .expect_code(0);
    assert_eq!(retry.json()["totals"]["overall"]["re_encrypted"], 9, "{}", retry.stdout);
    let written = world.proxy.requests("CopyObject") - copies;
    assert!(written < 8 + 12, "{written} copies: the probe's few, and one for each small one");
}

/// What can't be removed now is tried again when the job is over, and then named.
#[test]
fn an_upload_that_cannot_be_removed_is_named() {
    let world = World::new("leftover").large("a");
    for call in ["UploadPartCopy", "AbortMultipartUpload"] {
        world.proxy.rule(Rule::on(call).answers(403, "AccessDenied"));
    }
    let ended = world.run(&[]).expect_code(3);
    assert_eq!(ended.json()["unfinished_uploads"], 1, "{}", ended.stdout);
    assert!(ended.stderr.contains("could not be removed"), "{}", ended.stderr);
}

/// More than half of at least 100 fail: what is left isn't tried.
#[test]
fn a_job_that_mostly_fails_is_stopped() {
    const OBJECTS: u64 = 500;
    let world = World::new("breaker").objects("o", OBJECTS);
    world.proxy.rule(Rule::on("CopyObject").between(1, 200).answers(403, "AccessDenied"));
    // Nothing more is settled until the job has stood still for long: the
    // breaker need not be fast.
    let (state, job_is_paused) = (world.scratch.folder().to_owned(), AtomicBool::new(false));
    world.proxy.rule(Rule::on("CopyObject").from(201).first(move |_| {
        reseal_tests::wait_until("a paused job", || {
            if !job_is_paused.load(Ordering::Relaxed) {
                let jobs = Reseal::without_endpoint("status").args(["--output", "json"]);
                let jobs = jobs.state(&state).run().expect_code(0).json();
                let paused = jobs["jobs"][0]["state"]["paused"] == "failures";
                job_is_paused.store(paused, Ordering::Relaxed);
            }
            job_is_paused.load(Ordering::Relaxed)
        });
    }));
    let ended = world.run(&["--chunk-rows", "250"]).expect_code(1);
    let told = ended.json();
    assert_eq!(told["state"]["paused"], "failures", "{told}");
    let failed = told["totals"]["overall"]["failed"]["denied"].as_u64().expect("failures");
    assert!((101..=200).contains(&failed), "{told}");

    world.proxy.heal();
    let again = world.run(&["--chunk-rows", "250"]).expect_code(3);
    let settled = world.settled(&again, &[]);
    assert_eq!(settled.count("denied") as u64, failed, "what is settled stays so");
    assert_eq!(settled.count("re-encrypted") as u64, OBJECTS - failed);
}

/// A HEAD that is refused for an expired token has no body, and looks like one
/// of a customer's key: none of these objects may be counted as such.
#[test]
fn expired_credentials_pause_the_job_and_fail_nothing() {
    let world = World::new("expired").objects("o", 300);
    let expired = Arc::new(AtomicBool::new(false));
    let (set, is_set) = (Arc::clone(&expired), Arc::clone(&expired));
    let fortieth = Rule::on("CopyObject").nth(40);
    world.proxy.rule(fortieth.then(move |_| set.store(true, Ordering::Relaxed)));
    let all = Rule::on_all_of(Service::S3).only_if(move |_| is_set.load(Ordering::Relaxed));
    world.proxy.rule(all.answers(400, "ExpiredToken"));
    let ended = world.run(&["--chunk-rows", "100"]).expect_code(1);
    let told = ended.json();
    assert_eq!(told["state"]["paused"], "credentials", "{told}");
    let totals = &told["totals"]["overall"];
    assert_eq!((&totals["failed"], &totals["skipped"]), (&json!({}), &json!({})), "{told}");

    expired.store(false, Ordering::Relaxed);
    let again = world.run(&["--chunk-rows", "100"]).expect_code(0);
    assert_eq!(again.json()["job"], told["job"]);
    let settled = world.settled(&again, &[]);
    assert_eq!(settled.count("failed") + settled.count("skipped"), 0);
}

#[test]
fn expired_credentials_are_refused_before_anything_is_touched() {
    let world = World::new("expired-at-once").objects("o", 3);
    let refused = Answer::new(403, "ExpiredToken").saying("The security token is expired");
    world.proxy.rule(Rule::on_all_of(Service::Sts).does(Fault::Refuse(refused)));
    let ended = world.run(&[]).expect_code(2);
    assert!(ended.stderr.contains("no usable AWS credentials"), "{}", ended.stderr);
    assert_eq!(&world.versions(), world.before());
}

/// A process that gives credentials which expire at once: none of them serves
/// for long.
#[test]
fn credentials_are_renewed_in_mid_run() {
    let world = World::new("renewed").objects("o", 12);
    let script = world.scratch.write("give", concat!(
        "#!/bin/sh\n",
        "printf '{\"Version\": 1, \"AccessKeyId\": \"AKIA%s\", \"SecretAccessKey\": \"secret\", ",
        "\"SessionToken\": \"token\", \"Expiration\": \"%s\"}' ",
        "$$ \"$(date -u -d '+5 seconds' +%Y-%m-%dT%H:%M:%SZ)\"\n",
    ));
    let config = format!("[default]\ncredential_process = sh {}\n", script.display());
    let config = world.scratch.write("config", config);
    let ended = world.command(&[]).configured_by(&config).run().expect_code(0);
    world.settled(&ended, &[]).all_are("re-encrypted");
    let log = world.proxy.log();
    let copies = log.iter().filter(|entry| entry.call.operation == "CopyObject");
    let signers: BTreeSet<_> = copies.map(|entry| entry.call.access_key.clone()).collect();
    assert!(signers.len() >= 3, "{signers:?}");
}

/// The server's clock jumps, and again: what was signed by ours is refused,
/// once; the answer tells the time, and the next is signed by that.
#[test]
fn a_clock_that_is_off_is_set_by_the_first_refusal() {
    let world = World::new("skew").objects("o", 30).large("z-large");
    let jump_after = |call: &'static str, n: u64, hours: u64| {
        let clock = world.proxy.clock();
        let ahead = Duration::from_secs(hours * 3_600);
        let rule = Rule::on(call).prefix("o").nth(n);
        world.proxy.rule(rule.then(move |_| clock.set_ahead(ahead)));
    };
    jump_after("HeadObject", 10, 1);
    jump_after("CopyObject", 20, 2);
    // One at a time, so that the next request is the next step of the same.
    // Not so for the large object, which is a chunk of its own and may come
    // before, between and after the others.
    let ended = world.run(&["--concurrency", "1"]).expect_code(0);
    world.settled(&ended, &[]).all_are("re-encrypted");
    let log = world.proxy.log();
    let refused = log.iter().filter(|entry| entry.fault == Some("refused"));
    let refused: Vec<_> = refused.map(|entry| entry.call.operation).collect();
    assert_eq!(refused, ["CopyObject", "HeadObject"]);
}
