//! What was meant: typed, complete, free of contradictions.

use std::net::SocketAddr;
use std::time::Duration;

use reseal_core::ports::Random;
use reseal_core::{AccountId, FleetName, WhichFleet, WorkerId};
use tracing::level_filters::LevelFilter;

use super::args::{Cli, ConnectionArgs};
use crate::process::{Logging, worker_label};
use crate::service::ServiceSettings;
use crate::{Home, LeaseSettings, Settings};

/// As many objects in flight as one process can be asked for.
const MAX_CONCURRENCY: u32 = 10_000;
/// No platform waits longer: SQS hides a message for 12 hours at most.
const MAX_GRACE: Duration = Duration::from_secs(12 * 3_600);
const SECOND: Duration = Duration::from_secs(1);

/// One line that names the flag, says what is wrong and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RefusedUsage(pub String);

/// What the process's environment says, read once in `main`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// What the machine, or the container, calls itself.
    pub hostname: Option<String>,
    /// The process's id.
    pub process_id: u32,
    /// Whether `NO_COLOR` is set and not empty.
    pub no_color: bool,
}

/// How the worker reaches what it works on, and its fleet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// The region; as configured for AWS when absent.
    pub region: Option<String>,
    /// A profile of the AWS configuration files.
    pub profile: Option<String>,
    /// Another endpoint for S3, KMS and STS.
    pub endpoint: Option<String>,
    /// Another endpoint for the fleet's SQS and DynamoDB.
    pub fleet_endpoint: Option<String>,
    /// The account that must own every bucket; the caller's when absent.
    pub bucket_owner: Option<AccountId>,
    /// Whether to say on every request that the caller pays.
    pub request_payer: bool,
    /// Whether an endpoint on another machine may be plain HTTP.
    pub allow_plain_http: bool,
}

/// What the worker was told.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkerRequest {
    /// The fleet.
    pub fleet: WhichFleet,
    /// Objects in flight.
    pub concurrency: u32,
    /// From a stop to the end.
    pub grace: Duration,
    /// End once nothing was held for so long.
    pub drain_after: Option<Duration>,
    /// Where `/alive`, `/healthz` and `/metrics` are answered.
    pub listen: Option<SocketAddr>,
    /// What it is called, before the suffix that tells namesakes apart.
    pub name: String,
    /// How it reaches everything.
    pub connection: Connection,
    /// Whether EMF lines go to stdout.
    pub emf: bool,
}

impl Cli {
    /// How to log, which can be known before the rest is understood.
    #[must_use]
    pub fn logging(&self, environment: &Environment) -> Logging {
        Logging {
            // A service that says nothing while all is well can't be told
            // from one that hangs.
            level: Logging::level(LevelFilter::INFO, self.verbose),
            format: self.log_format,
            color: !environment.no_color,
        }
    }

    /// What was meant.
    ///
    /// # Errors
    /// One line for the user, when it makes no sense.
    pub fn meaning(self, environment: &Environment) -> Result<WorkerRequest, RefusedUsage> {
        let Self {
            fleet,
            stack,
            concurrency,
            grace,
            drain_after,
            listen,
            worker_name,
            connection,
            verbose: _,
            log_format: _,
            no_emf,
        } = self;
        let fleet = which(fleet.as_deref(), stack.as_deref())?;
        if !(1..=MAX_CONCURRENCY).contains(&concurrency) {
            return refuse(format!("--concurrency must lie between 1 and {MAX_CONCURRENCY}"));
        }
        if !(SECOND..=MAX_GRACE).contains(&grace) {
            return refuse("--grace must lie between 1s and 12h");
        }
        if drain_after.is_some_and(|after| after < SECOND) {
            return refuse("--drain-after must be 1s or more: a worker needs time to find work");
        }
        if worker_name.as_deref() == Some("") {
            return refuse("--worker-name must not be empty: leave it out for host and process id");
        }
        Ok(WorkerRequest {
            fleet,
            concurrency,
            grace,
            drain_after,
            listen,
            name: worker_name.unwrap_or_else(|| own_name(environment)),
            connection: meant(connection)?,
            emf: !no_emf,
        })
    }
}

impl WorkerRequest {
    /// The service's settings in this fleet, under a label of its own.
    #[must_use]
    pub fn settings(
        &self,
        name: &FleetName,
        random: &dyn Random,
        home: Home,
        lease: LeaseSettings,
    ) -> ServiceSettings {
        let worker: WorkerId = worker_label(&self.name, random);
        let fleet = Settings::of_a_fleet(worker, self.concurrency, home);
        let engine = Settings { grace: self.grace, lease, ..fleet };
        let drain_after = self.drain_after;
        ServiceSettings { drain_after, ..ServiceSettings::new(name.as_str(), engine) }
    }
}

fn which(fleet: Option<&str>, stack: Option<&str>) -> Result<WhichFleet, RefusedUsage> {
    let refused =
        |flag, error: reseal_core::IdentityError| RefusedUsage(format!("{flag}: {error}"));
    match (fleet, stack) {
        (None, Some(stack)) => {
            Ok(WhichFleet::OfStack(stack.parse().map_err(|error| refused("--stack", error))?))
        }
        (fleet, _) => {
            let fleet = fleet.unwrap_or_default();
            Ok(WhichFleet::Named(fleet.parse().map_err(|error| refused("--fleet", error))?))
        }
    }
}

fn own_name(environment: &Environment) -> String {
    let Environment { hostname, process_id, no_color: _ } = environment;
    let host = hostname.as_deref().map(str::trim).filter(|host| !host.is_empty());
    format!("{}-{process_id}", host.unwrap_or("worker"))
}

fn meant(typed: ConnectionArgs) -> Result<Connection, RefusedUsage> {
    let ConnectionArgs {
        region,
        profile,
        endpoint_url,
        fleet_endpoint_url,
        bucket_owner,
        request_payer,
        allow_plain_http,
    } = typed;
    let owner = bucket_owner.map(|text| text.parse()).transpose();
    Ok(Connection {
        region,
        profile,
        endpoint: endpoint_url,
        fleet_endpoint: fleet_endpoint_url,
        bucket_owner: owner.map_err(|e| RefusedUsage(format!("--bucket-owner: {e}")))?,
        request_payer,
        allow_plain_http,
    })
}

fn refuse<T>(line: impl Into<String>) -> Result<T, RefusedUsage> {
    Err(RefusedUsage(line.into()))
}
