//! Stopping and going on: signals, a second run on the same folder, resume.

use reseal_tests::{Reseal, Running, Sandbox, Scratch, read_report, wait_until};
use serde_json::json;

const BUCKET: &str = "stopped";
const OBJECTS: u32 = 600;

fn world() -> (Sandbox, Scratch) {
    let sandbox = Sandbox::start(&[]);
    sandbox.bucket(BUCKET, None);
    let objects: Vec<_> = (0..OBJECTS)
        .map(|n| json!({ "bucket": BUCKET, "key": format!("o{n}"), "size": n, "encryption": "NOT-SSE" }))
        .collect();
    sandbox.admin("objects", &json!(objects));
    sandbox.admin("limits", &json!({ "latencyMs": 20 }));
    (sandbox, Scratch::new("interrupt"))
}

fn command(sandbox: &Sandbox, scratch: &Scratch) -> Reseal {
    Reseal::new("run", sandbox)
        .args([&format!("s3://{BUCKET}"), "--sse", "AES256", "--concurrency", "4"])
        .args(["--chunk-rows", "100", "--yes", "--output", "json"])
        .state(scratch.folder())
}

/// What `status` says to people of the only job.
fn status(scratch: &Scratch) -> String {
    let state = || Reseal::without_endpoint("status").state(scratch.folder());
    let jobs = state().args(["--output", "json"]).run().expect_code(0).json();
    let job = jobs["jobs"][0]["job"].as_str().expect("a job").to_owned();
    state().args([job]).run().expect_code(0).stdout
}

fn wait_until_working(sandbox: &Sandbox) {
    let copies = || sandbox.requests().get("CopyObject").copied().unwrap_or(0);
    wait_until("50 copies", || copies() >= 50);
}

fn interrupted(sandbox: &Sandbox, scratch: &Scratch, signal: &str) {
    // So slowly that it isn't over before it is stopped.
    let running: Running = command(sandbox, scratch).args(["--rate", "20"]).start();
    wait_until_working(sandbox);
    running.signal(signal);
    let ended = running.wait().expect_code(130);
    assert!(ended.stderr.contains("same command"), "{}", ended.stderr);
}

#[test]
fn an_interrupted_run_goes_on_with_the_same_command() {
    let (sandbox, scratch) = world();
    interrupted(&sandbox, &scratch, "INT");
    let status = status(&scratch);
    assert!(status.contains("interrupted: no process works in this folder"), "{status}");
    let ended = command(&sandbox, &scratch).run().expect_code(0);
    let rows = read_report(&ended.report());
    assert_eq!(rows.len() as u32, OBJECTS);
    assert!(rows.iter().all(|row| row.outcome == "re-encrypted"), "drained, so none is doubtful");
    // One copy for each object, and the probe's own few.
    let copies = sandbox.requests()["CopyObject"];
    assert!(copies <= u64::from(OBJECTS) + 20, "{copies} copies for {OBJECTS} objects");
}

#[test]
fn a_terminated_run_goes_on_too() {
    let (sandbox, scratch) = world();
    interrupted(&sandbox, &scratch, "TERM");
    let _ = command(&sandbox, &scratch).run().expect_code(0);
    assert!(sandbox.dump(BUCKET).iter().all(|v| v.encryption.as_deref() == Some("SSE-S3")));
}

#[test]
fn a_second_run_on_the_same_folder_is_refused_and_names_the_first() {
    let (sandbox, scratch) = world();
    let running = command(&sandbox, &scratch).args(["--rate", "40"]).start();
    wait_until_working(&sandbox);
    let status = status(&scratch);
    assert!(status.contains("running, by process"), "{status}");
    let second = command(&sandbox, &scratch).run().expect_code(2);
    assert!(second.stderr.contains("in use by process"), "{}", second.stderr);
    let _ = running.wait().expect_code(0);
}

#[test]
fn a_finished_job_starts_anew_and_finds_everything_done() {
    let (sandbox, scratch) = world();
    let first = command(&sandbox, &scratch).run().expect_code(0);
    let second = command(&sandbox, &scratch).run().expect_code(0);
    assert_ne!(first.json()["job"], second.json()["job"]);
    assert_eq!(second.json()["totals"]["overall"]["already_compliant"], OBJECTS);
    assert_eq!(second.json()["totals"]["overall"]["re_encrypted"], 0);
}

#[test]
fn a_bucket_that_was_deleted_meanwhile_needs_a_look() {
    let (sandbox, scratch) = world();
    let running = command(&sandbox, &scratch).args(["--rate", "20"]).start();
    wait_until_working(&sandbox);
    // Faster than the run, whose rate stays what it is.
    sandbox.admin("limits", &json!({ "latencyMs": 0 }));
    sandbox.delete_bucket(BUCKET);
    let ended = running.wait().expect_code(3);
    assert!(ended.stderr.contains("no longer exists"), "{}", ended.stderr);
    assert!(ended.json()["totals"]["overall"]["skipped"]["gone"].as_u64() > Some(0));
    assert_eq!(ended.json()["exit_code"], 3);
}

#[test]
fn whoever_reads_only_the_head_of_a_report_sees_no_error() {
    let (sandbox, scratch) = world();
    let _ = command(&sandbox, &scratch).run().expect_code(0);
    let ended = Reseal::without_endpoint("report").state(scratch.folder()).run_into_a_closed_pipe();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}
