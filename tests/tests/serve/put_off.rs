//! S3 that refuses for longer than a request is tried again for by itself.

use reseal_tests::{Call, Rule, wait_until};

use crate::world::{OTHER, STOCK, World, created};

const PLANS: [&str; 4] = ["--mode", "report", "--report-to", "s3://fleet-files/plans"];

/// Nobody is told the tags of this bucket, until S3 heals.
fn hide_tags(world: &World, bucket: &'static str) {
    let about = move |call: &Call| call.bucket.as_deref() == Some(bucket);
    world.s3.rule(Rule::on("GetBucketTagging").only_if(about).answers(503, "SlowDown"));
}

fn is_reported(world: &World) -> bool {
    world.records("plans/").iter().any(|(_, record)| record["outcome"] == "reported")
}

#[test]
fn an_event_that_cannot_be_acted_on_comes_again() {
    let world = World::with_reports();
    let keys = world.objects(3);
    let report = world.written("stock", STOCK, &keys);
    world.deliver(&report, "");
    hide_tags(&world, STOCK);
    world.send(&created("reports", &world.key(&report, "manifest.checksum")));
    let serve = world.start("serve.log", &PLANS);
    world.wait_for_log("serve.log", "an event that comes again");
    assert_eq!(world.messages(), 1, "it must not be deleted");
    assert_eq!(world.records("plans/"), []);
    world.s3.heal();
    world.wait_for_an_empty_queue();
    wait_until("a record", || is_reported(&world));
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);
}

#[test]
fn a_bucket_that_cannot_be_looked_at_keeps_no_other_from_its_turn() {
    let world = World::with_reports();
    let keys = world.objects(3);
    world.deliver(&world.written("stock", STOCK, &keys), "");
    world.tag(OTHER, "yes");
    hide_tags(&world, OTHER);
    let often = [&PLANS[..], &["--reconcile-every", "1s"]].concat();
    let serve = world.start("serve.log", &often);
    world.wait_for_log("serve.log", "a round ended");
    let log = world.log("serve.log");
    assert!(log.contains("put off") && log.contains("whole=false"), "{log}");
    assert!(is_reported(&world), "{log}");
    assert!(world.setup(OTHER).is_none(), "{log}");
    world.s3.heal();
    wait_until("reports are enabled", || world.setup(OTHER).is_some());
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);
}
