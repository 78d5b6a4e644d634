//! The `reseal` binary, run as a user runs it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::{Sandbox, binary};

/// A command line in the making.
#[derive(Debug)]
pub struct Reseal(Command);

/// What a run left behind.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A run in progress.
#[derive(Debug)]
pub struct Running(Option<Child>);

impl Reseal {
    /// A subcommand against a sandbox, with nothing of the user's own AWS
    /// settings in its environment.
    #[must_use]
    pub fn new(subcommand: &str, sandbox: &Sandbox) -> Self {
        Self::without_endpoint(subcommand).args(["--endpoint-url", sandbox.url()])
    }

    /// The same without an endpoint.
    #[must_use]
    pub fn without_endpoint(subcommand: &str) -> Self {
        Self::clean("reseal").args([subcommand])
    }

    /// A worker of a fleet, with the same clean environment.
    #[must_use]
    pub fn worker() -> Self {
        Self::clean("reseal-worker")
    }

    fn clean(name: &str) -> Self {
        let mut command = Command::new(binary(name));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        command
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null());
        Self(command)
    }

    /// More arguments.
    #[must_use]
    pub fn args<I, S>(mut self, arguments: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<std::ffi::OsStr>,
    {
        self.0.args(arguments);
        self
    }

    /// With credentials and profiles from this configuration file instead of
    /// fixed ones.
    #[must_use]
    pub fn configured_by(mut self, file: &Path) -> Self {
        self.0.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        self.0.env("AWS_CONFIG_FILE", file);
        self
    }

    /// One more variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// With standard output and error in this file: for whoever runs long.
    ///
    /// # Panics
    /// When the file can't be made, or it doesn't start.
    #[must_use]
    pub fn start_logging_to(mut self, file: &Path) -> Running {
        let log = std::fs::File::create(file).expect("a log file");
        let both = log.try_clone().expect("a second handle");
        Running(Some(self.0.stdout(both).stderr(log).spawn().expect("it starts")))
    }

    /// The state folder.
    #[must_use]
    pub fn state(self, folder: &Path) -> Self {
        self.args([std::ffi::OsStr::new("--state"), folder.as_os_str()])
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn run(mut self) -> Ended {
        self.0.output().expect("reseal starts").into()
    }

    /// Runs it with a standard output that nobody reads any more.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn run_into_a_closed_pipe(mut self) -> Ended {
        let mut child =
            self.0.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("reseal starts");
        drop(child.stdout.take());
        child.wait_with_output().expect("its end").into()
    }

    /// Starts it.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn start(mut self) -> Running {
        let piped = self.0.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(Some(piped.spawn().expect("reseal starts")))
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    /// Itself, if it ended with this code.
    ///
    /// # Panics
    /// With all that was printed, otherwise.
    #[must_use]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "\n-- stdout\n{}\n-- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Its output as one JSON document.
    ///
    /// # Panics
    /// When it isn't one.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| {
            panic!("{e}\n-- stdout\n{}\n-- stderr\n{}", self.stdout, self.stderr)
        })
    }

    /// The report of the job that it names in its JSON.
    ///
    /// # Panics
    /// When it names none.
    #[must_use]
    pub fn report(&self) -> PathBuf {
        PathBuf::from(self.json()["report"].as_str().expect("the report's path"))
    }
}

impl Running {
    /// Whether it has ended by itself.
    ///
    /// # Panics
    /// When the system doesn't tell.
    pub fn has_ended(&mut self) -> bool {
        let child = self.0.as_mut().expect("not waited for");
        child.try_wait().expect("a child's state").is_some()
    }

    /// `kill -9`, and waits for it to be gone.
    ///
    /// # Panics
    /// When that fails.
    pub fn kill_9(mut self) {
        let mut child = self.0.take().expect("not waited for");
        child.kill().expect("SIGKILL");
        child.wait().expect("its end");
    }

    /// Sends a signal by name, such as `TERM` or `INT`.
    ///
    /// # Panics
    /// When that fails.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([format!("-{name}"), self.0.as_ref().expect("not waited for").id().to_string()])
            .status()
            .expect("kill runs");
        assert!(status.success());
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    pub fn wait(mut self) -> Ended {
        let child = self.0.take().expect("not waited for");
        child.wait_with_output().expect("its end").into()
    }
}

/// Whoever is forgotten, by a test that failed too, leaves with it.
impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
