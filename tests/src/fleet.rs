//! A fleet of a test's own: SQS and DynamoDB on ministack behind a proxy, its
//! files and the objects on whatever S3 the test brings.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::{Ministack, Proxy, Reseal, Running, Scratch, wait_until};

/// The bucket of chunk files and results.
const FILES: &str = "fleet-files";

/// A fleet named `test`, gone with its test.
#[derive(Debug)]
pub struct Fleet {
    /// SQS and DynamoDB.
    pub ministack: Ministack,
    /// Before them.
    pub control: Proxy,
    /// Logs and state folders.
    pub scratch: Scratch,
    s3: String,
    started: AtomicU32,
}

impl Fleet {
    /// The bucket that the S3 must have.
    pub const FILES: &'static str = FILES;

    /// Sets one up whose leases live so many seconds, by `reseal fleet init`.
    ///
    /// # Panics
    /// When that doesn't end with 0.
    #[must_use]
    pub fn start(ministack: Ministack, s3: &str, lease: &str) -> Self {
        let control = Proxy::before(ministack.url(), 1);
        let scratch = Scratch::new("fleet");
        let fleet =
            Self { ministack, control, scratch, s3: s3.to_owned(), started: AtomicU32::new(0) };
        let files = format!("s3://{FILES}/work");
        let init = fleet.connected(Reseal::without_endpoint("fleet").args(["init"]));
        let init = init.args(["--fleet", "test", "--files", &files, "--lease", lease]);
        let _ = init.run().expect_code(0);
        fleet
    }

    fn connected(&self, command: Reseal) -> Reseal {
        command
            .args(["--endpoint-url", &self.s3, "--fleet-endpoint-url", self.control.url()])
            .env("XDG_STATE_HOME", self.scratch.path("state"))
    }

    /// A command of `reseal` that finds the fleet.
    #[must_use]
    pub fn reseal(&self, words: &[&str]) -> Reseal {
        let (name, rest) = words.split_first().expect("a command");
        self.connected(Reseal::without_endpoint(name).args(rest)).args(["--fleet", "test"])
    }

    /// The JSON that a command prints.
    ///
    /// # Panics
    /// When it doesn't end with 0.
    #[must_use]
    pub fn json(&self, words: &[&str]) -> Value {
        self.reseal(words).args(["--output", "json"]).run().expect_code(0).json()
    }

    /// A worker that isn't started yet.
    #[must_use]
    pub fn worker(&self) -> Reseal {
        self.connected(Reseal::worker()).args(["--fleet", "test"])
    }

    /// A worker at work, with its log among the fleet's.
    #[must_use]
    pub fn start_worker(&self) -> Running {
        self.start_worker_with(&[])
    }

    /// The same with more arguments.
    #[must_use]
    pub fn start_worker_with(&self, arguments: &[&str]) -> Running {
        let log = self.next_log();
        self.worker().args(arguments).start_logging_to(&log)
    }

    fn next_log(&self) -> PathBuf {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        self.scratch.path(&format!("worker-{number:03}.log"))
    }

    /// What all workers wrote so far.
    #[must_use]
    pub fn logs(&self) -> String {
        let count = self.started.load(Ordering::Relaxed);
        let read = |n| std::fs::read_to_string(self.scratch.path(&format!("worker-{n:03}.log")));
        (0..count).filter_map(|n| read(n).ok()).collect()
    }

    /// Where the job stands.
    #[must_use]
    pub fn status(&self, job: &str) -> Value {
        self.json(&["status", job])
    }

    /// The newest job.
    #[must_use]
    pub fn newest_job(&self) -> Option<String> {
        self.json(&["status"])["jobs"][0]["job"].as_str().map(str::to_owned)
    }

    /// Waits until the job is in this state.
    ///
    /// # Panics
    /// When it takes longer than [`wait_until`] waits.
    pub fn wait_for_state(&self, job: &str, state: &Value) {
        let mut last = Value::Null;
        wait_until(&format!("job {job} is {state}"), || {
            last = self.status(job);
            last["state"] == *state
        });
    }

    /// Waits until it is finished.
    ///
    /// # Panics
    /// When it takes longer than [`wait_until`] waits.
    pub fn wait_for_the_end(&self, job: &str) {
        self.wait_for_state(job, &json!("finished"));
    }

    /// Asks SQS for something as anybody with the right to may.
    ///
    /// # Panics
    /// When it refuses.
    pub fn sqs(&self, operation: &str, body: &Value) -> Value {
        let url = self.ministack.url();
        let mut answer = ureq::post(url)
            .header("x-amz-target", format!("AmazonSQS.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request",
            )
            .send(body.to_string())
            .expect("SQS takes it");
        let text = answer.body_mut().read_to_string().expect("a body");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The URL of the fleet's queue of normal priority.
    #[must_use]
    pub fn queue_url(&self) -> String {
        format!("{}/000000000000/test", self.ministack.url())
    }
}
