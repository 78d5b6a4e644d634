//! The only place of this binary that names adapters: which implementation
//! stands behind which port.

use std::sync::Arc;

use reseal_aws::{Aws, ConnectError, Credentials, Fleet, FleetError};
use reseal_core::ports::{Budgets, Clock, Identity as _, Random, Roster, Stacks as _};
use reseal_core::{FleetName, FleetStack, StackError, WhichFleet};
use reseal_worker::cli::{Connection, WorkerRequest};
use reseal_worker::retry::read;
use reseal_worker::steward::StewardPorts;
use reseal_worker::{Home, LeaseSettings, Ports};

/// Everything that a worker works with.
pub(crate) struct Wired {
    pub(crate) fleet: FleetName,
    pub(crate) ports: Ports,
    pub(crate) steward: StewardPorts,
    pub(crate) roster: Arc<dyn Roster>,
    pub(crate) home: Home,
    pub(crate) lease: LeaseSettings,
}

/// Why a worker can't begin: one line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    #[error("--region, --endpoint-url or --fleet-endpoint-url: {0}")]
    Connect(#[from] ConnectError),
    #[error("--fleet: {0}")]
    Fleet(#[from] FleetError),
    #[error("--stack: {0}")]
    Stack(#[from] StackError),
    #[error("--stack: asking CloudFormation: {0}")]
    Formation(reseal_core::StoreError),
    #[error("asking whose credentials these are: {0}")]
    Identity(reseal_core::StoreError),
}

/// Connects, asks whose credentials these are, and finds the fleet.
///
/// # Errors
/// When one of them can't be had.
pub(crate) async fn wire(
    request: &WorkerRequest,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Wired, WireError> {
    let aws = reseal_aws::connect(&settings(&request.connection)).await?;
    let identity = aws.identity();
    let asked = read(clock.as_ref(), random.as_ref(), || identity.account());
    let account = asked.await.map_err(WireError::Identity)?;
    let owner = request.connection.bucket_owner.clone().unwrap_or(account);
    let fleet = named(&aws, &request.fleet, clock.as_ref(), random.as_ref()).await?;
    let Fleet { name: fleet, config, ledger, queue, files } = aws.fleet().find(&fleet).await?;
    let home = Home {
        region: aws.region().to_owned(),
        endpoint: aws.s3_endpoint().map(str::to_owned),
        owner: owner.clone(),
    };
    let (ledger, files) = (Arc::new(ledger), Arc::new(files));
    let budgets: Arc<dyn Budgets> = ledger.clone();
    let ports = Ports {
        stores: Arc::new(aws.stores(owner)),
        keys: Arc::new(aws.keys()),
        queue: Arc::new(queue.clone()),
        ledger: ledger.clone(),
        budgets: Some(Arc::clone(&budgets)),
        chunks: files.clone(),
        report: files,
        clock,
        random,
    };
    let queue_of = Arc::new(move |priority| Arc::new(queue.of(priority)) as _);
    let steward = StewardPorts { roster: ledger.clone(), budgets, queue_of };
    let lease = LeaseSettings::living(config.lease_ttl());
    Ok(Wired { fleet, ports, steward, roster: ledger, home, lease })
}

/// The fleet's own name.
async fn named(
    aws: &Aws,
    fleet: &WhichFleet,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<FleetName, WireError> {
    let stack = match fleet {
        WhichFleet::Named(name) => return Ok(name.clone()),
        WhichFleet::OfStack(stack) => stack,
    };
    let stacks = aws.stacks();
    let told = read(clock, random, || stacks.stack(stack.as_str())).await;
    let told = told.map_err(WireError::Formation)?;
    Ok(FleetStack::standing(stack, told.as_ref())?.fleet)
}

fn settings(connection: &Connection) -> reseal_aws::Settings {
    let Connection {
        region,
        profile,
        endpoint,
        fleet_endpoint,
        bucket_owner: _,
        request_payer,
        allow_plain_http,
    } = connection.clone();
    reseal_aws::Settings {
        region,
        profile,
        endpoint_url: endpoint,
        fleet_endpoint_url: fleet_endpoint,
        allow_plain_http,
        request_payer,
        credentials: Credentials::Chain,
    }
}
