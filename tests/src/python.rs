//! Python environments of the tests' own, under `target/`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace;

/// The Python of an environment with these packages, each pinned as
/// `name==version` so that a test means the same tomorrow. The first call
/// makes it, and so does one with other packages than the last.
///
/// # Panics
/// When Python 3 with `venv` is missing, or PyPI can't be reached.
#[must_use]
pub fn python_environment(name: &str, packages: &[&str]) -> PathBuf {
    let target = workspace().join("target");
    std::fs::create_dir_all(&target).expect("a target folder");
    // Tests may run in processes of their own: one makes it, the others wait.
    let lock = File::create(target.join(format!("{name}.lock"))).expect("a lock file");
    lock.lock().expect("a lock");
    let folder = target.join(name);
    let (python, stamp) = (folder.join("bin/python"), folder.join("installed"));
    let wanted = packages.join("\n");
    let installed = std::fs::read_to_string(&stamp);
    if !installed.is_ok_and(|installed| installed == wanted) {
        install(&folder, &python, packages);
        std::fs::write(&stamp, wanted).expect("a stamp");
    }
    python
}

fn install(folder: &Path, python: &Path, packages: &[&str]) {
    run(
        Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder),
        "this test needs Python 3 with venv (Debian: apt-get install python3-venv)",
    );
    let list = packages.join(" ");
    run(
        Command::new(python).args(["-m", "pip", "install", "--quiet"]).args(packages),
        &format!("this test needs PyPI, to install {list}"),
    );
}

fn run(command: &mut Command, hint: &str) {
    match command.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!("{hint}:\n{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => panic!("{hint}: {error}"),
    }
}
