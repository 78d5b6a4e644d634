//! Rounds through all buckets, whatever events said or didn't.

use reseal_tests::{Call, Rule, wait_until};

use crate::world::{OTHER, STOCK, World};

const PLANS: [&str; 4] = ["--mode", "report", "--report-to", "s3://fleet-files/plans"];

#[test]
fn what_no_event_told_is_found_by_the_next_round() {
    let world = World::with_reports();
    let keys = world.objects(3);
    let serve = world.start("serve.log", &[&PLANS[..], &["--reconcile-every", "2s"]].concat());
    world.wait_for_log("serve.log", "a round ended");
    assert!(world.setup(OTHER).is_none() && world.records("plans/").is_empty());
    world.tag(OTHER, "yes");
    world.deliver(&world.written("stock", STOCK, &keys), "");
    wait_until("reports are enabled", || world.setup(OTHER).is_some());
    wait_until("a record", || {
        world.records("plans/").iter().any(|(_, value)| value["outcome"] == "reported")
    });
    world.tag(OTHER, "no");
    wait_until("reports are disabled", || world.setup(OTHER).is_none());
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);
}

#[test]
fn a_round_acts_on_the_bucket_as_it_is_by_then() {
    let world = World::with_reports();
    let keys = world.objects(3);
    world.deliver(&world.written("stock", STOCK, &keys), "");
    let url = format!("{}/{STOCK}?tagging", world.sandbox.url());
    let stock = |call: &Call| call.bucket.as_deref() == Some(STOCK);
    // Its owner takes the tag away just after the round has looked.
    world.s3.rule(Rule::on("GetBucketTagging").only_if(stock).nth(1).then(move |_| {
        ureq::put(&url).send("<Tagging><TagSet></TagSet></Tagging>").expect("taken");
    }));
    let serve = world.start("serve.log", &PLANS);
    world.wait_for_log("serve.log", "a round ended");
    let log = world.log("serve.log");
    assert!(!log.contains("a report is due"), "{log}");
    assert_eq!(world.records("plans/"), [], "{log}");
    assert!(world.setup(STOCK).is_none(), "{log}");
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);
}
