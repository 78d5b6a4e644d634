//! The command line of `reseal-worker`, in two stages: what was typed
//! (`args`), then what it means (a [`WorkerRequest`]).
//!
//! Owns: flags, their help, their environment variables and their syntax.
//! Never: reads a file, asks a service, decides anything that needs an answer
//! from outside. A refusal is one line that names the flag.
//! Next: `crate::service` for what is done with it.

mod args;
mod durations;
mod request;
#[cfg(test)]
mod tests;

pub use args::{Cli, ConnectionArgs};
pub use durations::parse_duration;
pub use request::{Connection, Environment, RefusedUsage, WorkerRequest};
