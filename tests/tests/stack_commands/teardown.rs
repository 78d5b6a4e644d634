//! `teardown`: reports called off, the stack gone, nothing else touched.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reseal_tests::{Fault, Reseal, Rule, wait_until};
use serde_json::{Value, json};

use crate::world::{STACK, WORK, World};

/// Somebody's statement in the work bucket's policy.
const POLICY: &str = "{ \"Version\":\"2012-10-17\",\n\t\"Statement\" :[\n  {\"Sid\":\"Theirs\", \"Effect\":\"Allow\",\r\n   \"Principal\":{\"AWS\":[\"444455556666\"]}, \"Action\": \"s3:GetObject\",\n   \"Resource\":\"arn:aws:s3:::main-work/*\"}\n ]\n}\n";

/// Somebody's configuration, in whatever place.
fn theirs(id: &str, bucket: &str, prefix: &str) -> String {
    format!(
        "<InventoryConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n \
         <Destination><S3BucketDestination><Bucket>arn:aws:s3:::{bucket}</Bucket>\
         <Format>CSV</Format><Prefix>{prefix}</Prefix></S3BucketDestination></Destination>\
         <IsEnabled>true</IsEnabled><Id>{id}</Id>\
         <IncludedObjectVersions>Current</IncludedObjectVersions>\
         <Schedule><Frequency>Weekly</Frequency></Schedule></InventoryConfiguration>"
    )
}

/// One with our id in its place, one with another id in ours.
const FOREIGN: [(&str, &str, &str, &str); 3] = [
    ("audited", "audit", "main-work", "inventory"),
    ("elsewhere", "reseal", "their-reports", "inventory"),
    ("beside", "reseal", "main-work", "inventory-of-theirs"),
];

fn estate() -> World {
    let world = World::new();
    world.put(&format!("{WORK}?policy"), POLICY);
    for bucket in ["stock", "sales"] {
        world.reported(bucket);
    }
    for (bucket, id, to, prefix) in FOREIGN {
        world.sandbox.bucket(bucket, None);
        world.put(&format!("{bucket}?inventory&id={id}"), &theirs(id, to, prefix));
    }
    world
}

fn foreign_bytes_are_as_they_were(world: &World) {
    for (bucket, id, to, prefix) in FOREIGN {
        assert_eq!(world.setup(bucket, id), Some(theirs(id, to, prefix)), "{bucket}");
    }
}

fn called_off(world: &World) -> bool {
    ["stock", "sales"].iter().all(|bucket| world.setup(bucket, "reseal").is_none())
}

fn teardown(world: &World, rest: &[&str]) -> Reseal {
    world.reseal(&["teardown", "--stack", STACK]).args(rest)
}

fn torn(world: &World) -> Value {
    teardown(world, &["--yes", "--output", "json"]).run().expect_code(0).json()
}

#[test]
fn reports_are_called_off_the_stack_goes_and_foreign_bytes_stay() {
    let world = estate();
    let before = world.sandbox.mutations();
    let unasked = teardown(&world, &[]).run().expect_code(2);
    assert!(unasked.stderr.contains("--dry-run") && unasked.stderr.contains("--yes"));
    let shown = teardown(&world, &["--dry-run", "--output", "json"]).run().expect_code(0).json();
    assert_eq!((&shown["state"], &shown["fleet"]), (&json!("planned"), &json!(STACK)));
    assert_eq!(shown["disabled"], json!(["sales", "stock"]));
    assert_eq!(
        (&shown["left"][0]["name"], &shown["left"][1]["what"]),
        (&json!(WORK), &json!("KMS key"))
    );
    assert_eq!(world.sandbox.mutations(), before, "nothing is changed");
    assert_eq!(world.state_of(STACK).as_deref(), Some("CREATE_COMPLETE"));

    let done = torn(&world);
    assert_eq!(
        (&done["state"], &done["disabled"]),
        (&json!("deleted"), &json!(["sales", "stock"]))
    );
    // What the template keeps, as CloudFormation itself tells, and the key,
    // which isn't one of its resources.
    let left = done["left"].as_array().expect("a list");
    assert_eq!((left.len(), &left[0]["name"]), (2, &json!(WORK)), "{left:?}");
    assert_eq!(left[1]["what"], "KMS key");
    assert!(called_off(&world) && world.state_of(STACK).is_none());
    assert_eq!(world.get(&format!("{WORK}?policy")).as_deref(), Some(POLICY));
    foreign_bytes_are_as_they_were(&world);

    let mutations = world.sandbox.mutations();
    let again = torn(&world);
    assert_eq!((&again["state"], &again["disabled"]), (&json!("gone"), &json!([])));
    assert_eq!(world.sandbox.mutations(), mutations);
    // What CloudFormation leaves has its tag, by which it is known again.
    let tag = "<Tag><Key>aws:cloudformation:stack-name</Key><Value>main</Value></Tag>";
    world.put(&format!("{WORK}?tagging"), &format!("<Tagging><TagSet>{tag}</TagSet></Tagging>"));
    let foreign = world.setup("elsewhere", "reseal");
    world.report_again("stock");
    let shown = teardown(&world, &["--yes"]).run().expect_code(0).stdout;
    for words in [
        "stack main: isn't there",
        "reports of stock: disabled",
        "stays: bucket main-work",
        "reseal guard",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(called_off(&world));
    assert_eq!(world.setup("elsewhere", "reseal"), foreign);
}

#[test]
fn a_job_that_is_not_over_refuses_and_its_cancellation_is_named() {
    let world = estate();
    let job = world.submitted();
    let before = world.sandbox.mutations();
    for rest in [&["--yes"][..], &["--dry-run"]] {
        let refused = teardown(&world, rest).run().expect_code(2);
        let command = format!("reseal cancel {job} --stack {STACK}");
        assert!(refused.stderr.contains(&command), "{}", refused.stderr);
    }
    assert_eq!((world.sandbox.mutations(), called_off(&world)), (before, false));
    assert_eq!(world.state_of(STACK).as_deref(), Some("CREATE_COMPLETE"));
    let _ = world.reseal(&["cancel", &job, "--stack", STACK, "--yes"]).run().expect_code(0);
    let _ = torn(&world);
    assert!(called_off(&world) && world.state_of(STACK).is_none());
    foreign_bytes_are_as_they_were(&world);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the moment of a kill is to be any")]
fn killed_at_any_moment_the_same_command_goes_on() {
    let world = estate();
    world.sandbox.admin("limits", &json!({ "latencyMs": 30 }));
    for n in 1..=8 {
        let running = teardown(&world, &["--yes"]).start();
        std::thread::sleep(Duration::from_millis(120 * n));
        running.kill_9();
        foreign_bytes_are_as_they_were(&world);
    }
    world.sandbox.admin("limits", &json!({ "latencyMs": 0 }));
    let _ = torn(&world);
    assert!(called_off(&world) && world.state_of(STACK).is_none());
    assert_eq!(world.get(&format!("{WORK}?policy")).as_deref(), Some(POLICY));
    foreign_bytes_are_as_they_were(&world);
}

#[test]
fn killed_before_and_after_the_deletion_began_it_is_ended_by_the_next_one() {
    let world = estate();
    for after in [false, true] {
        let heard = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&heard);
        let hook = move |_: &_| told.store(true, Ordering::Relaxed);
        world.control.rule(match after {
            false => {
                Rule::on("DeleteStack").first(hook).does(Fault::Delay(Duration::from_secs(60)))
            }
            true => Rule::on("DeleteStack").then(hook).does(Fault::ResetAfter),
        });
        let running = teardown(&world, &["--yes"]).start();
        wait_until("it comes to the deletion", || heard.load(Ordering::Relaxed));
        running.kill_9();
        world.control.heal();
        assert!(called_off(&world), "reports come first");
        assert!(after || world.state_of(STACK).as_deref() == Some("CREATE_COMPLETE"));
    }
    let _ = torn(&world);
    assert!(world.state_of(STACK).is_none());
    foreign_bytes_are_as_they_were(&world);
}

#[test]
fn a_stack_that_may_not_be_deleted_fails_and_says_why() {
    let world = estate();
    let protect = |on: &str| {
        let form = [("Action", "UpdateTerminationProtection"), ("StackName", STACK)];
        world.formation(&[&form[..], &[("EnableTerminationProtection", on)]].concat());
    };
    protect("true");
    let failed = teardown(&world, &["--yes"]).run().expect_code(1);
    let line = failed.stderr.trim_end().lines().last().expect("a line");
    assert!(line.contains("is not deleted") && line.contains("TerminationProtection"), "{line}");
    assert_eq!(world.state_of(STACK).as_deref(), Some("CREATE_COMPLETE"));
    protect("false");
    let _ = torn(&world);
    assert!(called_off(&world) && world.state_of(STACK).is_none());
}

#[test]
fn what_a_server_sets_up_again_meanwhile_is_called_off_too_and_a_secret_bucket_is_named() {
    let world = estate();
    let deny = json!({ "Statement": {
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetInventoryConfiguration",
        "Resource": "arn:aws:s3:::audited",
    } });
    world.put("audited?policy", &deny.to_string());
    // As a `serve` would that still runs.
    let url = world.sandbox.url().to_owned();
    world.control.rule(Rule::on("DeleteStack").first(move |_| {
        let body = theirs("reseal", "main-work", "inventory");
        ureq::put(format!("{url}/stock?inventory&id=reseal")).send(body).expect("set up");
    }));
    let done = teardown(&world, &["--yes", "--output", "json"]).run().expect_code(3).json();
    assert_eq!(done["left_out"][0]["bucket"], "audited");
    assert!(called_off(&world) && world.state_of(STACK).is_none());

    // The stack is gone: one that hides its tags may be its bucket.
    let deny = deny.to_string().replace("GetInventoryConfiguration", "GetBucketTagging");
    world.put("audited?policy", &deny);
    let again = teardown(&world, &["--yes", "--output", "json"]).run().expect_code(3).json();
    assert_eq!(again["state"], "gone");
    let why = again["left_out"][0]["why"].as_str().expect("a reason");
    assert!(why.contains("s3:GetBucketTagging"), "{why}");
}

#[test]
fn reports_of_somebody_else_that_go_to_the_stacks_bucket_are_still_delivered() {
    let world = estate();
    let audit = theirs("audit", WORK, "audits");
    world.put("stock?inventory&id=audit", &audit);
    let _ = torn(&world);
    assert!(called_off(&world));
    assert_eq!(world.setup("stock", "audit"), Some(audit));
    let policy = world.get(&format!("{WORK}?policy")).expect("a policy");
    assert!(policy.contains("arn:aws:s3:::stock") && !policy.contains("arn:aws:s3:::sales"));
}
