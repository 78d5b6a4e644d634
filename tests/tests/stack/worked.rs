//! Jobs on what the stack made: everything on ministack, copies only, with the
//! real binaries as the stack's tasks set them.

use std::collections::BTreeSet;

use reseal_tests::{EcsAgent, ReportRow, Reseal, Running, Seen, read_report, wait_until};
use serde_json::{Value, json};

use crate::world::{STACK, World};

const OBJECTS: usize = 400;
const BUCKETS: [&str; 2] = ["plain", "versioned"];

/// The stack, its fleet set up, and buckets with objects that aren't encrypted.
fn world() -> World {
    let world = World::deployed();
    let objects: Vec<Value> = (0..OBJECTS)
        .map(|n| {
            json!({ "bucket": BUCKETS[n % 2], "key": format!("d{}/{n:04} +%", n % 3),
                    "body": format!("bytes of {n}"), "encryption": "NOT-SSE" })
        })
        .collect();
    let buckets = json!([{ "name": "plain" }, { "name": "versioned", "versioning": true }]);
    let _ = world.ministack.seed(&json!({ "keys": [], "buckets": buckets, "objects": objects }));
    let _ = world.json(&["fleet", "init", "--stack", STACK, "--lease", "20"]);
    // It found everything: the stack's are the only ones.
    let tables = world.aws(&["dynamodb", "list-tables"]);
    assert_eq!(tables["TableNames"], json!([STACK]));
    let queues = world.aws(&["sqs", "list-queues"]);
    assert_eq!(queues["QueueUrls"].as_array().map(Vec::len), Some(6), "{queues}");
    world
}

/// A worker with the environment of the stack's task, but for the port, which
/// other tests want as well.
fn worker(world: &World, more: &[&str], agent: &str) -> Reseal {
    let told =
        world.aws(&["ecs", "describe-task-definition", "--task-definition", "reseal-worker"]);
    let container = &told["taskDefinition"]["containerDefinitions"][0];
    assert_eq!(container["entryPoint"], json!(["/usr/local/bin/reseal-worker"]));
    assert_eq!(container["stopTimeout"], 120);
    let mut worker = Reseal::worker().args(["--endpoint-url", world.ministack.url()]).args(more);
    for pair in container["environment"].as_array().expect("an environment") {
        let name = pair["name"].as_str().expect("a name");
        let value = pair["value"].as_str().expect("a value");
        let value = if name == "RESEAL_LISTEN" { "127.0.0.1:0" } else { value };
        worker = worker.env(name, value);
    }
    worker.env("ECS_AGENT_URI", agent)
}

fn start(world: &World, name: &str, more: &[&str], agent: &str) -> Running {
    worker(world, more, agent).start_logging_to(&world.scratch.path(name))
}

/// Hands out all buckets, to the key that the outputs name.
fn submitted(world: &World, more: &[&str]) -> String {
    let key = world.output("Key");
    let what = ["submit", "s3://plain", "s3://versioned", "--stack", STACK, "--sse", "aws:kms"];
    let how = ["--kms-key", &key, "--strategy", "copy", "--accept-unfenced-copies", "--yes"];
    let told = world.json(&[what.as_slice(), &how, &["--chunk-rows", "50"], more].concat());
    assert_eq!(told["taken_in"], json!(OBJECTS));
    told["job"].as_str().expect("a job").to_owned()
}

fn status(world: &World, job: &str) -> Value {
    world.json(&["status", job, "--stack", STACK])
}

/// Each object re-encrypted once, with one new version at most, at the target.
fn everything_holds(world: &World, job: &str) {
    let file = world.scratch.path("report.csv");
    let name = file.to_str().expect("UTF-8");
    let report = ["report", job, "--stack", STACK, "--out", name];
    let _ = world.reseal(&report).run().expect_code(0);
    let rows = read_report(&file);
    let names: BTreeSet<_> = rows.iter().map(|row| (&row.bucket, &row.key)).collect();
    assert_eq!((rows.len(), names.len()), (OBJECTS, OBJECTS), "each object once");
    let is_done = |row: &ReportRow| row.outcome == "re-encrypted";
    assert!(rows.iter().all(is_done), "{:?}", rows.iter().find(|row| !is_done(row)));
    let key = world.output("Key");
    let seen: Vec<Seen> = world.ministack.see(&BUCKETS);
    let at_target = seen.iter().filter(|seen| seen.is_under("SSE-KMS", Some(&key))).count();
    assert_eq!(at_target, OBJECTS, "each object, and in one version only");
}

#[test]
fn a_job_runs_on_what_the_stack_made() {
    let world = world();
    let job = submitted(&world, &[]);
    let agent = EcsAgent::start();
    let workers = [0, 1].map(|n| start(&world, &format!("worker-{n}"), &[], &agent.url));
    wait_until("the job is finished", || status(&world, &job)["state"] == json!("finished"));
    for worker in workers {
        worker.signal("TERM");
        let _ = worker.wait().expect_code(0);
    }
    everything_holds(&world, &job);
    let (bucket, files) = (world.output("WorkBucket"), format!("fleet/jobs/{job}/"));
    let list = ["s3api", "list-objects-v2", "--bucket", &bucket, "--prefix", &files];
    let listed = world.aws(&list);
    assert!(listed["Contents"].as_array().is_some_and(|all| all.len() > 8), "{listed}");
}

#[test]
fn a_worker_that_is_stopped_loses_nothing_and_gives_up_its_protection() {
    let world = world();
    let slowly = ["--rate", "20"];
    let job = submitted(&world, &slowly);
    let agent = EcsAgent::start();
    let first = start(&world, "first", &[], &agent.url);
    let asked = agent.told.recv().expect("protection is asked for");
    assert_eq!(asked, json!({ "ProtectionEnabled": true, "ExpiresInMinutes": 60 }));
    wait_until("some objects are settled", || {
        status(&world, &job)["settled"].as_u64().is_some_and(|count| count >= 20)
    });
    first.signal("TERM");
    let _ = first.wait().expect_code(0);
    let last = agent.told.try_iter().last();
    assert_eq!(last, Some(json!({ "ProtectionEnabled": false })), "given up at the end");
    let stopped = status(&world, &job);
    assert_eq!(stopped["chunks"]["leased"], 0, "{stopped}");
    let settled = stopped["settled"].as_u64().expect("a count");
    assert!(settled >= 20 && settled < OBJECTS as u64, "stopped in the middle: {stopped}");

    // The same submit with another limit changes it.
    assert_eq!(submitted(&world, &["--rate", "2000"]), job);
    let second = start(&world, "second", &["--drain-after", "3s"], &agent.url);
    let _ = second.wait().expect_code(0);
    assert_eq!(status(&world, &job)["state"], json!("finished"));
    everything_holds(&world, &job);
}

/// The coordinator's command as its task has it, but for its folder and port.
fn coordinator(world: &World) -> Reseal {
    let family = ["--task-definition", "reseal-coordinator"];
    let told = world.aws(&[&["ecs", "describe-task-definition"], family.as_slice()].concat());
    let command = told["taskDefinition"]["containerDefinitions"][0]["command"].clone();
    let words: Vec<String> = serde_json::from_value(command).expect("a command");
    let (name, words) = words.split_first().expect("a command");
    let mut command = Reseal::without_endpoint(name);
    for word in words {
        let (flag, _) = word.split_once('=').expect("a flag with its value");
        command = match flag {
            "--state" => command.state(&world.scratch.path("coordinator")),
            "--listen" => command.args(["--listen=127.0.0.1:0"]),
            _ => command.args([word]),
        };
    }
    command.args(["--endpoint-url", world.ministack.url()])
}

/// In ministack's S3 there are no inventory configurations: further than this
/// nothing can be seen there.
#[test]
fn the_coordinators_command_serves_what_the_stack_made_in_both_modes() {
    let world = world();
    for (mode, more) in [
        ("report", ["EncryptBuckets=report", "Rate=50", "MaxCostUSD=5"]),
        (
            "encrypt",
            ["EncryptBuckets=encrypt", "AddTagToEncryptedObjects=true", "MaxCostUSD=12.50"],
        ),
    ] {
        let said = world.deploy(1, "registry.example/reseal:1", &more);
        assert!(said.status.success(), "{said:?}");
        let log = world.scratch.path(mode);
        let serving = coordinator(&world).start_logging_to(&log);
        let said = || std::fs::read_to_string(&log).expect("its log");
        wait_until(&format!("{mode} is served"), || said().contains("\"message\":\"serving\""));
        assert!(said().contains(&format!("\"mode\":\"{mode}\"")), "{}", said());
        serving.signal("TERM");
        let ended = serving.wait();
        assert_eq!(ended.code, Some(0), "{}", said());
    }
}
