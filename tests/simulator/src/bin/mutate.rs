//! Puts each bug of `mutants.json` into a copy of the tree, and runs worlds
//! until one of them catches it, or the test that is named for it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Parser;
use reseal_simulator::{Patch, patches};

#[derive(Parser)]
#[command(about = "Runs simulated worlds with bugs in the code, until each is caught")]
struct Cli {
    /// How many seeds each bug is given
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// Only bugs whose name contains this
    #[arg(long, default_value = "")]
    only: String,
}

fn main() -> io::Result<ExitCode> {
    let Cli { seeds, only } = Cli::parse();
    let root = workspace();
    let place = root.join("target/mutants");
    let tree = place.join("tree");
    copy_sources(&root, &tree)?;
    let mut out = io::stdout().lock();
    let mut fine = true;
    for patch in patches().iter().filter(|patch| patch.name.contains(&only)) {
        let verdict = with_bug(patch, &tree, &place, seeds)?;
        fine &= verdict.is_caught();
        writeln!(out, "| {} | `{}` | {} |", patch.name, patch.file, verdict.words())?;
        out.flush()?;
    }
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

enum Verdict {
    Caught(String),
    Survived,
    NoBuild(String),
}

impl Verdict {
    fn is_caught(&self) -> bool {
        matches!(self, Self::Caught(_))
    }

    fn words(&self) -> String {
        match self {
            Self::Caught(by) => by.clone(),
            Self::Survived => "NOT CAUGHT".to_owned(),
            Self::NoBuild(why) => format!("DOESN'T BUILD: {why}"),
        }
    }
}

fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// What git knows of the tree, as it is now. Unchanged files keep their time,
/// so that they aren't built again.
fn copy_sources(root: &Path, tree: &Path) -> io::Result<()> {
    let listed = Command::new("git").arg("ls-files").current_dir(root).output()?;
    for name in String::from_utf8_lossy(&listed.stdout).lines() {
        let (from, to) = (root.join(name), tree.join(name));
        let bytes = fs::read(&from)?;
        if fs::read(&to).is_ok_and(|there| there == bytes) {
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&to, bytes)?;
    }
    Ok(())
}

fn with_bug(patch: &Patch, tree: &Path, place: &Path, seeds: u64) -> io::Result<Verdict> {
    let file = tree.join(&patch.file);
    let genuine = fs::read_to_string(&file)?;
    fs::write(&file, genuine.replace(&patch.from, &patch.to))?;
    let verdict = match patch.test.as_slice() {
        [] => run_worlds(tree, place, seeds),
        test => run_test(tree, place, test),
    };
    fs::write(&file, genuine)?;
    verdict
}

/// Green on the genuine tree: the workspace's tests hold it so.
fn run_test(tree: &Path, place: &Path, test: &[String]) -> io::Result<Verdict> {
    let ended = cargo(tree, place).args(["test", "--quiet", "--locked"]).args(test).output()?;
    let said = String::from_utf8_lossy(&ended.stdout);
    let failed = said.lines().find(|line| line.starts_with("test result: FAILED"));
    Ok(match (failed, said.contains("test result: ok. 1 passed")) {
        (Some(_), _) => Verdict::Caught(format!("`{}`", test.last().map_or("", String::as_str))),
        (None, true) => Verdict::Survived,
        (None, false) => Verdict::NoBuild(first_error(&ended.stderr)),
    })
}

fn cargo(tree: &Path, place: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(tree).env("CARGO_TARGET_DIR", place.join("build"));
    cargo
}

fn first_error(stderr: &[u8]) -> String {
    let why = String::from_utf8_lossy(stderr);
    why.lines().find(|line| line.starts_with("error")).unwrap_or_default().to_owned()
}

fn run_worlds(tree: &Path, place: &Path, seeds: u64) -> io::Result<Verdict> {
    let mut cargo = cargo(tree, place);
    cargo.args(["run", "--quiet", "--locked", "--profile", "simulate", "-p", "reseal-simulator"]);
    cargo.args(["--bin", "simulate", "--"]);
    cargo.args(["campaign", "--replay-every", "0", "--fail-fast", "--seeds", &seeds.to_string()]);
    let ended = cargo.output()?;
    let said = String::from_utf8_lossy(&ended.stdout);
    let caught = said.lines().find_map(|line| line.strip_prefix("seed "));
    Ok(match caught {
        Some(line) => {
            let mut parts = line.splitn(3, ": ");
            let (seed, invariant) = (parts.next(), parts.next());
            Verdict::Caught(format!(
                "{} by seed {}",
                invariant.unwrap_or_default(),
                seed.unwrap_or_default()
            ))
        }
        None if said.contains(" worlds, ") => Verdict::Survived,
        None => Verdict::NoBuild(first_error(&ended.stderr)),
    })
}
