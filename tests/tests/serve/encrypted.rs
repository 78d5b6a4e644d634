//! `--mode encrypt`: a job for each report, through the fleet.

use crate::world::{STOCK, World, created};

#[test]
fn a_switch_to_encrypt_begins_with_what_is_there_and_makes_one_job() {
    let world = World::with_reports();
    let keys = world.objects(40);
    let report = world.written("stock", STOCK, &keys);
    world.deliver(&report, "");
    let worker = world.fleet.start_worker();
    // Two of them, on one queue, at once.
    let serves = ["one.log", "two.log"].map(|name| world.start_encrypting(name));
    for name in ["one.log", "two.log"] {
        world.wait_for_log(name, "a round ended");
    }
    let job = world.one_job_and_all_is_done(40);
    for _ in 0..4 {
        world.send(&created("reports", &world.key(&report, "manifest.checksum")));
    }
    world.wait_for_an_empty_queue();
    for serve in serves {
        serve.signal("TERM");
        let _ = serve.wait().expect_code(0);
    }
    let third = world.start_encrypting("three.log");
    world.wait_for_log("three.log", "a round ended");
    third.signal("TERM");
    let _ = third.wait().expect_code(0);
    assert_eq!(world.one_job_and_all_is_done(40), job);
    drop(worker);
    assert!(!world.log("three.log").contains("a report is due"), "{}", world.log("three.log"));
}

#[test]
fn a_refused_job_is_recorded_and_stops_nothing() {
    let world = World::with_reports();
    let keys = world.objects(5);
    world.deliver(&world.written("stock", STOCK, &keys), "");
    let mode = ["--mode", "encrypt", "--fleet", "test", "--max-objects", "4"];
    let serve = world.start("serve.log", &mode);
    world.wait_for_log("serve.log", "a round ended");
    let handled = world.handled();
    assert_eq!(handled.len(), 1, "{}", world.log("serve.log"));
    assert_eq!(handled[0]["outcome"], "refused");
    let why = handled[0]["why"].as_str().expect("a reason");
    assert!(why.contains("--max-objects 4"), "{why}");
    // Still at work, and not tried again.
    world.tag("other", "yes");
    world.send(&crate::world::tagged("PutBucketTagging", "other"));
    world.send(&created("reports", "a/b/stock/reseal/2026-11-20T01-00Z/manifest.checksum"));
    world.wait_for_an_empty_queue();
    assert!(world.setup("other").is_some());
    assert_eq!(world.log("serve.log").matches("a report is due").count(), 1);
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);
    // Another limit is another policy.
    let mode = ["--mode", "encrypt", "--fleet", "test", "--max-objects", "5"];
    let serve = world.start("more.log", &mode);
    world.wait_for_log("more.log", "submitted as job");
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);
    assert_eq!(world.handled().len(), 2);
}
