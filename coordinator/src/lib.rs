//! The coordinator: every command of `reseal`, and what it is made of.
//!
//! A library, so that simulations drive the very splitter that `submit` and
//! `run` drive, and fuzzers the very readers. What isn't re-exported here is
//! nobody else's business.
//!
//! Owns: the process: its arguments, environment, signals and exit code.
//! Never: decides anything about objects.
//! Next: `cli` for what can be asked, `commands` for what is done.

mod census;
mod cli;
mod cloud;
mod commands;
mod console;
mod exit;
#[cfg(test)]
mod fakes;
mod guard;
mod hazards;
mod inventory;
mod plan;
mod preflight;
mod probe;
mod progress;
mod purge;
mod report;
mod retry;
mod run;
mod serve;
mod sources;
mod split;
mod standing;
mod start;
mod verify;
mod wiring;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;

use cli::{Cli, Environment};
use commands::{Surroundings, execute};
use console::Console;
use exit::{CommandError, Exit};
use reseal_worker::process::{self, Manners};
use wiring::Machine;

pub use sources::{Batch, InventoryReport, KeyList, Listing, Pulled, Source, SourceError};
pub use split::{SplitCounts, SplitEnd, SplitError, SplitReading, Splitter};

/// The whole process, from its arguments to its exit code.
pub fn main() -> ExitCode {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let typed = std::env::args_os().collect();
    let cli = match cli::with_job_file(typed) {
        Ok(words) => Cli::parse_from(words),
        Err(error) => {
            let error = CommandError::from(error);
            return failed(&error, no_color);
        }
    };
    let machine = Machine::new();
    process::start_logging(cli.logging(no_color), Arc::clone(&machine.clock));
    let result = run(cli, &machine, no_color);
    match result {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(error) => failed(&error, no_color),
    }
}

fn failed(error: &CommandError, no_color: bool) -> ExitCode {
    Console::new(cli::Output::Text, no_color).note(format!("error: {error}"));
    ExitCode::from(error.code())
}

fn run(cli: Cli, machine: &Machine, no_color: bool) -> Result<Exit, CommandError> {
    let environment = Environment {
        xdg_state_home: std::env::var_os("XDG_STATE_HOME").map(Into::into),
        home: std::env::var_os("HOME").map(Into::into),
    };
    let command = cli.meaning(&environment)?;
    let console = Console::new(command.output(), no_color);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::new)?;
    let result = runtime.block_on(async {
        let (stopper, stop) = reseal_worker::stop_channel();
        let surroundings = Surroundings { machine, console: &console, stop: &stop };
        tokio::select! {
            biased;
            // First: a busy command leaves nothing of this task's budget.
            heard = process::obey(&stopper, Manners::Command) => match heard {
                Ok(()) => Ok(Exit::Interrupted),
                Err(deaf) => Err(anyhow::Error::new(deaf).into()),
            },
            result = execute(command, &surroundings) => result,
        }
    });
    // A terminal that is still being read must not hold up the exit.
    runtime.shutdown_background();
    result
}
