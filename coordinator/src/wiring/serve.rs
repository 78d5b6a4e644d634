//! The adapters of `serve`.

use std::sync::Arc;

use reseal_core::ports::{EventQueue, Inventories, Records};
use reseal_core::{AccountId, FleetName};
use reseal_local::LocalRecords;

use super::{Leases, Machine, find_fleet, init_fleet, reach, services};
use crate::cli::{ReportTo, ServeRequest, Serving};
use crate::cloud::Cloud;
use crate::exit::CommandError;

/// What `serve` reaches.
pub(crate) struct Served {
    pub(crate) cloud: Cloud,
    pub(crate) inventories: Arc<dyn Inventories>,
    pub(crate) events: Arc<dyn EventQueue>,
    pub(crate) records: Arc<dyn Records>,
    /// Whom jobs are handed to.
    pub(crate) fleet: Option<FleetName>,
}

/// Connects, sets the fleet up where that is asked for, and finds it where jobs
/// are handed to one.
///
/// # Errors
/// As `connect`, and refused where there is no such fleet.
pub(crate) async fn connect_to_serve(
    machine: &Machine,
    request: &ServeRequest,
) -> Result<Served, CommandError> {
    let connection = &request.job.connection;
    let (cloud, store) = reach(machine, connection).await?;
    let aws = services(connection).await?;
    if let Some(wanted) = &request.fleet {
        init_fleet(machine, wanted, Leases::OfANewFleet, connection).await?;
    }
    let mut name = None;
    let records: Arc<dyn Records> = match &request.serving {
        Serving::Report { to: ReportTo::Folder(folder) } => {
            Arc::new(LocalRecords::new(folder.clone()))
        }
        Serving::Report { to: ReportTo::S3 { bucket, prefix } } => {
            Arc::new(aws.records(cloud.owner.clone(), bucket.clone(), prefix.clone()))
        }
        Serving::Encrypt { fleet, .. } => {
            let found = find_fleet(fleet, connection).await?;
            name = Some(found.name);
            let config = found.config;
            let owner: AccountId = config.owner;
            Arc::new(aws.records(owner, config.bucket, format!("{}serve/", config.prefix)))
        }
    };
    let events = Arc::new(aws.events(&request.events));
    Ok(Served { cloud, inventories: store, events, records, fleet: name })
}
