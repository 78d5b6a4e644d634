//! The only place that names adapters: which implementation stands behind
//! which port.
//!
//! Owns: that choice. Never: a decision about objects or jobs.
//! Next: `view` for commands beside the work, `fleet` for a fleet's adapters.

mod fleet;
mod serve;
mod stack;
mod view;

use std::path::Path;
use std::sync::Arc;

use reseal_aws::{Aws, ConnectError, Credentials, S3Store};
use reseal_core::AccountId;
use reseal_core::ports::{Clock, Deposits, Inventories, Purger, Random, Safeguards, Stacks};
use reseal_local::{LocalPorts, OpenError, StateDir};
use reseal_worker::process::{SystemClock, SystemRandom};
use reseal_worker::{PaceSettings, Ports, Settings};

use crate::cli::{ConnectionRequest, Limits};
use crate::cloud::{Caller, Cloud};
use crate::exit::CommandError;
use crate::preflight;
use crate::retry::Patience;
use crate::run::OwnQueue;

pub(crate) use fleet::{Leases, find_fleet, fleet_ports, init_fleet, ledger_of};
pub(crate) use reseal_aws::Fleet;
pub(crate) use serve::{Served, connect_to_serve};
pub(crate) use stack::{look as look_at_stack, stack_error};
pub(crate) use view::{View, beside, look_at};

/// Time and randomness of this machine.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self { clock: Arc::new(SystemClock::new()), random: Arc::new(SystemRandom) }
    }

    pub(crate) fn patience(&self) -> Patience<'_> {
        Patience { clock: self.clock.as_ref(), random: self.random.as_ref() }
    }
}

/// Connects, asks whose credentials these are, and settles who must own the
/// buckets.
///
/// # Errors
/// Refused when the configuration or the credentials can't be used.
pub(crate) async fn connect(
    machine: &Machine,
    request: &ConnectionRequest,
) -> Result<Cloud, CommandError> {
    reach(machine, request).await.map(|(cloud, _)| cloud)
}

/// The same with the port that deletes, which `purge` alone gets.
///
/// # Errors
/// As [`connect`].
pub(crate) async fn connect_to_purge(
    machine: &Machine,
    request: &ConnectionRequest,
) -> Result<(Cloud, Arc<dyn Purger>), CommandError> {
    let (cloud, store) = reach(machine, request).await?;
    Ok((cloud, store))
}

/// The same with the port that changes buckets' policies and encryption rules.
///
/// # Errors
/// As [`connect`].
pub(crate) async fn connect_to_safeguards(
    machine: &Machine,
    request: &ConnectionRequest,
) -> Result<(Cloud, Arc<dyn Safeguards>), CommandError> {
    let (cloud, store) = reach(machine, request).await?;
    Ok((cloud, store))
}

/// The same with the port that sets up inventory reports as well.
///
/// # Errors
/// As [`connect`].
pub(crate) async fn connect_to_inventories(
    machine: &Machine,
    request: &ConnectionRequest,
) -> Result<(Cloud, Arc<dyn Safeguards>, Arc<dyn Inventories>), CommandError> {
    let (cloud, store) = reach(machine, request).await?;
    Ok((cloud, store.clone(), store))
}

/// The same with the ports that call reports off and delete stacks, the last of
/// which `teardown` alone gets.
///
/// # Errors
/// As [`connect`].
pub(crate) async fn connect_to_teardown(
    machine: &Machine,
    request: &ConnectionRequest,
) -> Result<(Cloud, Arc<dyn Inventories>, Arc<dyn Stacks>), CommandError> {
    let (cloud, store) = reach(machine, request).await?;
    let stacks = services(request).await?.stacks();
    Ok((cloud, store, Arc::new(stacks)))
}

/// The same with the port that writes objects of reseal's own.
///
/// # Errors
/// As [`connect`].
pub(crate) async fn connect_to_deposit(
    machine: &Machine,
    request: &ConnectionRequest,
) -> Result<(Cloud, Arc<dyn Deposits>), CommandError> {
    let (cloud, store) = reach(machine, request).await?;
    Ok((cloud, store))
}

/// The clients, before anything is asked.
async fn services(request: &ConnectionRequest) -> Result<Aws, CommandError> {
    let credentials =
        if request.sandbox_credentials { Credentials::Testing } else { Credentials::Chain };
    let settings = reseal_aws::Settings {
        region: request.region.clone(),
        profile: request.profile.clone(),
        endpoint_url: request.endpoint.clone(),
        fleet_endpoint_url: request.fleet_endpoint.clone(),
        allow_plain_http: request.allow_plain_http,
        request_payer: request.request_payer,
        credentials,
    };
    reseal_aws::connect(&settings).await.map_err(|error| connect_error(&error))
}

async fn reach(
    machine: &Machine,
    request: &ConnectionRequest,
) -> Result<(Cloud, Arc<S3Store>), CommandError> {
    let aws = services(request).await?;
    let caller = Caller {
        identity: Arc::new(aws.identity()),
        region: aws.region().to_owned(),
        endpoint: aws.s3_endpoint().map(str::to_owned),
    };
    let owner = owner(machine, &caller, request.bucket_owner.clone()).await?;
    let stores = aws.stores(owner.clone());
    let store = Arc::new(stores.with(&request.roles).await);
    let cloud = Cloud {
        owner,
        accounts: request.roles.clone(),
        region: caller.region,
        endpoint: caller.endpoint,
        store: store.clone(),
        stores: Arc::new(stores),
        keys: Arc::new(aws.keys()),
        key_policies: Arc::new(aws.keys()),
        inspector: store.clone(),
        neighbours: store.clone(),
        lister: store.clone(),
        scratch: store.clone(),
        scratch_uploads: store.clone(),
        roles: Arc::new(aws.roles(S3Store::clone(&store))),
        blobs: store.clone(),
        own_buckets: store.clone(),
        clock: Arc::clone(&machine.clock),
        random: Arc::clone(&machine.random),
    };
    Ok((cloud, store))
}

fn connect_error(error: &ConnectError) -> CommandError {
    CommandError::refused(match error {
        ConnectError::NoRegion => format!("--region: {error}"),
        ConnectError::Endpoint(_) => {
            format!("--endpoint-url or --fleet-endpoint-url (or --allow-plain-http): {error}")
        }
    })
}

/// The account that the user named, or the caller's. STS is asked either way:
/// credentials that don't work shall be noticed here.
async fn owner(
    machine: &Machine,
    caller: &Caller,
    named: Option<AccountId>,
) -> Result<AccountId, CommandError> {
    let account = preflight::caller(caller.identity.as_ref(), machine.patience()).await?;
    Ok(named.unwrap_or(account))
}

/// The lock of a state folder.
///
/// # Errors
/// Refused when another process has it, naming that process.
pub(crate) fn lock(machine: &Machine, folder: &Path, what: &str) -> Result<StateDir, CommandError> {
    StateDir::open(folder, machine.clock.now(), what).map_err(|error| open_error(&error))
}

/// Everything that the engine needs, with the queue narrowed to one job at a
/// time by [`own_queue`].
///
/// # Errors
/// When the folder can't be used.
pub(crate) fn engine_ports(
    machine: &Machine,
    cloud: &Cloud,
    state: StateDir,
) -> Result<Ports, CommandError> {
    let LocalPorts { ledger, queue, chunks, report, recovered } =
        state.work(Arc::clone(&machine.clock)).map_err(|error| open_error(&error))?;
    if recovered.chunks > 0 {
        tracing::info!(chunks = recovered.chunks, "took back what a killed process held");
    }
    Ok(Ports {
        stores: Arc::clone(&cloud.stores),
        keys: Arc::clone(&cloud.keys),
        queue: Arc::new(queue),
        ledger: Arc::new(ledger),
        budgets: None,
        chunks: Arc::new(chunks),
        report: Arc::new(report),
        clock: Arc::clone(&machine.clock),
        random: Arc::clone(&machine.random),
    })
}

/// The same ports with a queue that delivers this job's messages only.
pub(crate) fn own_queue(ports: &Ports, job: &reseal_core::JobId) -> Ports {
    let queue = Arc::new(OwnQueue::new(Arc::clone(&ports.queue), job.clone()));
    Ports { queue, ..ports.clone() }
}

/// The engine's settings for these limits.
pub(crate) fn engine_settings(limits: &Limits) -> Settings {
    let worker = reseal_core::WorkerId::new(format!("run-{}", std::process::id()));
    let mut settings = Settings::new(worker, limits.concurrency);
    settings.pace = PaceSettings {
        objects_per_second: limits.rate,
        writes_per_prefix: limits.rate_per_prefix,
        kms_per_second: limits.kms_rate,
        ..PaceSettings::default()
    };
    settings
}

fn open_error(error: &OpenError) -> CommandError {
    let advice = match error {
        OpenError::Taken { .. } => "wait for it, or name another folder with --state",
        OpenError::Missing { .. } => "name the folder of the run with --state",
        OpenError::Newer { .. } | OpenError::Folder { .. } | OpenError::Database { .. } => {
            "see --state"
        }
    };
    CommandError::refused(format!("{error}; {advice}"))
}
