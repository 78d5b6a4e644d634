//! A fleet's adapters behind the ports of the coordinator.

use std::sync::Arc;

use reseal_aws::{Fleet, FleetError, FleetPlan};
use reseal_core::ports::Budgets;
use reseal_core::{AccountId, FleetName, Priority};
use reseal_worker::Ports;

use super::{Machine, owner, services};
use crate::cli::{ConnectionRequest, FleetInitRequest};
use crate::cloud::{Caller, Cloud};
use crate::exit::CommandError;

/// The fleet of this name.
///
/// # Errors
/// Refused when there is none.
pub(crate) async fn find_fleet(
    name: &FleetName,
    connection: &ConnectionRequest,
) -> Result<Fleet, CommandError> {
    let aws = services(connection).await?;
    aws.fleet().find(name).await.map_err(|error| fleet_error(&error))
}

/// Sets a fleet up, or finds it as it was set up.
///
/// # Errors
/// Refused when it is there and otherwise, or a service refuses.
pub(crate) async fn init_fleet(
    machine: &Machine,
    request: &FleetInitRequest,
) -> Result<(Fleet, AccountId), CommandError> {
    let FleetInitRequest { fleet, bucket, prefix, lease, connection, output: _ } = request;
    let aws = services(connection).await?;
    let caller = Caller {
        identity: Arc::new(aws.identity()),
        region: aws.region().to_owned(),
        endpoint: aws.s3_endpoint().map(str::to_owned),
    };
    let owner = owner(machine, &caller, connection.bucket_owner.clone()).await?;
    let plan = FleetPlan {
        bucket: bucket.clone(),
        prefix: prefix.clone(),
        owner: owner.clone(),
        lease_ttl: *lease,
    };
    let made = aws.fleet().init(fleet, &plan, machine.clock.as_ref()).await;
    Ok((made.map_err(|error| fleet_error(&error))?, owner))
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
        store: Arc::clone(&cloud.store),
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

fn fleet_error(error: &FleetError) -> CommandError {
    match error {
        FleetError::Missing(name) => CommandError::refused(format!(
            "--fleet: {error}; `reseal fleet init --fleet {name} --files s3://…` makes one"
        )),
        FleetError::Otherwise { .. } => CommandError::refused(format!("--fleet: {error}")),
        FleetError::Refused { .. } => CommandError::Failed(anyhow::anyhow!("{error}")),
    }
}
