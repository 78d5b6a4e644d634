//! `--stack` in the place of `--fleet`.

use reseal_tests::{Reseal, wait_until};
use serde_json::json;

use crate::world::{FILES, STACK, World, template};

#[test]
fn a_job_goes_its_way_by_the_stacks_name_alone() {
    let world = World::new();
    let refused = world.reseal(&["status", "--stack", STACK]).run().expect_code(2);
    assert!(refused.stderr.contains("reseal fleet init --stack main"), "{}", refused.stderr);
    let job = world.submitted();
    let json = |words: &[&str]| {
        let command = world.reseal(words).args(["--stack", STACK, "--output", "json"]);
        command.run().expect_code(0).json()
    };
    assert_eq!(json(&["status", &job])["state"], "running");
    assert_eq!(json(&["pause", &job])["state"], json!({ "paused": "requested" }));
    assert_eq!(json(&["resume", &job])["state"], "running");
    let worker = Reseal::worker()
        .args(["--endpoint-url", world.sandbox.url()])
        .args(["--fleet-endpoint-url", world.control.url(), "--drain-after", "2s"])
        .env("RESEAL_STACK", STACK)
        .start_logging_to(&world.scratch.path("worker.log"));
    wait_until("the job is finished", || json(&["status", &job])["state"] == "finished");
    let _ = worker.wait().expect_code(0);
    let verified = json(&["verify", &job]);
    assert!(verified.is_object(), "{verified}");
    let rows = world.reseal(&["report", &job, "--stack", STACK]).run().expect_code(0).stdout;
    assert_eq!(rows.matches("re-encrypted").count(), 3, "{rows}");
    let by_name = world.reseal(&["status", &job, "--fleet", STACK]).run().expect_code(0);
    assert!(by_name.stdout.contains("finished"), "{}", by_name.stdout);
    let listed = world.get("main-work?list-type=2").expect("a listing");
    assert!(listed.contains("<Key>fleet/jobs/"), "its files lie where the stack says: {listed}");
}

#[test]
fn stacks_that_are_none_of_ours_are_refused_in_one_line() {
    let world = World::without_a_stack();
    let why = |stack: &str| {
        let ended = world.reseal(&["status", "--stack", stack]).run().expect_code(2);
        assert_eq!(ended.stderr.trim_end().lines().count(), 1, "{}", ended.stderr);
        assert!(ended.stderr.contains("--stack: "), "{}", ended.stderr);
        ended.stderr
    };
    assert!(why("nobodys").contains("there is no stack 'nobodys'"));
    let mut foreign = template();
    foreign["Outputs"].as_object_mut().expect("outputs").remove("Fleet");
    world.create("foreign", &foreign);
    assert!(why("foreign").contains("not reseal's: it has no output Fleet"));
    // Nobody ever signals.
    let waits = json!({ "Resources": {
        "Handle": { "Type": "AWS::CloudFormation::WaitConditionHandle" },
        "Wait": { "Type": "AWS::CloudFormation::WaitCondition",
                  "Properties": { "Handle": { "Ref": "Handle" }, "Timeout": "1" } } } });
    let body = waits.to_string();
    world.formation(&[("Action", "CreateStack"), ("StackName", "broken"), ("TemplateBody", &body)]);
    wait_until("it is rolled back", || {
        world.state_of("broken").as_deref() == Some("ROLLBACK_COMPLETE")
    });
    assert!(why("broken").contains("ROLLBACK_COMPLETE"));
    let torn = world.reseal(&["teardown", "--stack", "broken", "--yes"]).run().expect_code(2);
    assert!(torn.stderr.contains("ROLLBACK_COMPLETE"), "{}", torn.stderr);
    let torn = world.reseal(&["teardown", "--stack", "foreign", "--yes"]).run().expect_code(2);
    assert!(torn.stderr.contains("not reseal's"), "{}", torn.stderr);
    assert_eq!(world.state_of("foreign").as_deref(), Some("CREATE_COMPLETE"), "it stays");
    let files = world.reseal(&["fleet", "init", "--stack", "foreign", "--files", FILES]).run();
    assert!(files.expect_code(2).stderr.contains("--files"));
}
