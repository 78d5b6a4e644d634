//! The adapters of `serve`.

use std::sync::Arc;

use reseal_core::AccountId;
use reseal_core::ports::{EventQueue, Inventories, Records};
use reseal_local::LocalRecords;

use super::{Machine, find_fleet, reach, services};
use crate::cli::{ReportTo, ServeRequest, Serving};
use crate::cloud::Cloud;
use crate::exit::CommandError;

/// What `serve` reaches.
pub(crate) struct Served {
    pub(crate) cloud: Cloud,
    pub(crate) inventories: Arc<dyn Inventories>,
    pub(crate) events: Arc<dyn EventQueue>,
    pub(crate) records: Arc<dyn Records>,
}

/// Connects, and finds the fleet where there is to be one.
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
    let records: Arc<dyn Records> = match &request.serving {
        Serving::Report { to: ReportTo::Folder(folder) } => {
            Arc::new(LocalRecords::new(folder.clone()))
        }
        Serving::Report { to: ReportTo::S3 { bucket, prefix } } => {
            Arc::new(aws.records(cloud.owner.clone(), bucket.clone(), prefix.clone()))
        }
        Serving::Encrypt { fleet, .. } => {
            let config = find_fleet(fleet, connection).await?.config;
            let owner: AccountId = config.owner;
            Arc::new(aws.records(owner, config.bucket, format!("{}serve/", config.prefix)))
        }
    };
    let events = Arc::new(aws.events(&request.events));
    Ok(Served { cloud, inventories: store, events, records })
}
