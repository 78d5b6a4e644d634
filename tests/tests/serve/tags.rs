//! Buckets that get the tag, and that lose it.

use crate::world::{OTHER, STOCK, TO, World, tagged};

/// Somebody's configuration.
fn theirs_to(destination: &str, id: &str) -> String {
    format!(
        "<InventoryConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Destination><S3BucketDestination><Bucket>arn:aws:s3:::{destination}</Bucket>\
         <Format>CSV</Format></S3BucketDestination></Destination><IsEnabled>true</IsEnabled>\
         <Id>{id}</Id><IncludedObjectVersions>Current</IncludedObjectVersions>\
         <Schedule><Frequency>Weekly</Frequency></Schedule></InventoryConfiguration>"
    )
}

#[test]
fn the_tag_as_it_is_decides_and_nobody_elses_configuration_is_touched() {
    let world = World::new();
    world.sandbox.bucket("theirs", None);
    world.put("theirs?inventory&id=reseal", theirs_to("elsewhere", "reseal").as_bytes());
    let theirs = world.setup("theirs");
    // One that lost the tag while nobody served.
    world.sandbox.bucket("lost", None);
    world.put("lost?inventory&id=audit", theirs_to("reports", "audit").as_bytes());
    let _ = world.inventory(&["enable", "lost", "--to", TO, "--yes"]).expect_code(0);
    let folder = world.reports_folder().display().to_string();
    let serve = world.start("serve.log", &["--mode", "report", "--report-to", &folder]);
    world.wait_for_log("serve.log", "a round ended");
    assert!(world.setup(STOCK).is_some() && world.setup("lost").is_none());
    assert_eq!(world.setup("theirs"), theirs);

    // Events that lie.
    world.send(&tagged("PutBucketTagging", OTHER));
    world.send(&tagged("DeleteBucketTagging", STOCK));
    world.send(&tagged("DeleteBucketTagging", "theirs"));
    world.send(&tagged("PutBucketTagging", "reports"));
    world.wait_for_an_empty_queue();
    assert!(world.setup(STOCK).is_some() && world.setup(OTHER).is_none());
    assert!(world.setup("reports").is_none());
    // And events that don't.
    world.tag(OTHER, "yes");
    world.send(&tagged("PutBucketTagging", OTHER));
    world.tag(STOCK, "yes-and-no");
    world.send(&tagged("PutBucketTagging", STOCK));
    world.tag("theirs", "yes");
    world.send(&tagged("PutBucketTagging", "theirs"));
    world.wait_for_an_empty_queue();
    assert!(world.setup(OTHER).is_some(), "{}", world.log("serve.log"));
    assert!(world.setup(STOCK).is_none(), "{}", world.log("serve.log"));
    assert_eq!(world.setup("theirs"), theirs, "it delivers elsewhere");
    let policy = world.get("reports?policy").expect("a policy");
    assert!(policy.contains("arn:aws:s3:::other") && !policy.contains("arn:aws:s3:::stock"));
    assert!(policy.contains("arn:aws:s3:::lost"), "its audit is delivered by that: {policy}");
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);
}
