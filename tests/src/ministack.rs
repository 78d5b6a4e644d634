//! A ministack process of a test's own: S3 and KMS as somebody else, not we,
//! understand them. Its state is in memory and ends with it.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{Scratch, Seen, free_port, python_environment, workspace};

/// Brings botocore, the AWS CLI's engine, which the tests look through.
const MINISTACK: &str = "ministack==1.5.33";
/// What its Athena executes queries in.
const DUCKDB: &str = "duckdb==2.0.0";
/// Somebody else may take a port between its choice and its use.
const PORTS_TRIED: u32 = 5;
/// A guard against a start that hangs; no test's verdict depends on it.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// A running ministack, ended when dropped.
#[derive(Debug)]
pub struct Ministack {
    child: Child,
    url: String,
    folder: Scratch,
}

/// A request that ministack took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// GET, PUT…
    pub method: String,
    /// Decoded, without the query; only up to the first newline of a key.
    pub path: String,
}

impl Ministack {
    /// Starts one on a free loopback port.
    ///
    /// # Panics
    /// When Python 3 or PyPI is missing, or it doesn't start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&plain(), &[])
    }

    /// One whose Athena executes queries, which it otherwise only takes.
    ///
    /// # Panics
    /// As [`Ministack::start`].
    #[must_use]
    pub fn start_with_athena() -> Self {
        let python = python_environment("ministack-athena", &[MINISTACK, DUCKDB]);
        Self::start_with(&python, &[("ATHENA_ENGINE", "duckdb")])
    }

    /// One that holds IAM users to policies, which it otherwise only keeps.
    ///
    /// # Panics
    /// As [`Ministack::start`].
    #[must_use]
    pub fn start_enforcing() -> Self {
        Self::start_with(&plain(), &[("AUTH", "true")])
    }

    fn start_with(python: &Path, settings: &[(&str, &str)]) -> Self {
        for _ in 0..PORTS_TRIED {
            let mut started = Self::launch(python, settings);
            if started.becomes_ready() {
                return started;
            }
            let log = started.log();
            assert!(log.contains("already in use"), "{MINISTACK} ended at once:\n{log}");
        }
        panic!("{MINISTACK} found {PORTS_TRIED} ports taken, one after the other");
    }

    fn launch(python: &Path, settings: &[(&str, &str)]) -> Self {
        let port = free_port();
        let folder = Scratch::new("ministack");
        let log = File::create(folder.path("log")).expect("a log file");
        let mut command = Command::new(python);
        command.args(["-m", "ministack"]).current_dir(folder.folder()).env_clear();
        // Nothing of the user's AWS, LocalStack or ministack settings.
        let kept = ["PATH", "LD_LIBRARY_PATH"];
        command.envs(std::env::vars().filter(|(name, _)| kept.contains(&name.as_str())));
        let child = command
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            // What it calls itself: tells this process from any other one.
            .env("MINISTACK_EDITION", folder.folder())
            .env("TMPDIR", folder.folder())
            .env("PYTHONUTF8", "1")
            // Logs every request.
            .env("LOG_LEVEL", "DEBUG")
            .envs([("SFTP_ENABLED", "0"), ("IOT_MTLS_ENABLED", "0")])
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("python starts");
        Self { child, url: format!("http://127.0.0.1:{port}"), folder }
    }

    /// False when the process ended instead.
    #[expect(clippy::disallowed_methods, reason = "another process is waited for, in real time")]
    fn becomes_ready(&mut self) -> bool {
        let patience = Instant::now() + PATIENCE;
        while self.child.try_wait().expect("a child's state").is_none() {
            if self.is_ready() {
                return true;
            }
            assert!(Instant::now() < patience, "{MINISTACK} isn't ready:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    fn is_ready(&self) -> bool {
        let Ok(mut answer) = ureq::get(format!("{}/_ministack/health", self.url)).call() else {
            return false;
        };
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        let health: Value = serde_json::from_str(&text).unwrap_or_default();
        health["edition"].as_str() == self.folder.folder().to_str()
            && health["ready_scripts"]["status"] == "completed"
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Puts keys, buckets and objects there, as `tests/python/through_botocore.py`
    /// describes them. Gives the keys' ARNs by alias.
    ///
    /// # Panics
    /// When ministack refuses.
    #[must_use]
    pub fn seed(&self, world: &Value) -> Value {
        self.look(&["seed"], &world.to_string()).pop().expect("the keys")
    }

    /// The same in this account.
    ///
    /// # Panics
    /// When ministack refuses.
    #[must_use]
    pub fn seed_as(&self, account: &str, world: &Value) -> Value {
        self.look_as(account, &["seed"], &world.to_string()).pop().expect("the keys")
    }

    /// What its Athena answers to these statements, one after the other:
    /// names of columns, and rows of text or null. Results go to the bucket
    /// `answers`.
    ///
    /// # Panics
    /// When one fails.
    #[must_use]
    pub fn ask_athena(&self, statements: &[String]) -> Vec<Value> {
        self.look(&["athena"], &Value::from(statements).to_string())
    }

    /// Every version in these buckets as botocore sees it, bytes included.
    ///
    /// # Panics
    /// When ministack refuses.
    #[must_use]
    pub fn see(&self, buckets: &[&str]) -> Vec<Seen> {
        let lines = self.look(&[&["see"], buckets].concat(), "");
        lines.into_iter().map(|line| serde_json::from_value(line).expect("a version")).collect()
    }

    /// The same of this account's buckets.
    ///
    /// # Panics
    /// When ministack refuses.
    #[must_use]
    pub fn see_as(&self, account: &str, buckets: &[&str]) -> Vec<Seen> {
        let lines = self.look_as(account, &[&["see"], buckets].concat(), "");
        lines.into_iter().map(|line| serde_json::from_value(line).expect("a version")).collect()
    }

    /// A bucket's policy and encryption rules as botocore sees them.
    ///
    /// # Panics
    /// When ministack refuses.
    #[must_use]
    pub fn safeguards(&self, bucket: &str) -> Value {
        self.look(&["safeguards", bucket], "").pop().expect("the safeguards")
    }

    /// What an IAM user, whom his own policy allows everything, gets of a
    /// bucket: the code of each refusal.
    ///
    /// # Panics
    /// When ministack refuses what comes before.
    #[must_use]
    pub fn tries(&self, bucket: &str) -> Value {
        self.look(&["tries", bucket], "").pop().expect("what it got")
    }

    /// Gives a bucket this policy, through botocore.
    ///
    /// # Panics
    /// When ministack refuses.
    pub fn put_policy(&self, bucket: &str, policy: &str) {
        self.look(&["policy", bucket], policy);
    }

    /// What it does otherwise than AWS, tried in a bucket of its own.
    ///
    /// # Panics
    /// When ministack refuses.
    #[must_use]
    pub fn quirks(&self) -> Value {
        self.look(&["quirks"], "").pop().expect("the quirks")
    }

    /// Requests for S3 and its objects so far that aren't mere looks.
    #[must_use]
    pub fn writes(&self) -> Vec<Request> {
        let log = self.log();
        let lines = log.lines().filter_map(|line| line.split_once("DEBUG [ministack] "));
        let requests = lines.filter_map(|(_, line)| {
            let (method, rest) = line.split_once(" /")?;
            let path = rest.split(" -> service=").next()?;
            Some(Request { method: method.to_owned(), path: format!("/{path}") })
        });
        // The root is where KMS and STS are asked.
        requests
            .filter(|r| ["PUT", "POST", "DELETE"].contains(&r.method.as_str()) && r.path != "/")
            .collect()
    }

    fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.path("log")).expect("the log");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn look(&self, arguments: &[&str], input: &str) -> Vec<Value> {
        self.look_as("test", arguments, input)
    }

    fn look_as(&self, account: &str, arguments: &[&str], input: &str) -> Vec<Value> {
        let mut child = Command::new(plain())
            .arg(workspace().join("tests/python/through_botocore.py"))
            .arg(&self.url)
            .args(arguments)
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("ACCOUNT", account)
            .env("PYTHONUTF8", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("python starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input.as_bytes()).expect("python reads");
        drop(stdin);
        let output = child.wait_with_output().expect("python's end");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}:\n{complaint}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

/// The Python that has ministack and botocore.
fn plain() -> PathBuf {
    python_environment("ministack", &[MINISTACK])
}

impl Drop for Ministack {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
