//! The driver: builds, installs the peers, runs every tool in turns against a
//! fresh server, and writes down what the server and the kernel saw.
//!
//! Owns: which tool runs how, in which order, and how figures come about.
//! Never: shows a figure that wasn't measured in this run, or leaves out a
//! tool without saying why.
//! Next: `args` for what can be asked, `scenarios` for what is measured,
//! `tools` for the exact command lines, `measure` for one child's costs.

mod args;
mod build;
mod machine;
mod manifest;
mod measure;
mod peers;
mod report;
mod run;
mod sample;
mod scenarios;
mod server;
mod stats;
mod tools;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};

/// Runs the benchmarks.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::All(options) => run::run(&options, scenarios::NAMES),
        Command::Cpu(options) => run::run(&options, &["cpu"]),
        Command::Rate(options) => run::run(&options, &["rate"]),
        Command::Memory(options) => run::run(&options, &["memory"]),
        Command::Limit(options) => run::run(&options, &["limit"]),
        Command::Parts(options) => run::run(&options, &["parts"]),
        Command::Measure(args) => measure::measure(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
