//! The stack's policies, held by an evaluator that we didn't write: ministack
//! with `AUTH=true`, where the tasks' roles stand as users with these policies
//! and nothing else.

use reseal_tests::{Reseal, wait_until};
use serde_json::{Value, json};

use crate::world::{STACK, World};

const OBJECTS: usize = 60;

/// A user with one of the stack's policies: access key and secret.
fn user(world: &World, policy: &str) -> (String, String) {
    let resource = ["--stack-name", STACK, "--logical-resource-id", policy];
    let told = world.aws(&[&["cloudformation", "describe-stack-resource"], &resource[..]].concat());
    let arn = told["StackResourceDetail"]["PhysicalResourceId"].as_str().expect("its ARN");
    let _ = world.aws(&["iam", "create-user", "--user-name", policy]);
    let attach = ["iam", "attach-user-policy", "--user-name", policy, "--policy-arn", arn];
    let _ = world.aws(&attach);
    // ministack wants actions for batches, which AWS hasn't: there they are
    // sqs:SendMessage and sqs:DeleteMessage.
    let batches = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
        "Action": ["sqs:SendMessageBatch"], "Resource": "*" }] });
    let put = ["iam", "put-user-policy", "--policy-name", "batches", "--user-name", policy];
    let _ = world.aws(&[&put[..], &["--policy-document", &batches.to_string()]].concat());
    let key = world.aws(&["iam", "create-access-key", "--user-name", policy]);
    let text = |name: &str| key["AccessKey"][name].as_str().expect("a text").to_owned();
    (text("AccessKeyId"), text("SecretAccessKey"))
}

fn as_user(command: Reseal, (id, secret): &(String, String)) -> Reseal {
    command.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret)
}

#[test]
fn the_policies_are_enough_for_a_job_and_for_nothing_else() {
    let world = World::deployed_enforcing();
    let objects: Vec<Value> = (0..OBJECTS)
        .map(|n| {
            json!({ "bucket": "plain", "key": format!("o{n:02}"), "body": format!("of {n}"),
                    "encryption": "NOT-SSE" })
        })
        .collect();
    let seeds = json!({ "keys": [], "buckets": [{ "name": "plain" }], "objects": objects });
    let _ = world.ministack.seed(&seeds);
    let _ = world.json(&["fleet", "init", "--stack", STACK, "--lease", "5"]);
    let (worker, coordinator) = (user(&world, "WorkerPolicy"), user(&world, "CoordinatorPolicy"));
    let auditor = user(&world, "AuditorPolicy");

    let key = world.output("Key");
    let submit = [
        "submit",
        "s3://plain",
        "--fleet",
        STACK,
        "--sse",
        "aws:kms",
        "--kms-key",
        &key,
        "--strategy",
        "copy",
        "--accept-unfenced-copies",
        "--yes",
        "--output",
        "json",
    ];
    let told = as_user(world.reseal(&submit), &coordinator).run().expect_code(0).json();
    let job = told["job"].as_str().expect("a job").to_owned();
    let log = world.scratch.path("worker");
    let at = ["--endpoint-url", world.ministack.url(), "--fleet", STACK];
    let working = as_user(Reseal::worker().args(at), &worker).start_logging_to(&log);
    let status = ["status", &job, "--fleet", STACK, "--output", "json"];
    let state = || as_user(world.reseal(&status), &auditor).run().expect_code(0).json();
    wait_until("the job is finished", || state()["state"] == "finished");
    working.signal("TERM");
    let _ = working.wait().expect_code(0);
    let seen = world.ministack.see(&["plain"]);
    assert_eq!(seen.iter().filter(|seen| seen.is_under("SSE-KMS", Some(&key))).count(), OBJECTS);

    let object = ["--bucket", "plain", "--key", "o00"];
    let denied = |user: &(String, String), operation: &str| {
        let said = world.aws_as(user, &[&["s3api", operation], &object[..]].concat());
        assert!(said.contains("AccessDenied"), "{operation}: {said}");
    };
    for user in [&worker, &coordinator, &auditor] {
        denied(user, "delete-object");
    }
    for user in [&coordinator, &auditor] {
        denied(user, "put-object");
    }
    let work = world.output("WorkBucket");
    let report = ["--bucket", &work, "--key", "inventory/plain/reseal/forged/manifest.json"];
    let said = world.aws_as(&worker, &[&["s3api", "put-object"], &report[..]].concat());
    assert!(said.contains("AccessDenied"), "a worker forges reports: {said}");
    let said = world.aws_as(&auditor, &[&["s3api", "head-object"], &object[..]].concat());
    assert_eq!(said, "", "who looks may look");
}
