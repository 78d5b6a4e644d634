//! `purge`: what the user typed, and what it means.

use std::path::PathBuf;

use clap::Args;
use reseal_core::JobId;

use super::accounts::{AccountArgs, connection_to};
use super::args::{ConnectionArgs, Output, PlaceArgs};
use super::fleet::{FleetArgs, place};
use super::job_meaning::job_id;
use super::meaning::{Meant, concurrency, rate, refuse};
use super::request::{ConnectionRequest, Environment, Place};

/// Nothing else deletes, so its codes are told in its own words.
#[derive(Debug, Args)]
#[command(after_help = "\
Before each delete both versions are looked at again: the new one must be as the job
left it and at its target, whatever readers get must be at that target too, and the old
one must be as the job found it, unlocked, and not at the target. What fails any of it
stays, with the reason. Delete markers and current versions are never deleted, and no
lock is lifted. Buckets of other accounts are reached through the job's roles, or through
those of --assume-role-arn, which must be of the same accounts.

Exit codes:
  0    every superseded version is deleted, or was gone; with --dry-run: could be
  3    some were left: see the reasons
  2    bad usage, or refused: nothing was deleted
  1    failed
  130  interrupted, or not confirmed; the same command again is safe")]
pub(crate) struct PurgeArgs {
    /// The job, which must be over
    #[arg(value_name = "JOB")]
    pub(crate) job: String,

    /// Look at everything and say what would be deleted; deletes nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,

    /// Don't ask for confirmation; needed where there is no terminal to ask on
    #[arg(long)]
    pub(crate) yes: bool,

    /// Refuse to begin when the job superseded more versions
    #[arg(long, value_name = "N")]
    pub(crate) max_objects: Option<u64>,

    /// A new file for what became of every version, as CSV; what is printed names the first ones only
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// At most so many versions per second
    #[arg(long, value_name = "VERSIONS/S")]
    pub(crate) rate: Option<f64>,

    /// Versions in flight
    #[arg(long, default_value_t = 32, value_name = "N")]
    pub(crate) concurrency: u32,

    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
    /// In the place of the job's roles: others of the same accounts, which may delete.
    #[command(flatten)]
    pub(crate) accounts: AccountArgs,
    /// The endpoint, the region and the buckets' owner are the job's, unless named here.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// What `purge` was told.
#[derive(Debug)]
pub(crate) struct PurgeRequest {
    pub(crate) job: JobId,
    pub(crate) dry_run: bool,
    pub(crate) yes: bool,
    pub(crate) max_objects: Option<u64>,
    pub(crate) out: Option<PathBuf>,
    /// Versions per second.
    pub(crate) rate: Option<f64>,
    /// Versions in flight.
    pub(crate) concurrency: u32,
    /// What isn't named here is the job's.
    pub(crate) connection: ConnectionRequest,
    pub(crate) place: Place,
    pub(crate) output: Output,
}

pub(super) fn purge(typed: PurgeArgs, environment: &Environment) -> Meant<PurgeRequest> {
    let PurgeArgs { job, dry_run, yes, max_objects, out, .. } = typed;
    if max_objects == Some(0) {
        return refuse("--max-objects must be at least 1");
    }
    let PlaceArgs { state, output } = typed.place;
    let mut connection = connection_to(&typed.accounts, typed.connection)?;
    let place = place(typed.fleet, state, &mut connection, environment)?;
    Ok(PurgeRequest {
        job: job_id(&job)?,
        dry_run,
        yes,
        max_objects,
        out,
        rate: rate("--rate", typed.rate)?,
        concurrency: concurrency(typed.concurrency)?,
        connection,
        place,
        output,
    })
}
