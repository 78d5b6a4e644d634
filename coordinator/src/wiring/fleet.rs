//! A fleet's adapters behind the ports of the coordinator.

use std::sync::Arc;

use reseal_aws::{Fleet, FleetError, FleetPlan};
use reseal_core::ports::{Budgets, Ledger};
use reseal_core::{AccountId, FleetName, Priority, WhichFleet};
use reseal_worker::Ports;

use super::stack::{fleet_name, fleet_stack};
use super::{Machine, owner, services};
use crate::cli::{ConnectionRequest, FleetToBe};
use crate::cloud::{Caller, Cloud};
use crate::exit::CommandError;

/// The fleet.
///
/// # Errors
/// Refused when there is none, or no stack that made it.
pub(crate) async fn find_fleet(
    which: &WhichFleet,
    connection: &ConnectionRequest,
) -> Result<Fleet, CommandError> {
    let aws = services(connection).await?;
    let name = fleet_name(&aws, which).await?;
    aws.fleet().find(&name).await.map_err(|error| fleet_error(which, &error))
}

/// The fleet's ledger; `None` where it never was set up.
///
/// # Errors
/// When that can't be told.
pub(crate) async fn ledger_of(
    name: &FleetName,
    connection: &ConnectionRequest,
) -> Result<Option<Arc<dyn Ledger>>, CommandError> {
    match services(connection).await?.fleet().find(name).await {
        Ok(fleet) => Ok(Some(Arc::new(fleet.ledger))),
        Err(FleetError::Missing(_)) => Ok(None),
        Err(error) => Err(fleet_error(&WhichFleet::Named(name.clone()), &error)),
    }
}

/// Whether a fleet that is there must have these leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leases {
    /// Somebody asked for them.
    Wanted,
    /// They are a new fleet's.
    OfANewFleet,
}

/// Sets a fleet up, or finds it as it was set up.
///
/// # Errors
/// Refused when it is there and otherwise, or a service refuses.
pub(crate) async fn init_fleet(
    machine: &Machine,
    wanted: &FleetToBe,
    leases: Leases,
    connection: &ConnectionRequest,
) -> Result<Fleet, CommandError> {
    let FleetToBe { fleet, files, lease } = wanted;
    let aws = services(connection).await?;
    let (name, (bucket, prefix)) = match (fleet, files) {
        (WhichFleet::Named(name), Some(files)) => (name.clone(), files.clone()),
        (WhichFleet::OfStack(stack), None) => {
            let told = fleet_stack(&aws, stack).await?;
            let folder = told.files.folder.map(|folder| format!("{folder}/"));
            (told.fleet, (told.files.bucket, folder.unwrap_or_default()))
        }
        (WhichFleet::Named(_), None) => {
            return Err(CommandError::refused(
                "a fleet that isn't a --stack's needs its files named",
            ));
        }
        (WhichFleet::OfStack(_), Some(_)) => {
            return Err(CommandError::refused("--stack says itself where the fleet's files lie"));
        }
    };
    let caller = Caller {
        identity: Arc::new(aws.identity()),
        region: aws.region().to_owned(),
        endpoint: aws.s3_endpoint().map(str::to_owned),
    };
    let owner: AccountId = owner(machine, &caller, connection.bucket_owner.clone()).await?;
    let plan = FleetPlan { bucket, prefix, owner, lease_ttl: *lease };
    let (clients, clock) = (aws.fleet(), machine.clock.as_ref());
    let made = match leases {
        Leases::Wanted => clients.init(&name, &plan, clock).await,
        Leases::OfANewFleet => clients.find_or_init(&name, &plan, clock).await,
    };
    made.map_err(|error| fleet_error(fleet, &error))
}

/// Everything that handing a job out needs: the engine's ports, of which no
/// engine runs here, and the fleet's limits.
pub(crate) fn fleet_ports(
    machine: &Machine,
    cloud: &Cloud,
    fleet: &Fleet,
    priority: Priority,
) -> (Ports, Arc<dyn Budgets>) {
    let ports = Ports {
        stores: Arc::clone(&cloud.stores),
        keys: Arc::clone(&cloud.keys),
        queue: Arc::new(fleet.queue.of(priority)),
        budgets: Some(Arc::new(fleet.ledger.clone())),
        ledger: Arc::new(fleet.ledger.clone()),
        chunks: Arc::new(fleet.files.clone()),
        report: Arc::new(fleet.files.clone()),
        clock: Arc::clone(&machine.clock),
        random: Arc::clone(&machine.random),
    };
    (ports, Arc::new(fleet.ledger.clone()))
}

fn fleet_error(which: &WhichFleet, error: &FleetError) -> CommandError {
    let flag = match which {
        WhichFleet::Named(_) => "--fleet",
        WhichFleet::OfStack(_) => "--stack",
    };
    match (error, which) {
        (FleetError::Missing(name), WhichFleet::Named(_)) => CommandError::refused(format!(
            "--fleet: {error}; `reseal fleet init --fleet {name} --files s3://…` makes one"
        )),
        (FleetError::Missing(_), WhichFleet::OfStack(stack)) => CommandError::refused(format!(
            "--stack: {error}; `reseal fleet init --stack {stack}` sets it up"
        )),
        (FleetError::Otherwise { .. }, _) => CommandError::refused(format!("{flag}: {error}")),
        (FleetError::Refused { .. }, _) => CommandError::Failed(anyhow::anyhow!("{error}")),
    }
}
