//! The binaries under test, built from this very checkout.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The workspace's folder.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests stand in the workspace")
}

/// The path of one of the workspace's binaries. The first call builds them:
/// `cargo test` doesn't build the binaries of other packages.
///
/// # Panics
/// When they can't be built.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(build).join(name)
}

/// Takes from a command's environment what `cargo test` says of the test's own
/// package. Some build scripts look at it, so that a cargo started in it builds
/// half the world anew, and exchanges the very binaries that other tests are
/// just starting.
pub fn as_from_a_shell(command: &mut Command) -> &mut Command {
    let of_package = |name: &str| name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR";
    for (name, _) in std::env::vars().filter(|(name, _)| of_package(name)) {
        let _ = command.env_remove(name);
    }
    command
}

fn build() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    let _ = as_from_a_shell(&mut cargo);
    // As the tests are: measurements are taken with `--release`.
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let output = cargo
        .args(["build", "--locked", "--message-format=json-render-diagnostics"])
        .args(["--profile", profile])
        .args(["-p", "reseal", "-p", "reseal-worker", "-p", "reseal-sandbox", "--bins"])
        .current_dir(workspace())
        .output()
        .expect("cargo runs");
    let messages = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "the binaries don't build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .and_then(|path| path.parent().map(Path::to_path_buf))
        .expect("cargo names the executables")
}
