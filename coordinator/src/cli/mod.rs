//! The command line, in two stages: what the user typed (`args`), then what
//! it means (`meaning` makes a `request` of it).
//!
//! Owns: flags, their help, their syntax and their contradictions.
//! Never: reads a file, asks a service, decides anything that needs an answer
//! from outside. A refusal here is one line that names the flag.
//! Next: `request` for what the rest of the program works with.

mod accounts;
mod args;
mod behaviour;
mod census;
mod fleet;
mod guard;
mod health;
mod inventory;
mod job_args;
mod job_file;
mod job_meaning;
mod meaning;
mod purge;
mod readers;
mod reasons;
mod report;
mod request;
mod serve;
mod sizes;
mod sources;
mod teardown;
#[cfg(test)]
mod tests;

pub(crate) use args::{Cli, Output};
pub(crate) use census::{CensusRequest, Counted};
pub(crate) use fleet::{FleetInitRequest, FleetToBe, SubmitRequest};
pub(crate) use guard::{GuardRequest, Guarding};
pub(crate) use inventory::{InventoryDeed, InventoryRequest, Which};
pub(crate) use job_file::with_job_file;
pub(crate) use purge::PurgeRequest;
pub(crate) use report::ReportFormat;
#[cfg(feature = "demo")]
pub(crate) use request::DemoRequest;
pub(crate) use request::{
    Caps, Command, ConnectionRequest, Environment, JobRequest, Limits, Place, ProbeRequest,
    RefusedUsage, ReportOut, ReportRequest, RetryRequest, Sample, SourceRequest, StatusRequest,
    SteerRequest, Steering, TargetRequest, VerifyRequest, VerifySources, VerifyWhat,
};
pub(crate) use serve::{ReportTo, ServeRequest, Serving};
pub(crate) use teardown::TeardownRequest;
