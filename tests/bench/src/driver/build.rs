//! Release builds of everything that runs, from this very checkout.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

/// Where everything is that runs.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    pub(super) reseal: PathBuf,
    /// The folder of this crate's own.
    own: PathBuf,
}

impl Binaries {
    /// One of this crate's own.
    pub(super) fn own(&self, name: &str) -> PathBuf {
        self.own.join(name)
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

/// Builds `reseal` as its users do, unless there is one already, and the
/// server and the loop. Apart from each other: built together, each would
/// get the other's features.
pub(super) fn build(reseal: Option<&Path>) -> anyhow::Result<Binaries> {
    let own = executable("reseal-bench", "bench")?;
    let own = own.parent().context("an executable lies in a folder")?.to_path_buf();
    let reseal = match reseal {
        Some(path) => path.canonicalize().with_context(|| path.display().to_string())?,
        None => executable("reseal", "reseal")?,
    };
    Ok(Binaries { reseal, own })
}

/// Builds a package's binaries; the path of one of them.
fn executable(package: &str, name: &str) -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--release", "--message-format=json-render-diagnostics"])
        .args(["-p", package, "--bins"])
        .current_dir(workspace())
        .output()
        .context("cargo")?;
    ensure!(
        output.status.success(),
        "{package} doesn't build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .find(|path| path.file_name().is_some_and(|file| file == name))
        .with_context(|| format!("cargo names no executable {name}"))
}
