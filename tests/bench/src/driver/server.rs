//! A fresh benchmark server for each run, on a core of its own.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

/// The core that the server runs on.
const CORE: &str = "1";

/// How the server shall be.
#[derive(Clone, Debug)]
pub(super) struct ServerSettings {
    pub(super) objects: u64,
    pub(super) object_size: u64,
    pub(super) latency_ms: u64,
    pub(super) rate_limit: Option<f64>,
}

/// A running server, ended when dropped.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    url: String,
}

/// What a server saw, in its own words.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Counters {
    pub(super) requests: BTreeMap<String, u64>,
    pub(super) refused: u64,
    pub(super) encrypted: u64,
    pub(super) max_in_flight: u64,
    pub(super) first_list: Option<f64>,
    pub(super) first_data: Option<f64>,
    pub(super) last_data: Option<f64>,
    pub(super) seconds: Vec<Second>,
}

/// Object requests of one second.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(super) struct Second {
    pub(super) accepted: u64,
    pub(super) refused: u64,
}

impl Server {
    pub(super) fn start(
        binary: &Path,
        settings: &ServerSettings,
        pinned: bool,
    ) -> anyhow::Result<Self> {
        let mut command = if pinned {
            let mut command = Command::new("taskset");
            command.args(["-c", CORE]).arg(binary);
            command
        } else {
            Command::new(binary)
        };
        let ServerSettings { objects, object_size, latency_ms, rate_limit } = settings;
        command.arg("--until-stdin-ends").args(["--objects", &objects.to_string()]);
        command.args(["--object-size", &object_size.to_string()]);
        command.args(["--latency-ms", &latency_ms.to_string()]);
        if let Some(rate) = rate_limit {
            command.args(["--rate-limit", &rate.to_string()]);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the benchmark server")?;
        let stdout = child.stdout.take().context("the server's output")?;
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url)?;
        let server = Self { child, url: url.trim().to_owned() };
        ensure!(server.url.starts_with("http://"), "the benchmark server doesn't start");
        Ok(server)
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What it saw so far.
    pub(super) fn counters(&self) -> anyhow::Result<Counters> {
        let mut answer = ureq::get(format!("{}/_bench/counters", self.url)).call()?;
        let text = answer.body_mut().with_config().limit(64 << 20).read_to_string()?;
        Ok(serde_json::from_str(&text)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
