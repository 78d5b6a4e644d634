//! `teardown`: what the user typed, and what it means.

use std::path::PathBuf;

use clap::Args;
use reseal_core::StackName;

use super::args::{ConnectionArgs, Output, PlaceArgs};
use super::meaning::{Meant, connection, state_folder};
use super::request::{ConnectionRequest, Environment, RefusedUsage};

#[derive(Debug, Args)]
#[command(after_help = "\
First the inventory configurations `reseal` that deliver to the stack's work bucket are disabled, and taken
out of its policy; then CloudFormation deletes the stack, and this waits for it. No object of yours and no
foreign configuration is touched. The same command again goes on wherever it was interrupted, and says what is
left when the stack is gone. The ledger goes with the stack: write the reports that you need first
(reseal report JOB --stack NAME --out FILE).

Exit codes:
  0    the stack is gone; with --dry-run: could be
  3    the same, and something needs a look: buckets left out, or see the notes
  2    bad usage, or refused, such as while a job isn't over: nothing was changed
  1    failed: what CloudFormation couldn't delete is named
  130  interrupted, or not confirmed; the same command again is safe")]
pub(crate) struct TeardownArgs {
    /// The CloudFormation stack that made the fleet
    #[arg(long, value_name = "NAME")]
    pub(crate) stack: String,

    /// Another endpoint for CloudFormation, and the fleet's DynamoDB [default: as --endpoint-url]
    #[arg(long, value_name = "URL")]
    pub(crate) fleet_endpoint_url: Option<String>,

    /// Look at everything and say what would be done; changes nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,

    /// Don't ask for confirmation; needed where there is no terminal to ask on
    #[arg(long)]
    pub(crate) yes: bool,

    /// Where the work bucket's old policy is written before a change [default: guard in the state folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) backup_dir: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// What `teardown` was told.
#[derive(Clone, Debug)]
pub(crate) struct TeardownRequest {
    pub(crate) stack: StackName,
    pub(crate) dry_run: bool,
    pub(crate) yes: bool,
    pub(crate) backups: PathBuf,
    pub(crate) connection: ConnectionRequest,
    pub(crate) output: Output,
}

pub(super) fn teardown(typed: TeardownArgs, environment: &Environment) -> Meant<TeardownRequest> {
    let TeardownArgs { stack, fleet_endpoint_url, dry_run, yes, backup_dir, .. } = typed;
    let PlaceArgs { state, output } = typed.place;
    let stack = stack.parse().map_err(|error| RefusedUsage(format!("--stack: {error}")))?;
    let mut connection = connection(typed.connection)?;
    connection.fleet_endpoint = fleet_endpoint_url;
    let backups = match backup_dir {
        Some(folder) => folder,
        None => state_folder(state, environment)?.join("guard"),
    };
    Ok(TeardownRequest { stack, dry_run, yes, backups, connection, output })
}
