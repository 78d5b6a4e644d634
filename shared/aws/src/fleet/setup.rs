//! Making a fleet's table and queues, and finding them again.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, LocalSecondaryIndex, Projection,
    ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};
use aws_sdk_sqs::operation::create_queue::CreateQueueError;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use reseal_core::ports::{Clock, LedgerError};
use reseal_core::{AccountId, BucketName, FleetName};

use super::config::{FleetConfig, QueueUrls};
use super::item::{packed, text};
use super::table::{Key, PARTITION, SORT};
use super::{Fleet, FleetClients};
use crate::failure::answered;
use crate::fleet::ledger::{LEASED, OPEN};

/// How long a message waits before SQS forgets it: its longest, 14 days.
const RETENTION: Duration = Duration::from_secs(14 * 24 * 3600);
/// After so many receives a message goes to the dead-letter queue. High: SQS
/// counts receives of chunks that were given back through nobody's fault, too;
/// attempts that count are in the ledger.
const MAX_RECEIVES: u32 = 1_000;
/// How often a table that is being made is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long to wait for it: usually it takes some seconds.
const LOOKS: u32 = 180;

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
    /// item that says where they are. May be repeated.
    ///
    /// # Errors
    /// [`FleetError::Otherwise`] when it is there with another bucket or lease.
    pub async fn init(
        &self,
        name: &FleetName,
        plan: &FleetPlan,
        clock: &dyn Clock,
    ) -> Result<Fleet, FleetError> {
        if !self.has_table(name).await? {
            self.create_table(name).await?;
        }
        self.wait_for_table(name, clock).await?;
        self.expire_roster(name).await?;
        let config = match self.config(name).await? {
            Some(config) => {
                same(name, plan, &config)?;
                // Whichever somebody deleted: SQS gives the same URL again.
                self.create_queues(name).await?;
                config
            }
            None => self.write_config(name, plan).await?,
        };
        same(name, plan, &config)?;
        Ok(self.fleet(name, config))
    }

    async fn config(&self, name: &FleetName) -> Result<Option<FleetConfig>, FleetError> {
        match self.table(name).get(config_key()).await {
            Ok(Some(item)) => item.unpacked("config").map(Some).map_err(in_table),
            Ok(None) => Ok(None),
            Err(_) if !self.has_table(name).await? => Ok(None),
            Err(error) => Err(in_table(error)),
        }
    }

    /// The first writer wins: two that set up one fleet agree.
    async fn write_config(
        &self,
        name: &FleetName,
        plan: &FleetPlan,
    ) -> Result<FleetConfig, FleetError> {
        let FleetPlan { bucket, prefix, owner, lease_ttl } = plan.clone();
        let queues = self.create_queues(name).await?;
        let lease_ttl_ms = u64::try_from(lease_ttl.as_millis()).unwrap_or(u64::MAX);
        let config = FleetConfig { queues, bucket, prefix, owner, lease_ttl_ms };
        let item = vec![("config", packed(&config).map_err(in_table)?), ("about", text("reseal"))];
        match self.table(name).put_new(config_key(), item).await.map_err(in_table)? {
            None => Ok(config),
            Some(first) => first.unpacked("config").map_err(in_table),
        }
    }

    async fn has_table(&self, name: &FleetName) -> Result<bool, FleetError> {
        let call = self.dynamodb.describe_table().table_name(name.as_str());
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(refused("looking for the table", &error)),
        }
    }

    async fn create_table(&self, name: &FleetName) -> Result<(), FleetError> {
        let texts = [PARTITION, SORT, OPEN, LEASED];
        let made = (|| {
            let attribute = |name: &str| {
                let kind = ScalarAttributeType::S;
                AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build()
            };
            let attributes = texts.iter().map(|name| attribute(name)).collect::<Result<_, _>>()?;
            let keys = Some(key_schema(SORT)?);
            let indexes = [OPEN, LEASED].map(sparse_index).into_iter().collect::<Result<_, _>>()?;
            Ok::<_, aws_smithy_types::error::operation::BuildError>((attributes, keys, indexes))
        })();
        let what = "creating the table";
        let (attributes, keys, indexes): (Vec<_>, _, Vec<_>) =
            made.map_err(|error| FleetError::Refused { what, message: error.to_string() })?;
        let call = self
            .dynamodb
            .create_table()
            .table_name(name.as_str())
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(attributes))
            .set_key_schema(keys)
            .set_local_secondary_indexes(Some(indexes));
        match call.send().await {
            Ok(_) => Ok(()),
            // Somebody is setting it up at this moment.
            Err(error)
                if matches!(
                    error.as_service_error(),
                    Some(CreateTableError::ResourceInUseException(_))
                ) =>
            {
                Ok(())
            }
            Err(error) => Err(refused(what, &error)),
        }
    }

    async fn wait_for_table(&self, name: &FleetName, clock: &dyn Clock) -> Result<(), FleetError> {
        let what = "waiting for the table";
        for _ in 0..LOOKS {
            let call = self.dynamodb.describe_table().table_name(name.as_str());
            let status = match call.send().await {
                Ok(answer) => answer.table.and_then(|table| table.table_status),
                // A new table isn't known everywhere at once.
                Err(error) if is_missing(&error) => None,
                Err(error) => return Err(refused(what, &error)),
            };
            if status == Some(TableStatus::Active) {
                return Ok(());
            }
            clock.sleep(LOOK_EVERY).await;
        }
        Err(FleetError::Refused { what, message: "it isn't active".to_owned() })
    }

    /// Only what is for people vanishes by itself: workers' signs of life.
    async fn expire_roster(&self, name: &FleetName) -> Result<(), FleetError> {
        let what = "setting the table's time to live";
        let rule = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires");
        let rule = rule
            .build()
            .map_err(|error| FleetError::Refused { what, message: error.to_string() })?;
        let call = self.dynamodb.update_time_to_live().table_name(name.as_str());
        match call.time_to_live_specification(rule).send().await {
            Ok(_) => Ok(()),
            // It is so already, which is told as an error.
            Err(error) if answered(&error).code.as_deref() == Some("ValidationException") => Ok(()),
            Err(error) => Err(refused(what, &error)),
        }
    }

    async fn create_queues(&self, name: &FleetName) -> Result<QueueUrls, FleetError> {
        let dead = self.create_queue(&format!("{name}-dead"), None).await?;
        let what = "reading the dead-letter queue's ARN";
        let call = self.sqs.get_queue_attributes().queue_url(&dead);
        let answer = call.attribute_names(QueueAttributeName::QueueArn).send().await;
        let answer = answer.map_err(|error| refused(what, &error))?;
        let arn = answer.attributes.and_then(|mut all| all.remove(&QueueAttributeName::QueueArn));
        let arn =
            arn.ok_or_else(|| FleetError::Refused { what, message: "it wasn't told".to_owned() })?;
        let policy = serde_json::json!({
            "deadLetterTargetArn": arn,
            "maxReceiveCount": MAX_RECEIVES,
        });
        let policy = Some(policy.to_string());
        Ok(QueueUrls {
            high: self.create_queue(&format!("{name}-high"), policy.clone()).await?,
            normal: self.create_queue(name.as_str(), policy.clone()).await?,
            low: self.create_queue(&format!("{name}-low"), policy).await?,
            dead,
        })
    }

    async fn create_queue(
        &self,
        name: &str,
        redrive: Option<String>,
    ) -> Result<String, FleetError> {
        let what = "creating a queue";
        let call = self
            .sqs
            .create_queue()
            .queue_name(name)
            .attributes(QueueAttributeName::MessageRetentionPeriod, RETENTION.as_secs().to_string())
            .attributes(QueueAttributeName::SqsManagedSseEnabled, "true");
        let call = match redrive {
            Some(policy) => call.attributes(QueueAttributeName::RedrivePolicy, policy),
            None => call,
        };
        let url = match call.send().await {
            Ok(answer) => answer.queue_url,
            // There with other attributes: whoever gave it those knows why.
            Err(error) if is_there(&error) => {
                let call = self.sqs.get_queue_url().queue_name(name);
                call.send().await.map_err(|error| refused(what, &error))?.queue_url
            }
            Err(error) => return Err(refused(what, &error)),
        };
        let untold = || FleetError::Refused { what, message: "its URL wasn't told".to_owned() };
        url.ok_or_else(untold)
    }
}

fn config_key() -> Key {
    Key::new("fleet", "config")
}

fn key_schema(
    sort: &str,
) -> Result<Vec<KeySchemaElement>, aws_smithy_types::error::operation::BuildError> {
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    Ok(vec![key(PARTITION, KeyType::Hash)?, key(sort, KeyType::Range)?])
}

fn sparse_index(
    name: &str,
) -> Result<LocalSecondaryIndex, aws_smithy_types::error::operation::BuildError> {
    let keys = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
    LocalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(key_schema(name)?))
        .projection(keys)
        .build()
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

fn is_there(error: &SdkError<CreateQueueError, HttpResponse>) -> bool {
    matches!(error.as_service_error(), Some(CreateQueueError::QueueNameExists(_)))
}

fn is_missing(error: &SdkError<DescribeTableError, HttpResponse>) -> bool {
    matches!(error.as_service_error(), Some(DescribeTableError::ResourceNotFoundException(_)))
}

fn in_table(error: LedgerError) -> FleetError {
    FleetError::Refused { what: "the fleet's table", message: error.message }
}

fn refused<E>(what: &'static str, error: &SdkError<E, HttpResponse>) -> FleetError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    FleetError::Refused { what, message: answered(error).message }
}
