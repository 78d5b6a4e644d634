//! The AWS CLI, from PyPI, in a virtual environment under `target/`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::workspace;

/// Pinned, so that a test means the same tomorrow.
const AWS_CLI: &str = "awscli==1.45.11";

/// A Python that can import the AWS CLI. The first call makes it.
///
/// # Panics
/// When Python 3 with `venv` is missing, or PyPI can't be reached.
#[must_use]
pub fn python_with_aws_cli() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let target = workspace().join("target");
        std::fs::create_dir_all(&target).expect("a target folder");
        // Tests may run in processes of their own: one makes it, the others wait.
        let lock = File::create(target.join("aws-cli.lock")).expect("a lock file");
        lock.lock().expect("a lock");
        let folder = target.join("aws-cli");
        let python = folder.join("bin/python");
        let stamp = folder.join("installed");
        if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == AWS_CLI) {
            return python;
        }
        run(
            Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder),
            "this test needs Python 3 with venv (Debian: apt-get install python3-venv)",
        );
        run(
            Command::new(&python).args(["-m", "pip", "install", "--quiet", AWS_CLI]),
            "this test needs PyPI, to install the AWS CLI",
        );
        std::fs::write(&stamp, AWS_CLI).expect("a stamp");
        python
    })
}

fn run(command: &mut Command, hint: &str) {
    match command.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!("{hint}:\n{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => panic!("{hint}: {error}"),
    }
}
