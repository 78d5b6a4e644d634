//! KMS throttled, disabled, denied: waited for, or the whole job pauses before
//! more of it runs into the same wall.

use reseal_tests::{Ended, Reseal, Rule};
use serde_json::{Value, json};

use crate::world::{CONCURRENCY, World};

#[test]
fn kms_throttled_is_waited_for() {
    let world = World::new("kms-throttled").objects("o", 15).large("large");
    for call in ["CopyObject", "CreateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload"]
    {
        let rule = Rule::on(call).first_of_each_key(2);
        world.proxy.rule(rule.answers(400, "KMS.ThrottlingException"));
    }
    let describe = Rule::on("DescribeKey").first_of_each_key(2);
    world.proxy.rule(describe.answers(400, "ThrottlingException"));
    let ended = world.run(&[]).expect_code(0);
    world.settled(&ended, &[]).all_are("re-encrypted");
    let counts = world.proxy.counts();
    assert_eq!((counts["CopyObject"].faulted, counts["DescribeKey"].faulted), (30, 2));
}

const OBJECTS: u64 = 240;

/// Changes the target key just before a copy in mid-run; then gives it back,
/// and lets the job go on.
fn pauses_and_goes_on(label: &str, broken: &Value, mended: &Value, resume: bool) {
    let world = World::new(label).objects("o", OBJECTS);
    let (url, body) = (world.sandbox.url().to_owned(), with_key(&world.key, broken));
    world.proxy.rule(Rule::on("CopyObject").nth(40).first(move |_| admin(&url, &body)));
    let ended = world.run(&["--chunk-rows", "60"]).expect_code(1);
    paused_at_once(&world, &ended);

    admin(world.sandbox.url(), &with_key(&world.key, mended));
    world.proxy.heal();
    if resume {
        let job = ended.json()["job"].as_str().expect("a job").to_owned();
        let resume = Reseal::without_endpoint("resume").args([job]).state(world.scratch.folder());
        let _ = resume.run().expect_code(0);
    }
    let again = world.run(&["--chunk-rows", "60"]).expect_code(0);
    assert_eq!(again.json()["job"], ended.json()["job"]);
    let settled = world.settled(&again, &[]);
    assert_eq!(settled.count("failed") + settled.count("skipped"), 0);
}

fn with_key(key: &str, change: &Value) -> Value {
    let mut body = change.clone();
    body["key"] = key.into();
    body
}

fn admin(url: &str, body: &Value) {
    let url = format!("{url}/_sandbox/keys");
    ureq::post(&url).content_type("application/json").send(body.to_string()).expect("changed");
}

/// The state, and that nobody knocked again once all who were on their way had
/// been refused. What was refused is neither failed nor skipped.
fn paused_at_once(world: &World, ended: &Ended) {
    let told = ended.json();
    assert!(told["state"]["paused"]["key"].is_string(), "{told}");
    let totals = &told["totals"]["overall"];
    assert_eq!((&totals["failed"], &totals["skipped"]), (&json!({}), &json!({})), "{told}");
    let log = world.proxy.log();
    let copies = log.iter().filter(|entry| entry.call.operation == "CopyObject");
    let refused = copies.filter(|entry| entry.status.is_some_and(|status| status >= 400)).count();
    // The probe has one of its copies refused, to see that it is.
    let limit = 1 + CONCURRENCY as usize;
    assert!((1..=limit).contains(&refused), "{refused} copies were refused");
}

#[test]
fn kms_key_disabled_in_mid_run_pauses_the_job() {
    let (broken, mended) = (json!({ "state": "Disabled" }), json!({ "state": "Enabled" }));
    pauses_and_goes_on("kms-disabled", &broken, &mended, true);
}

#[test]
fn kms_key_denied_in_mid_run_pauses_the_job() {
    let (broken, mended) = (json!({ "access": "nobody" }), json!({ "access": "own-account" }));
    pauses_and_goes_on("kms-denied", &broken, &mended, false);
}

#[test]
fn kms_key_to_be_deleted_in_mid_run_pauses_the_job() {
    let (broken, mended) = (json!({ "state": "PendingDeletion" }), json!({ "state": "Enabled" }));
    pauses_and_goes_on("kms-deletion", &broken, &mended, false);
}

/// The key that objects lie under: theirs is the trouble, and theirs alone.
#[test]
fn a_lost_source_key_stops_nobody_else() {
    let world = World::new("kms-source").objects("o", 30);
    world.sandbox.admin("keys", &json!({ "key": "alias/old", "state": "Disabled" }));
    let ended = world.run(&[]).expect_code(3);
    let settled = world.settled(&ended, &[]);
    assert_eq!((settled.count("re-encrypted"), settled.count("failed")), (20, 10));
    let failed = settled.rows.values().filter(|row| row.outcome == "failed");
    assert!(failed.clone().all(|row| row.before_encryption == "SSE-KMS"), "{:?}", settled.rows);
}
