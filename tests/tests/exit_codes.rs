//! Each exit code, on the real binary, for the reasons that `--help` gives.

use reseal_tests::{Ended, Reseal, Running, Sandbox, Scratch, wait_until};
use serde_json::json;

const BUCKET: &str = "codes";
const OBJECTS: u32 = 600;

struct World {
    sandbox: Sandbox,
    scratch: Scratch,
}

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket(BUCKET, None);
        let _ = sandbox.key("alias/target");
        let objects: Vec<_> = (0..OBJECTS)
            .map(|n| json!({ "bucket": BUCKET, "key": format!("o{n}"), "size": 1 }))
            .collect();
        sandbox.admin("objects", &json!(objects));
        Self { sandbox, scratch: Scratch::new("exit-codes") }
    }

    fn run(&self) -> Reseal {
        Reseal::new("run", &self.sandbox)
            .args([&format!("s3://{BUCKET}"), "--sse", "aws:kms", "--kms-key", "alias/target"])
            .args(["--yes", "--output", "json"])
            .state(self.scratch.folder())
    }

    /// A run that would take half a minute, in the middle of its work.
    fn working(&self) -> Running {
        let running = self.run().args(["--rate", "20"]).start();
        let settled = || {
            let counts = self.sandbox.requests();
            counts.get("UpdateObjectEncryption").copied().unwrap_or(0)
                + counts.get("CopyObject").copied().unwrap_or(0)
        };
        wait_until("40 objects settled", || settled() >= 40);
        running
    }

    fn key(&self, state: &str) {
        self.sandbox.admin("keys", &json!({ "key": "alias/target", "state": state }));
    }

    fn job_command(&self, words: &[&str]) -> Ended {
        let (command, rest) = words.split_first().expect("a command");
        Reseal::without_endpoint(command).args(rest).state(self.scratch.folder()).run()
    }

    fn newest_job(&self) -> String {
        let listed = self.job_command(&["status", "--output", "json"]).expect_code(0).json();
        listed["jobs"][0]["job"].as_str().expect("a job").to_owned()
    }
}

#[test]
fn zero_when_every_object_is_at_the_target() {
    let world = World::new();
    let ended = world.run().run().expect_code(0);
    assert_eq!(ended.json()["exit_code"], 0);
    assert_eq!(ended.json()["totals"]["overall"]["re_encrypted"], OBJECTS);
}

#[test]
fn three_when_something_needs_a_look() {
    let world = World::new();
    let archived = json!({ "bucket": BUCKET, "key": "cold", "size": 1, "storageClass": "GLACIER" });
    world.sandbox.admin("objects", &archived);
    // Only a copy would reach this one, and archived objects can't be copied.
    let ended = world.run().args(["--strategy", "copy"]).run().expect_code(3);
    assert_eq!(ended.json()["exit_code"], 3);
    assert_eq!(ended.json()["totals"]["overall"]["skipped"]["archived"], 1);
}

#[test]
fn two_for_bad_usage_and_for_refusals() {
    let world = World::new();
    let before = world.sandbox.mutations();
    for words in [&["run", "--no-such-flag"][..], &["status", "--watch"], &["no-such-command"]] {
        let _ = world.job_command(words).expect_code(2);
    }
    for words in [&["pause", "no-such-job"][..], &["status", "x"], &["verify", "x"]] {
        let ended = world.job_command(words).expect_code(2);
        assert!(ended.stderr.contains("--state"), "{words:?}: {}", ended.stderr);
    }
    world.key("Disabled");
    let ended = world.run().run().expect_code(2);
    assert!(ended.stderr.contains("disabled"), "{}", ended.stderr);
    assert_eq!(world.sandbox.mutations(), before);
}

#[test]
fn one_when_the_key_fails_in_mid_run_and_the_same_command_goes_on() {
    let world = World::new();
    let running = world.working();
    world.key("Disabled");
    let ended = running.wait().expect_code(1);
    assert!(ended.stderr.contains("mend the key"), "{}", ended.stderr);
    assert_eq!(ended.json()["exit_code"], 1);
    world.key("Enabled");
    let ended = world.run().run().expect_code(0);
    assert!(ended.stderr.contains("resuming job"), "{}", ended.stderr);
    assert_eq!(ended.json()["totals"]["taken_in"], OBJECTS);
}

#[test]
fn one_when_the_job_is_cancelled_and_the_same_command_begins_anew() {
    let world = World::new();
    let running = world.working();
    let job = world.newest_job();
    let unasked = world.job_command(&["cancel", &job]).expect_code(2);
    assert!(unasked.stderr.contains("--yes"), "{}", unasked.stderr);
    let _ = world.job_command(&["cancel", &job, "--yes"]).expect_code(0);
    let ended = running.wait().expect_code(1);
    assert!(ended.stderr.contains("cancelled"), "{}", ended.stderr);
    assert_eq!(ended.json()["state"], "cancelled");
    let refused = world.job_command(&["resume", &job]).expect_code(2);
    assert!(refused.stderr.contains("cancelled"), "{}", refused.stderr);
    let anew = world.run().run().expect_code(0);
    assert_ne!(anew.json()["job"], json!(job));
}

#[test]
fn one_hundred_and_thirty_when_interrupted() {
    for signal in ["INT", "TERM"] {
        let world = World::new();
        let running = world.working();
        running.signal(signal);
        let ended = running.wait().expect_code(130);
        assert!(ended.stderr.contains("same command"), "{}", ended.stderr);
    }
}

#[test]
fn one_hundred_and_thirty_when_paused_on_request() {
    let world = World::new();
    let running = world.working();
    let job = world.newest_job();
    let paused = world.job_command(&["pause", &job, "--output", "json"]).expect_code(0);
    assert_eq!(paused.json()["state"], json!({ "paused": "requested" }));
    let ended = running.wait().expect_code(130);
    assert!(ended.stderr.contains("paused on request"), "{}", ended.stderr);
    assert!(ended.json()["totals"]["open"].as_u64().expect("a count") > 0);
}
