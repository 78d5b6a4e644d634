//! Making a fleet's table and queues, and finding them again.

use std::time::Duration;

use reseal_core::ports::{Clock, LedgerError};
use reseal_core::{AccountId, BucketName, FleetName};

use super::config::FleetConfig;
use super::item::{packed, text};
use super::table::Key;
use super::{Fleet, FleetClients};

/// Why there is no fleet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FleetError {
    /// No table of that name, or none that was set up.
    #[error("there is no fleet '{0}' in this account and region")]
    Missing(String),
    /// Set up otherwise.
    #[error("fleet '{name}' has {what}; it can't be changed while the fleet is there")]
    Otherwise {
        /// The fleet.
        name: String,
        /// What it is set up with.
        what: String,
    },
    /// A service refused, or is out of reach.
    #[error("{what}: {message}")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// What was answered.
        message: String,
    },
}

/// What a fleet shall be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetPlan {
    /// The bucket of chunk files and results, which must be there.
    pub bucket: BucketName,
    /// What their keys begin with; empty, or ending in `/`.
    pub prefix: String,
    /// The account that must own the bucket.
    pub owner: AccountId,
    /// How long a lease lives without a renewal.
    pub lease_ttl: Duration,
}

impl FleetClients {
    /// The fleet of this name.
    ///
    /// # Errors
    /// [`FleetError::Missing`] where there is none.
    pub async fn find(&self, name: &FleetName) -> Result<Fleet, FleetError> {
        match self.config(name).await? {
            Some(config) => Ok(self.fleet(name, config)),
            None => Err(FleetError::Missing(name.to_string())),
        }
    }

    /// Makes whatever isn't there of a fleet: the table, the queues, and the
    /// item that says where they are. What is there, such as a stack's, is only
    /// looked at. May be repeated.
    ///
    /// # Errors
    /// [`FleetError::Otherwise`] when it is there with another bucket or lease.
    pub async fn init(
        &self,
        name: &FleetName,
        plan: &FleetPlan,
        clock: &dyn Clock,
    ) -> Result<Fleet, FleetError> {
        self.make_table(name, clock).await?;
        let config = match self.config(name).await? {
            Some(config) => {
                same(name, plan, &config)?;
                // Whichever somebody deleted: SQS gives the same URL again.
                self.make_queues(name).await?;
                config
            }
            None => self.write_config(name, plan).await?,
        };
        same(name, plan, &config)?;
        Ok(self.fleet(name, config))
    }

    /// The fleet of this name, or a new one by this plan. One that is there
    /// keeps its leases, whatever the plan says of them.
    ///
    /// # Errors
    /// [`FleetError::Otherwise`] when it is there with its files elsewhere.
    pub async fn find_or_init(
        &self,
        name: &FleetName,
        plan: &FleetPlan,
        clock: &dyn Clock,
    ) -> Result<Fleet, FleetError> {
        match self.config(name).await? {
            Some(config) => {
                let plan = FleetPlan { lease_ttl: config.lease_ttl(), ..plan.clone() };
                same(name, &plan, &config)?;
                Ok(self.fleet(name, config))
            }
            None => self.init(name, plan, clock).await,
        }
    }

    async fn config(&self, name: &FleetName) -> Result<Option<FleetConfig>, FleetError> {
        match self.table(name).get(config_key()).await {
            Ok(Some(item)) => item.unpacked("config").map(Some).map_err(in_table),
            Ok(None) => Ok(None),
            // Whoever may not ask for the table either shall hear of the first.
            Err(error) => match self.has_table(name).await {
                Ok(false) => Ok(None),
                Ok(true) | Err(_) => Err(in_table(error)),
            },
        }
    }

    /// The first writer wins: two that set up one fleet agree.
    async fn write_config(
        &self,
        name: &FleetName,
        plan: &FleetPlan,
    ) -> Result<FleetConfig, FleetError> {
        let FleetPlan { bucket, prefix, owner, lease_ttl } = plan.clone();
        let queues = self.make_queues(name).await?;
        let lease_ttl_ms = u64::try_from(lease_ttl.as_millis()).unwrap_or(u64::MAX);
        let config = FleetConfig { queues, bucket, prefix, owner, lease_ttl_ms };
        let item = vec![("config", packed(&config).map_err(in_table)?), ("about", text("reseal"))];
        match self.table(name).put_new(config_key(), item).await.map_err(in_table)? {
            None => Ok(config),
            Some(first) => first.unpacked("config").map_err(in_table),
        }
    }
}

fn config_key() -> Key {
    Key::new("fleet", "config")
}

/// A fleet that is there must be the one that was asked for.
fn same(name: &FleetName, plan: &FleetPlan, config: &FleetConfig) -> Result<(), FleetError> {
    let FleetPlan { bucket, prefix, owner, lease_ttl } = plan;
    let what = if (bucket, prefix) != (&config.bucket, &config.prefix) {
        format!("its files at s3://{}/{}", config.bucket, config.prefix)
    } else if *owner != config.owner {
        format!("a bucket of account {}", config.owner)
    } else if *lease_ttl != config.lease_ttl() {
        format!("leases of {} s", config.lease_ttl().as_secs_f64())
    } else {
        return Ok(());
    };
    Err(FleetError::Otherwise { name: name.to_string(), what })
}

fn in_table(error: LedgerError) -> FleetError {
    FleetError::Refused { what: "the fleet's table", message: error.message }
}
