//! S3 503 and 500: waited for, looked at, never a failure while patience lasts.

use reseal_tests::{Answer, Fault, Rule};

use crate::world::World;

/// Every call of the data path and of the listing.
const CALLS: [&str; 8] = [
    "ListObjectsV2",
    "HeadObject",
    "GetObjectTagging",
    "CopyObject",
    "CreateMultipartUpload",
    "UploadPartCopy",
    "CompleteMultipartUpload",
    "GetBucketVersioning",
];

fn answered_each_time_with(label: &str, status: u16, code: &str) -> World {
    let world = World::new(label).objects("o", 24).large("large/a").large("large/b");
    for call in CALLS {
        let times = if call == "CopyObject" { 2 } else { 1 };
        world.proxy.rule(Rule::on(call).first_of_each_key(times).answers(status, code));
    }
    let ended = world.run(&[]).expect_code(0);
    world.settled(&ended, &[]).all_are("re-encrypted");
    for call in CALLS {
        assert!(world.proxy.faulted(call) >= 1, "{call}: {:?}", world.proxy.counts());
    }
    assert_eq!(world.proxy.faulted("CopyObject"), 48, "each of them twice");
    world
}

#[test]
fn s3_503_is_waited_for() {
    answered_each_time_with("503", 503, "SlowDown");
}

/// A 500 may have happened: before a copy is repeated, somebody looks.
#[test]
fn s3_500_is_looked_at_before_it_is_repeated() {
    let world = answered_each_time_with("500", 500, "InternalError");
    let log = world.proxy.log();
    for key in world.before().keys().filter(|key| key.starts_with('o')) {
        let of_key = log.iter().filter(|entry| entry.call.key.as_ref() == Some(key));
        let calls: Vec<_> = of_key.map(|entry| entry.call.operation).collect();
        let repeated = calls.windows(2).any(|pair| pair == ["CopyObject", "CopyObject"]);
        assert!(!repeated, "{key}: {calls:?}");
    }
}

/// Everything at once, at random.
#[test]
fn a_bad_day_at_s3() {
    let world = World::new("bad-day").objects("o", 150).large("large/a").large("large/b");
    let hit = |call: &'static str, fault: Fault| {
        world.proxy.rule(Rule::on(call).per_mille(60).does(fault));
    };
    for call in CALLS {
        hit(call, Fault::Refuse(Answer::new(503, "SlowDown")));
        hit(call, Fault::RefuseAfter(Answer::new(500, "InternalError")));
        hit(call, Fault::ResetBefore);
        // The id of an upload would be lost with it, and nobody could remove it.
        if call != "CreateMultipartUpload" {
            hit(call, Fault::ResetAfter);
            hit(call, Fault::BreakOff);
        }
    }
    let ended = world.run(&[]).expect_code(0);
    let settled = world.settled_but_for_uploads(&ended, &[]);
    settled.all_are("re-encrypted");
    assert!(world.somebody().uploads().iter().all(|upload| upload.parts == 0));
    assert!(world.proxy.faulted("CopyObject") > 20, "{:?}", world.proxy.counts());
}
