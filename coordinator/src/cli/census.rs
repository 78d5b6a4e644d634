//! `census`: what is to be counted.

use std::path::PathBuf;

use clap::Args;
use reseal_core::{JobId, Versions};

use super::accounts::{AccountArgs, connection_of_a_job, connection_to};
use super::args::{ConnectionArgs, Output, PlaceArgs, SourceArgs, WhichVersions};
use super::fleet::{FleetArgs, place};
use super::job_meaning::{job_id, named_job};
use super::meaning::{concurrency, rate, refuse, state_folder};
use super::request::{
    Caps, ConnectionRequest, Environment, Limits, Place, RefusedUsage, SourceRequest,
};
use super::sources::sources;

/// What was typed.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0    counted
  3    counted, and some objects could not be looked at or are not settled yet
  2    bad usage, or refused
  1    failed
  130  interrupted: nothing is shown")]
pub(crate) struct CensusArgs {
    /// A job: what its objects were before and are after; or where objects are: s3://bucket[/prefix]
    #[arg(value_name = "JOB|SOURCE")]
    what: Vec<String>,

    /// An S3 Inventory report (CSV, ORC or Parquet), by its manifest.json
    #[arg(long, value_name = "FILE|s3://…")]
    manifest: Vec<String>,

    /// A list of objects, "-" for standard input
    #[arg(long, value_name = "FILE|-")]
    keys: Vec<PathBuf>,

    /// Every bucket of the account in this region with exactly this tag of its own; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    bucket_tag: Vec<String>,

    /// Every bucket of the account in this region, and nothing else. One that this role may not list is named
    #[arg(long, conflicts_with_all = ["what", "manifest", "keys", "bucket_tag"])]
    all_buckets: bool,

    /// Ask S3 for every object, those too whose report tells the encryption: slower, and tells the key
    #[arg(long)]
    look: bool,

    /// Which versions listings take in: what readers get, or noncurrent ones and delete markers too
    #[arg(long, value_enum, default_value = "current", value_name = "WHICH")]
    versions: WhichVersions,

    /// A file for the groups, as CSV
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// At most so many objects per second, where S3 is asked
    #[arg(long, value_name = "OBJECTS/S")]
    rate: Option<f64>,

    /// Objects in flight, where S3 is asked
    #[arg(long, default_value_t = 256, value_name = "N")]
    concurrency: u32,

    #[command(flatten)]
    fleet: FleetArgs,
    #[command(flatten)]
    accounts: AccountArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

/// What `census` was told.
#[derive(Debug)]
pub(crate) struct CensusRequest {
    pub(crate) what: Counted,
    pub(crate) out: Option<PathBuf>,
    pub(crate) limits: Limits,
    pub(crate) connection: ConnectionRequest,
    pub(crate) place: Place,
    pub(crate) state: PathBuf,
    pub(crate) output: Output,
}

/// Whose objects.
#[derive(Debug)]
pub(crate) enum Counted {
    Job(JobId),
    Sources { sources: Vec<SourceRequest>, versions: Versions, look: bool },
}

pub(super) fn census(
    typed: CensusArgs,
    environment: &Environment,
) -> Result<CensusRequest, RefusedUsage> {
    let listed = SourceArgs {
        sources: typed.what,
        manifest: typed.manifest,
        keys: typed.keys,
        bucket_tag: typed.bucket_tag,
    };
    let versions = match typed.versions {
        WhichVersions::Current => Versions::Current,
        WhichVersions::All => Versions::All,
    };
    let is_fleets = typed.fleet.is_some();
    let what = match named_job(&listed) {
        Some(_) if typed.look || versions == Versions::All => {
            return refuse("a JOB's report tells its objects: name only the job");
        }
        Some(job) => Counted::Job(job_id(&job)?),
        None if is_fleets => return refuse("--fleet names where a JOB is: SOURCEs need none"),
        None => {
            let sources = match typed.all_buckets {
                true => vec![SourceRequest::AllBuckets],
                false => sources(listed)?,
            };
            Counted::Sources { sources, versions, look: typed.look }
        }
    };
    let limits = Limits {
        rate: rate("--rate", typed.rate)?,
        rate_per_prefix: 3_500.0,
        kms_rate: None,
        concurrency: concurrency(typed.concurrency)?,
        caps: Caps::NONE,
    };
    let PlaceArgs { state, output } = typed.place;
    let mut connection = match what {
        Counted::Job(_) => connection_of_a_job(&typed.accounts, typed.connection)?,
        Counted::Sources { .. } => connection_to(&typed.accounts, typed.connection)?,
    };
    let place = place(typed.fleet, state.clone(), &mut connection, environment)?;
    Ok(CensusRequest {
        what,
        out: typed.out,
        limits,
        connection,
        place,
        state: state_folder(state, environment)?,
        output,
    })
}
