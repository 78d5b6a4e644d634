//! One service out of reach, and the others not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reseal_tests::{Fault, Rule, Service, wait_until};

use crate::world::World;

fn out_of_reach(service: Service) -> Rule {
    Rule::on_all_of(service).does(Fault::ResetBefore)
}

/// From a copy in mid-run on.
fn from_the_tenth_copy(world: &World, rule: Rule) {
    let reached = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&reached);
    let tenth = Rule::on("CopyObject").nth(10);
    world.proxy.rule(tenth.then(move |_| set.store(true, Ordering::Relaxed)));
    world.proxy.rule(rule.only_if(move |_| reached.load(Ordering::Relaxed)));
}

#[test]
fn s3_out_of_reach_for_a_while_fails_nothing() {
    let world = World::new("no-s3").objects("o", 60).large("large/a").large("large/b");
    from_the_tenth_copy(&world, out_of_reach(Service::S3).between(1, 40));
    let ended = world.run(&[]).expect_code(0);
    world.settled(&ended, &[]).all_are("re-encrypted");
    let lost = world.proxy.log().iter().filter(|entry| entry.fault == Some("reset")).count();
    assert_eq!(lost, 40);
}

/// S3 asks KMS, and we don't: a run goes on.
#[test]
fn kms_out_of_reach_in_mid_run_stops_nothing() {
    let world = World::new("no-kms").objects("o", 60);
    for service in [Service::Kms, Service::Sts] {
        from_the_tenth_copy(&world, out_of_reach(service));
    }
    let ended = world.run(&[]).expect_code(0);
    world.settled(&ended, &[]).all_are("re-encrypted");
}

/// As long as the key can't be looked at nothing is touched, by the probe
/// neither; once it can, the run begins.
#[test]
fn kms_or_sts_out_of_reach_at_the_start_holds_everything_back() {
    for (service, call) in [(Service::Kms, "DescribeKey"), (Service::Sts, "GetCallerIdentity")] {
        let world = World::new("no-kms-at-start").objects("o", 6);
        world.proxy.rule(out_of_reach(service));
        let seeded = world.sandbox.mutations();
        let mut running = world.command(&[]).start();
        wait_until("some patience", || world.proxy.requests(call) >= 4 || running.has_ended());
        assert!(!running.has_ended(), "it gave up after {} times", world.proxy.requests(call));
        assert_eq!(world.sandbox.mutations(), seeded, "something was touched");
        world.proxy.heal();
        let ended = running.wait().expect_code(0);
        world.settled(&ended, &[]).all_are("re-encrypted");
    }
}

/// No answer, and no end of the connection either: the attempt's deadline ends
/// it, long before the server would.
#[test]
fn an_answer_that_never_comes_is_not_waited_for() {
    let world = World::new("hangs").objects("o", 12);
    let asked = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&asked);
    let never = Fault::Delay(Duration::from_secs(24 * 3_600));
    let look = Rule::on("HeadObject").key("o003").nth(1).does(never);
    world.proxy.rule(look.first(move |_| set.store(true, Ordering::Relaxed)));
    let ended = world.run(&[]).expect_code(0);
    world.settled(&ended, &[]).all_are("re-encrypted");
    assert!(asked.load(Ordering::Relaxed), "nothing hung");
}
