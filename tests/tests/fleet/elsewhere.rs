//! The fleet where nothing of the services is ours: S3, KMS, SQS and DynamoDB
//! all on ministack, copies only. And the README's quick start, word for word.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use reseal_tests::{
    Fleet, Ministack, Scratch, Seen, as_from_a_shell, binary, free_port, read_report, workspace,
};
use serde_json::{Value, json};

const OBJECTS: usize = 600;
const BUCKETS: [&str; 2] = ["plain", "versioned"];

fn seeded() -> (Ministack, Value) {
    let ministack = Ministack::start();
    let objects: Vec<Value> = (0..OBJECTS)
        .map(|n| {
            json!({ "bucket": BUCKETS[n % 2], "key": format!("d{}/{n:04} +%", n % 3),
                    "body": format!("bytes of {n}"), "encryption": "NOT-SSE",
                    "put": { "Metadata": { "n": n.to_string() } } })
        })
        .collect();
    let keys = ministack.seed(&json!({
        "keys": ["alias/target"],
        "buckets": [{ "name": "plain" }, { "name": "versioned", "versioning": true },
                    { "name": Fleet::FILES }],
        "objects": objects,
    }));
    (ministack, keys)
}

#[test]
fn everything_on_an_aws_that_we_did_not_write() {
    let (ministack, keys) = seeded();
    let url = ministack.url().to_owned();
    // Leases that outlive any pause of the machine: without fences a copy by
    // one who thinks himself the holder is one version more.
    let fleet = Fleet::start(ministack, &url, "60");
    let workers: Vec<_> = (0..2).map(|_| fleet.start_worker()).collect();
    let what = ["submit", "s3://plain", "s3://versioned", "--sse", "aws:kms"];
    let how = ["--kms-key", "alias/target", "--strategy", "copy", "--accept-unfenced-copies"];
    let rest = ["--yes", "--chunk-rows", "50"];
    let submitted = fleet.json(&[what.as_slice(), &how, &rest].concat());
    assert_eq!(submitted["taken_in"], json!(OBJECTS));
    let job = submitted["job"].as_str().expect("a job");
    fleet.wait_for_the_end(job);
    for worker in workers {
        worker.signal("TERM");
        let _ = worker.wait().expect_code(0);
    }
    let file = fleet.scratch.path("report.csv");
    let name = file.to_str().expect("UTF-8");
    let _ = fleet.reseal(&["report", job, "--out", name]).run().expect_code(0);
    let rows = read_report(&file);
    assert_eq!(rows.len(), OBJECTS);
    assert!(rows.iter().all(|row| row.outcome == "re-encrypted"), "{rows:?}");
    let target = keys["alias/target"].as_str().expect("an ARN");
    let seen: Vec<Seen> = fleet.ministack.see(&BUCKETS);
    let at_target = seen.iter().filter(|seen| seen.is_under("SSE-KMS", Some(target))).count();
    assert_eq!(at_target, OBJECTS, "each object, and in one version only");
}

/// The block below this heading of the README.
fn quick_start() -> String {
    let readme = std::fs::read_to_string(workspace().join("README.md")).expect("the README");
    let after = readme.split("### Fleet quick start").nth(1).expect("its heading");
    let block = after.split("```console\n").nth(1).expect("its block");
    block.split("```").next().expect("its end").to_owned()
}

#[test]
fn the_quick_start_of_the_readme_works_word_for_word() {
    let scratch = Scratch::new("quick-start");
    // But for the port, which may be taken.
    let port = free_port().to_string();
    let script = format!("set -eu\n{}", quick_start().replace("4599", &port));
    let file = |name: &str| std::fs::File::create(scratch.path(name)).expect("a file");
    // Its `cargo build` must find nothing to do: other tests run these binaries.
    let built = ["reseal", "reseal-worker"].map(binary);
    let files = || built.each_ref().map(|path| path.metadata().expect("a binary").ino());
    let before = files();
    // In a group of its own, so that what it leaves in the background ends.
    let mut bash = Command::new("bash");
    let child = as_from_a_shell(&mut bash)
        .args(["-c", &script])
        .current_dir(workspace())
        .env("XDG_STATE_HOME", scratch.folder())
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(file("out"))
        .stderr(file("err"))
        .spawn();
    let mut child = child.expect("bash starts");
    let group = format!("-{}", child.id());
    let status = child.wait().expect("its end");
    let _ = Command::new("kill").args(["-9", "--", &group]).status();
    let said = |name| std::fs::read_to_string(scratch.path(name)).expect("what it said");
    let (out, err) = (said("out"), said("err"));
    let all = format!("\n-- stdout\n{out}\n-- stderr\n{err}");
    assert!(status.success(), "{all}");
    assert_eq!(files(), before, "the binaries were exchanged under other tests{all}");
    assert!(out.contains("state    finished"), "{all}");
    assert!(out.contains("3 re-encrypted"), "{all}");
}
