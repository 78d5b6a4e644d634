//! Fleets: what the user typed, and what it means.

use clap::{Args, Subcommand, ValueEnum};
use reseal_core::{BucketName, Priority, WhichFleet};

use super::args::{ConnectionArgs, JobArgs, Output};
use super::meaning::{Meant, connection, job, refuse, state_folder};
use super::readers::{ReaderArgs, readers};
use super::request::{ConnectionRequest, Environment, JobRequest, Place, RefusedUsage};
use super::sources::slashed;

/// The shortest lease: below it a slow answer costs a worker its chunk.
const SHORTEST_LEASE: f64 = 1.0;
/// The longest: so long does a dead worker's chunk stand still at least.
const LONGEST_LEASE: f64 = 3_600.0;
/// What suits a fleet whose workers are seldom killed.
const DEFAULT_LEASE: f64 = 60.0;

/// For commands that name a job.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fleet")]
pub(crate) struct FleetArgs {
    /// The job is this fleet's, not the state folder's
    #[arg(long, value_name = "NAME")]
    pub(crate) fleet: Option<String>,

    /// The same by the CloudFormation stack that made the fleet
    #[arg(long, value_name = "NAME", conflicts_with = "fleet")]
    pub(crate) stack: Option<String>,

    /// Another endpoint for the fleet's SQS and DynamoDB, and its stack's CloudFormation [default: as --endpoint-url]
    #[arg(long, value_name = "URL")]
    pub(crate) fleet_endpoint_url: Option<String>,
}

/// For commands that are a fleet's alone.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fleet")]
pub(crate) struct NamedFleetArgs {
    /// The fleet
    #[arg(long, value_name = "NAME", required_unless_present = "stack")]
    pub(crate) fleet: Option<String>,

    /// The fleet that this CloudFormation stack made, instead of its name
    #[arg(long, value_name = "NAME", conflicts_with = "fleet")]
    pub(crate) stack: Option<String>,

    /// Another endpoint for the fleet's SQS and DynamoDB, and its stack's CloudFormation [default: as --endpoint-url]
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
    /// Make what is missing of a fleet's table and queues, and note where its files shall be; may be
    /// repeated with the same flags
    Init(FleetInitArgs),
}

#[derive(Debug, Args)]
pub(crate) struct FleetInitArgs {
    #[command(flatten)]
    pub(crate) fleet: NamedFleetArgs,

    /// Where chunk files and results shall lie: s3://bucket or s3://bucket/prefix. The bucket must
    /// be there; it isn't looked at here, and can't be changed later. A --stack says so itself
    #[arg(
        long,
        value_name = "s3://…",
        required_unless_present = "stack",
        conflicts_with = "stack"
    )]
    pub(crate) files: Option<String>,

    /// How long a worker's lease on a chunk lives without a renewal, in seconds: a killed worker's
    /// chunks stand still a little longer than that
    #[arg(long, default_value_t = DEFAULT_LEASE, value_name = "SECONDS")]
    pub(crate) lease: f64,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    /// The result on stdout, for people or as one JSON object; everything else goes to stderr
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) output: Output,
}

/// A fleet that shall be there.
#[derive(Clone, Debug)]
pub(crate) struct FleetToBe {
    pub(crate) fleet: WhichFleet,
    /// The prefix is empty or ends in `/`. As its stack says where it is absent.
    pub(crate) files: Option<(BucketName, String)>,
    pub(crate) lease: std::time::Duration,
}

impl FleetToBe {
    /// With leases as they are unless somebody asks for others.
    pub(crate) fn with_usual_leases(
        fleet: WhichFleet,
        files: Option<(BucketName, String)>,
    ) -> Self {
        Self { fleet, files, lease: std::time::Duration::from_secs_f64(DEFAULT_LEASE) }
    }
}

/// What `submit` was told.
#[derive(Debug)]
pub(crate) struct SubmitRequest {
    pub(crate) job: JobRequest,
    pub(crate) fleet: WhichFleet,
    pub(crate) priority: Priority,
    pub(crate) yes: bool,
}

/// What `fleet init` was told.
#[derive(Debug)]
pub(crate) struct FleetInitRequest {
    pub(crate) plan: FleetToBe,
    pub(crate) connection: ConnectionRequest,
    pub(crate) output: Output,
}

pub(super) fn submit(typed: SubmitArgs, environment: &Environment) -> Meant<SubmitRequest> {
    let SubmitArgs { job: typed_job, readers: named, fleet: typed_fleet, priority, yes } = typed;
    let NamedFleetArgs { fleet, stack, fleet_endpoint_url } = typed_fleet;
    let mut job = job(typed_job, environment)?;
    job.readers = readers(named, &job.target)?;
    job.connection.fleet_endpoint = fleet_endpoint_url;
    let fleet = one_of(fleet, stack)?;
    Ok(SubmitRequest { job, fleet, priority: self::priority(priority), yes })
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
    let NamedFleetArgs { fleet, stack, fleet_endpoint_url } = named;
    if !(SHORTEST_LEASE..=LONGEST_LEASE).contains(&lease) {
        return refuse(format!(
            "--lease must lie between {SHORTEST_LEASE} and {LONGEST_LEASE} seconds"
        ));
    }
    let mut connection = connection(typed)?;
    connection.fleet_endpoint = fleet_endpoint_url;
    let lease = std::time::Duration::from_secs_f64(lease);
    let files = files.map(|files| slashed("--files", &files)).transpose()?;
    let plan = FleetToBe { fleet: one_of(fleet, stack)?, files, lease };
    Ok(FleetInitRequest { plan, connection, output })
}

/// Where the job is that a command names, and how to get there.
pub(super) fn place(
    typed: FleetArgs,
    folder: Option<std::path::PathBuf>,
    connection: &mut ConnectionRequest,
    environment: &Environment,
) -> Meant<Place> {
    let FleetArgs { fleet, stack, fleet_endpoint_url } = typed;
    let flag = if stack.is_some() { "--stack" } else { "--fleet" };
    let which = which(fleet, stack)?;
    if which.is_none() && fleet_endpoint_url.is_some() {
        return refuse("--fleet-endpoint-url needs --fleet or --stack");
    }
    connection.fleet_endpoint = fleet_endpoint_url;
    match (which, folder) {
        (Some(_), Some(_)) => {
            refuse(format!("{flag} contradicts --state: a job is in one of them"))
        }
        (Some(which), None) => Ok(Place::Fleet(which)),
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
    if !typed.is_some() && connection != ConnectionRequest::default() {
        return refuse("a state folder needs no connection: its flags are for --fleet here");
    }
    let place = place(typed, folder, &mut connection, environment)?;
    Ok((place, connection))
}

impl FleetArgs {
    /// Whether the job is a fleet's.
    pub(super) fn is_some(&self) -> bool {
        self.fleet.is_some() || self.stack.is_some()
    }
}

/// The fleet, where one is named.
pub(super) fn which(fleet: Option<String>, stack: Option<String>) -> Meant<Option<WhichFleet>> {
    let refused =
        |flag, error: reseal_core::IdentityError| RefusedUsage(format!("{flag}: {error}"));
    Ok(match (fleet, stack) {
        (Some(fleet), _) => {
            Some(WhichFleet::Named(fleet.parse().map_err(|error| refused("--fleet", error))?))
        }
        (None, Some(stack)) => {
            Some(WhichFleet::OfStack(stack.parse().map_err(|error| refused("--stack", error))?))
        }
        (None, None) => None,
    })
}

fn one_of(fleet: Option<String>, stack: Option<String>) -> Meant<WhichFleet> {
    which(fleet, stack)?.ok_or_else(|| RefusedUsage("--fleet or --stack is needed".to_owned()))
}
