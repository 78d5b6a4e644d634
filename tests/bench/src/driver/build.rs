//! Release builds of everything that runs, from this very checkout.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

/// The folder that the binaries lie in.
#[derive(Clone, Debug)]
pub(super) struct Binaries(PathBuf);

impl Binaries {
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// The workspace's folder.
pub(super) fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// Where everything is kept that benchmarks make.
pub(super) fn folder() -> PathBuf {
    workspace().join("target/bench")
}

/// Builds `reseal`, the server and the loop.
pub(super) fn build() -> anyhow::Result<Binaries> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--release", "--message-format=json-render-diagnostics"])
        .args(["-p", "reseal", "-p", "reseal-bench", "--bins"])
        .current_dir(workspace())
        .output()
        .context("cargo")?;
    ensure!(
        output.status.success(),
        "the binaries don't build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .and_then(|path| path.parent().map(|folder| Binaries(folder.to_path_buf())))
        .context("cargo names no executable")
}
