//! What the user typed for commands that name a job.

use std::path::PathBuf;

use clap::Args;

use super::accounts::AccountArgs;
use super::args::{ConnectionArgs, LimitArgs, PlaceArgs, SelectionArgs, Sse};
use super::fleet::FleetArgs;

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The job [default: list all of them, the newest first]
    #[arg(value_name = "JOB")]
    pub(crate) job: Option<String>,

    /// Show progress until the job is over or stands still
    #[arg(long, requires = "job")]
    pub(crate) watch: bool,

    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// What `pause` and `resume` take.
#[derive(Debug, Args)]
pub(crate) struct SteerArgs {
    /// The job, as `reseal status` lists it
    #[arg(value_name = "JOB")]
    pub(crate) job: String,

    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    #[command(flatten)]
    pub(crate) steer: SteerArgs,

    /// Don't ask for confirmation; needed where there is no terminal to ask on
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    /// The job, which must be over; its target, selection and behaviour hold again
    #[arg(value_name = "JOB")]
    pub(crate) job: String,

    /// Only objects that ended so, such as denied,archived (the report's words); comma-separated
    /// and repeatable [default: all that failed, and all skips that need a look]
    #[arg(long, value_delimiter = ',', value_name = "REASONS")]
    pub(crate) reason: Vec<String>,

    /// Don't ask for confirmation; needed where there is no terminal to ask on
    #[arg(long)]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
    /// The endpoint, the region and the buckets' owner are the job's, unless named here.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// A job brings its own target; sources need one.
#[derive(Debug, Args)]
#[command(
    override_usage = "reseal verify [OPTIONS] JOB\n       reseal verify [OPTIONS] --sse TYPE SOURCE...",
    after_help = "\
Exit codes:
  0    every object that was looked at is at the target (delete markers, objects that
       are gone and objects outside the selection need no look)
  3    some are not, or could not be looked at
  2    bad usage, or refused
  1    failed
  130  interrupted"
)]
pub(crate) struct VerifyArgs {
    /// A job, whose report is compared too; or where the objects are: s3://bucket[/prefix]
    #[arg(value_name = "JOB|SOURCE")]
    pub(crate) what: Vec<String>,

    /// An S3 Inventory report instead, by its manifest.json
    #[arg(long, value_name = "FILE|s3://…")]
    pub(crate) manifest: Vec<String>,

    /// A list of objects instead, "-" for standard input
    #[arg(long, value_name = "FILE|-")]
    pub(crate) keys: Vec<PathBuf>,

    /// Every bucket of the account in this region with exactly this tag of its own instead; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) bucket_tag: Vec<String>,

    /// The encryption that every object of the sources shall have
    #[arg(long, value_enum, value_name = "TYPE")]
    pub(crate) sse: Option<Sse>,

    /// The KMS key: ARN, id or alias/NAME
    #[arg(long, value_name = "KEY", requires = "sse")]
    pub(crate) kms_key: Option<String>,

    /// Whether a bucket key shall be in use [default: true]. Only for aws:kms
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set, requires = "sse")]
    pub(crate) bucket_key: Option<bool>,

    #[command(flatten)]
    pub(crate) selection: SelectionArgs,

    /// How many objects to look at, picked at random, or all of them
    #[arg(long, default_value = "all", value_name = "N|all")]
    pub(crate) sample: String,

    /// Which sample: the same seed picks the same objects where nothing changed [default: random]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Compare what was kept, too: metadata, headers and redirect with the job's report; tags, ACL and
    /// checksum with the old version where there is one. Only for a JOB
    #[arg(long)]
    pub(crate) deep: bool,

    /// A file for every difference, as CSV; what is printed names the first ones only
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// At most so many objects per second
    #[arg(long, value_name = "OBJECTS/S")]
    pub(crate) rate: Option<f64>,

    /// Objects in flight
    #[arg(long, default_value_t = 256, value_name = "N")]
    pub(crate) concurrency: u32,

    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
    #[command(flatten)]
    pub(crate) accounts: AccountArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}
