//! Fleets: what the user typed, and what it means.

use clap::{Args, Subcommand, ValueEnum};
use reseal_core::{BucketName, FleetName, Priority};

use super::args::{ConnectionArgs, JobArgs, Output};
use super::meaning::{Meant, connection, job, refuse, state_folder};
use super::readers::{ReaderArgs, readers};
use super::request::{
    ConnectionRequest, Environment, JobRequest, Place, RefusedUsage, SourceRequest,
};
use super::sources::listing;

/// The shortest lease: below it a slow answer costs a worker its chunk.
const SHORTEST_LEASE: f64 = 1.0;
/// The longest: so long does a dead worker's chunk stand still at least.
const LONGEST_LEASE: f64 = 3_600.0;

/// For commands that name a job.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fleet")]
pub(crate) struct FleetArgs {
    /// The job is this fleet's, not the state folder's
    #[arg(long, value_name = "NAME")]
    pub(crate) fleet: Option<String>,

    /// Another endpoint for the fleet's SQS and DynamoDB [default: as --endpoint-url]
    #[arg(long, value_name = "URL", requires = "fleet")]
    pub(crate) fleet_endpoint_url: Option<String>,
}

/// For commands that are a fleet's alone.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fleet")]
pub(crate) struct NamedFleetArgs {
    /// The fleet
    #[arg(long, value_name = "NAME")]
    pub(crate) fleet: String,

    /// Another endpoint for the fleet's SQS and DynamoDB [default: as --endpoint-url]
    #[arg(long, value_name = "URL")]
    pub(crate) fleet_endpoint_url: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0    handed out: the fleet's workers do the rest (reseal status JOB --fleet NAME --watch)
  2    bad usage, or refused before any object was touched
  1    failed, or the job was cancelled meanwhile
  130  interrupted; the same command goes on

Of the flags below, --concurrency counts for looking at objects here: workers have their own;
--state is where lists and reports lie while they are read.")]
pub(crate) struct SubmitArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,
    #[command(flatten)]
    pub(crate) readers: ReaderArgs,
    #[command(flatten)]
    pub(crate) fleet: NamedFleetArgs,

    /// Before or after the fleet's other jobs
    #[arg(long, value_enum, default_value = "normal", value_name = "WHICH")]
    pub(crate) priority: WhichPriority,

    /// Don't ask for confirmation; needed where there is no terminal to ask on
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhichPriority {
    /// Before all others
    High,
    /// Neither
    Normal,
    /// When nothing else waits
    Low,
}

#[derive(Debug, Args)]
pub(crate) struct FleetCommandArgs {
    #[command(subcommand)]
    pub(crate) command: FleetCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FleetCommand {
    /// Make a fleet's table and queues, and note where its files shall be; may be repeated with the
    /// same flags
    Init(FleetInitArgs),
}

#[derive(Debug, Args)]
pub(crate) struct FleetInitArgs {
    #[command(flatten)]
    pub(crate) fleet: NamedFleetArgs,

    /// Where chunk files and results shall lie: s3://bucket or s3://bucket/prefix. The bucket must
    /// be there; it isn't looked at here, and can't be changed later
    #[arg(long, value_name = "s3://…")]
    pub(crate) files: String,

    /// How long a worker's lease on a chunk lives without a renewal, in seconds: a killed worker's
    /// chunks stand still a little longer than that
    #[arg(long, default_value_t = 60.0, value_name = "SECONDS")]
    pub(crate) lease: f64,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    /// The result on stdout, for people or as one JSON object; everything else goes to stderr
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) output: Output,
}

/// What `submit` was told.
#[derive(Debug)]
pub(crate) struct SubmitRequest {
    pub(crate) job: JobRequest,
    pub(crate) fleet: FleetName,
    pub(crate) priority: Priority,
    pub(crate) yes: bool,
}

/// What `fleet init` was told.
#[derive(Debug)]
pub(crate) struct FleetInitRequest {
    pub(crate) fleet: FleetName,
    pub(crate) bucket: BucketName,
    /// Empty, or ending in `/`.
    pub(crate) prefix: String,
    pub(crate) lease: std::time::Duration,
    pub(crate) connection: ConnectionRequest,
    pub(crate) output: Output,
}

pub(super) fn submit(typed: SubmitArgs, environment: &Environment) -> Meant<SubmitRequest> {
    let SubmitArgs { job: typed_job, readers: named, fleet: typed_fleet, priority, yes } = typed;
    let NamedFleetArgs { fleet, fleet_endpoint_url } = typed_fleet;
    let mut job = job(typed_job, environment)?;
    job.readers = readers(named, &job.target)?;
    job.connection.fleet_endpoint = fleet_endpoint_url;
    Ok(SubmitRequest { job, fleet: name(&fleet)?, priority: self::priority(priority), yes })
}

pub(super) fn priority(typed: WhichPriority) -> Priority {
    match typed {
        WhichPriority::High => Priority::High,
        WhichPriority::Normal => Priority::Normal,
        WhichPriority::Low => Priority::Low,
    }
}

pub(super) fn init(typed: FleetInitArgs) -> Meant<FleetInitRequest> {
    let FleetInitArgs { fleet: named, files, lease, connection: typed, output } = typed;
    let NamedFleetArgs { fleet, fleet_endpoint_url } = named;
    if !(SHORTEST_LEASE..=LONGEST_LEASE).contains(&lease) {
        return refuse(format!(
            "--lease must lie between {SHORTEST_LEASE} and {LONGEST_LEASE} seconds"
        ));
    }
    let SourceRequest::Listing { bucket, mut prefix } =
        listing(&files).map_err(|RefusedUsage(why)| RefusedUsage(format!("--files: {why}")))?
    else {
        return refuse("--files must be s3://bucket or s3://bucket/prefix");
    };
    if !prefix.is_empty() && !prefix.ends_with('/') {
        prefix.push('/');
    }
    let mut connection = connection(typed)?;
    connection.fleet_endpoint = fleet_endpoint_url;
    let lease = std::time::Duration::from_secs_f64(lease);
    Ok(FleetInitRequest { fleet: name(&fleet)?, bucket, prefix, lease, connection, output })
}

/// Where the job is that a command names, and how to get there.
pub(super) fn place(
    typed: FleetArgs,
    folder: Option<std::path::PathBuf>,
    connection: &mut ConnectionRequest,
    environment: &Environment,
) -> Meant<Place> {
    let FleetArgs { fleet, fleet_endpoint_url } = typed;
    connection.fleet_endpoint = fleet_endpoint_url;
    match (fleet, folder) {
        (Some(_), Some(_)) => refuse("--fleet contradicts --state: a job is in one of them"),
        (Some(fleet), None) => Ok(Place::Fleet(name(&fleet)?)),
        (None, folder) => Ok(Place::Folder(state_folder(folder, environment)?)),
    }
}

/// The same for commands that need no connection but for a fleet.
pub(super) fn place_alone(
    typed: FleetArgs,
    folder: Option<std::path::PathBuf>,
    typed_connection: ConnectionArgs,
    environment: &Environment,
) -> Meant<(Place, ConnectionRequest)> {
    let mut connection = connection(typed_connection)?;
    if typed.fleet.is_none() && connection != ConnectionRequest::default() {
        return refuse("a state folder needs no connection: its flags are for --fleet here");
    }
    let place = place(typed, folder, &mut connection, environment)?;
    Ok((place, connection))
}

pub(super) fn name(text: &str) -> Meant<FleetName> {
    text.parse().map_err(|error| RefusedUsage(format!("--fleet: {error}")))
}
