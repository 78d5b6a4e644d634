//! One file per command: from the request to the exit.
//!
//! Owns: the order of steps that the user sees. Never: does what a module of
//! its own does. Next: `run` is the main one.

mod census;
#[cfg(feature = "demo")]
mod demo;
mod fleet;
mod ground;
mod guard;
mod health;
mod inventory;
mod plan;
mod probe;
mod purge;
mod report;
mod retry;
mod run;
mod serve;
mod status;
mod steer;
mod submit;
mod teardown;
mod verify;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::CommandFactory as _;
use reseal_worker::Stop;

use crate::cli::{Cli, Command, Output};
use crate::console::Console;
use crate::exit::{CommandError, Exit};
use crate::start::{Started, Wanted, start};
use crate::wiring::Machine;

/// What a command gets beside its request.
pub(crate) struct Surroundings<'a> {
    pub(crate) machine: &'a Machine,
    pub(crate) console: &'a Console,
    /// Asked by the first Ctrl-C or SIGTERM.
    pub(crate) stop: &'a Stop,
}

/// Begins, unless a stop is asked for meanwhile: nothing is changed yet, so
/// there is nothing to bring to an end.
async fn begin(
    wanted: Wanted<'_>,
    surroundings: &Surroundings<'_>,
) -> Result<Option<Started>, CommandError> {
    tokio::select! {
        biased;
        () = surroundings.stop.asked() => Ok(None),
        started = start(surroundings.machine, wanted) => started.map(Some),
    }
}

/// Does it.
///
/// # Errors
/// One line for the user; its exit code is in the error.
pub(crate) async fn execute(
    command: Command,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    match command {
        Command::Plan(request) => plan::plan(&request, surroundings).await,
        Command::Run { job, yes } => run::run(&job, yes, None, surroundings).await,
        Command::Submit(request) => submit::submit(&request, None, surroundings).await,
        Command::FleetInit(request) => fleet::init(&request, surroundings).await,
        Command::Probe(request) => probe::probe(&request, surroundings).await,
        Command::Status(request) => status::status(&request, surroundings).await,
        Command::Steer(request) => steer::steer(&request, surroundings).await,
        Command::Retry(request) => retry::retry(request, surroundings).await,
        Command::Verify(request) => verify::verify(request, surroundings).await,
        Command::Census(request) => census::census(request, surroundings).await,
        Command::Purge(request) => purge::purge(&request, surroundings).await,
        Command::Report(request) => report::report(request, surroundings).await,
        Command::Guard(request) => guard::guard(&request, surroundings).await,
        Command::Inventory(request) => inventory::inventory(&request, surroundings).await,
        Command::Serve(request) => serve::serve(&request, surroundings).await,
        Command::Teardown(request) => teardown::teardown(&request, surroundings).await,
        Command::Health(address) => health::health(address, surroundings).await,
        Command::Completions(shell) => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "reseal", &mut out);
            let written = std::io::stdout().write_all(&out);
            written.context("writing the completions to standard output")?;
            Ok(Exit::Done)
        }
        #[cfg(feature = "demo")]
        Command::Demo(request) => demo::demo(&request, surroundings).await,
    }
}

impl Command {
    /// How its result is to be written.
    pub(crate) fn output(&self) -> Output {
        match self {
            Self::Plan(request) => request.output,
            Self::Run { job, .. } => job.output,
            Self::Submit(request) => request.job.output,
            Self::FleetInit(request) => request.output,
            Self::Probe(request) => request.output,
            Self::Status(request) => request.output,
            Self::Steer(request) => request.output,
            Self::Retry(request) => request.output,
            Self::Verify(request) => request.output,
            Self::Census(request) => request.output,
            Self::Purge(request) => request.output,
            Self::Report(request) => request.output,
            Self::Guard(request) => request.output,
            Self::Inventory(request) => request.output,
            Self::Serve(request) => request.job.output,
            Self::Teardown(request) => request.output,
            Self::Health(_) | Self::Completions(_) => Output::Text,
            #[cfg(feature = "demo")]
            Self::Demo(_) => Output::Text,
        }
    }
}

/// A folder that is removed when this is dropped.
struct Passing(PathBuf);

impl Drop for Passing {
    fn drop(&mut self) {
        // What can't be removed from the temporary folder, the system will.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
