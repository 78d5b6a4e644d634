//! What the figures were measured on.

use std::path::Path;
use std::process::Command;

use serde::Serialize;

/// The machine, as it describes itself.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) memory: String,
    pub(super) kernel: String,
    /// Load averages when the benchmarks began: above a few tenths, somebody
    /// else was at work.
    pub(super) load: String,
    pub(super) pinned: bool,
}

impl Machine {
    pub(super) fn look(pinned: bool) -> Self {
        let processors = read("/proc/cpuinfo");
        Self {
            processor: field(&processors, "model name"),
            cores: processors.lines().filter(|line| line.starts_with("processor")).count(),
            memory: field(&read("/proc/meminfo"), "MemTotal"),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load: read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" "),
            pinned,
        }
    }
}

/// Whether tools and server can each have a core of their own.
pub(super) fn can_pin() -> bool {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    cores >= 2 && Command::new("taskset").arg("--version").output().is_ok()
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn field(text: &str, name: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(name));
    let value = line.and_then(|line| line.split_once(':')).map_or("unknown", |(_, value)| value);
    value.trim().to_owned()
}
