//! Through a fleet.

use reseal_tests::{Fleet, Ministack, Running};

use crate::world::{BUCKETS, EACH, World};

/// SQS and DynamoDB on ministack; workers learn the roles from the ledger.
#[test]
fn a_fleet_works_one_job_over_three_accounts() {
    let world = World::new();
    world.sandbox.bucket(Fleet::FILES, None);
    let fleet = Fleet::start(Ministack::start(), world.proxy.url(), "3");
    let file = world.job_file("fleet: test\nchunk-rows: 10\nstrategy: copy\n");
    let submit = fleet.reseal(&["submit", "--yes", "--output", "json"]);
    let submit = submit.args([std::ffi::OsStr::new("--job"), file.as_os_str()]);
    let told = submit.run().expect_code(0).json();
    let job = told["job"].as_str().expect("a job").to_owned();
    let workers: Vec<Running> = (0..2).map(|_| fleet.start_worker()).collect();
    fleet.wait_for_the_end(&job);
    for worker in workers {
        worker.signal("TERM");
        let _ = worker.wait().expect_code(0);
    }
    world.all_at_the_target();
    world.each_account_by_its_own_role();
    let verified = fleet.json(&["verify", &job]);
    assert_eq!(verified["at_target"], BUCKETS.len() * (EACH + 1), "{verified}");
}
