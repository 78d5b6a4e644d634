//! A fleet's table and queues, made where they are missing and looked at where
//! they aren't: what a stack made needs no permission to make it.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, LocalSecondaryIndex, Projection,
    ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveDescription,
    TimeToLiveSpecification, TimeToLiveStatus,
};
use aws_sdk_sqs::operation::create_queue::CreateQueueError;
use aws_sdk_sqs::operation::get_queue_url::GetQueueUrlError;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use reseal_core::FleetName;
use reseal_core::ports::Clock;

use super::FleetClients;
use super::config::QueueUrls;
use super::setup::FleetError;
use super::table::{PARTITION, SORT};
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
/// The attribute that items vanish by.
const EXPIRES: &str = "expires";

impl FleetClients {
    /// The table, ready to be used.
    pub(super) async fn make_table(
        &self,
        name: &FleetName,
        clock: &dyn Clock,
    ) -> Result<(), FleetError> {
        if !self.has_table(name).await? {
            self.create_table(name).await?;
        }
        self.wait_for_table(name, clock).await?;
        self.expire_roster(name).await
    }

    pub(super) async fn has_table(&self, name: &FleetName) -> Result<bool, FleetError> {
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
        let what = "looking at the table's time to live";
        let call = self.dynamodb.describe_time_to_live().table_name(name.as_str());
        let told = call.send().await.map_err(|error| refused(what, &error))?;
        if told.time_to_live_description.as_ref().is_some_and(is_on) {
            return Ok(());
        }
        let what = "setting the table's time to live";
        let rule = TimeToLiveSpecification::builder().enabled(true).attribute_name(EXPIRES);
        let rule = rule
            .build()
            .map_err(|error| FleetError::Refused { what, message: error.to_string() })?;
        let call = self.dynamodb.update_time_to_live().table_name(name.as_str());
        match call.time_to_live_specification(rule).send().await {
            Ok(_) => Ok(()),
            // Somebody did it at this moment, which is told as an error.
            Err(error) if answered(&error).code.as_deref() == Some("ValidationException") => Ok(()),
            Err(error) => Err(refused(what, &error)),
        }
    }

    /// The queues, each made where there is none.
    pub(super) async fn make_queues(&self, name: &FleetName) -> Result<QueueUrls, FleetError> {
        let dead = self.make_queue(&format!("{name}-dead"), None).await?;
        Ok(QueueUrls {
            high: self.make_queue(&format!("{name}-high"), Some(&dead)).await?,
            normal: self.make_queue(name.as_str(), Some(&dead)).await?,
            low: self.make_queue(&format!("{name}-low"), Some(&dead)).await?,
            dead,
        })
    }

    /// One that is there keeps its attributes: whoever gave it those knows why.
    async fn make_queue(&self, name: &str, dead: Option<&str>) -> Result<String, FleetError> {
        if let Some(url) = self.queue_url(name).await? {
            return Ok(url);
        }
        let what = "creating a queue";
        let call = self
            .sqs
            .create_queue()
            .queue_name(name)
            .attributes(QueueAttributeName::MessageRetentionPeriod, RETENTION.as_secs().to_string())
            .attributes(QueueAttributeName::SqsManagedSseEnabled, "true");
        let call = match dead {
            Some(dead) => {
                let policy = self.redrive_to(dead).await?;
                call.attributes(QueueAttributeName::RedrivePolicy, policy)
            }
            None => call,
        };
        let url = match call.send().await {
            Ok(answer) => answer.queue_url,
            // Somebody made it at this moment, with other attributes.
            Err(error) if is_there(&error) => self.queue_url(name).await?,
            Err(error) => return Err(refused(what, &error)),
        };
        let untold = || FleetError::Refused { what, message: "its URL wasn't told".to_owned() };
        url.ok_or_else(untold)
    }

    async fn queue_url(&self, name: &str) -> Result<Option<String>, FleetError> {
        match self.sqs.get_queue_url().queue_name(name).send().await {
            Ok(answer) => Ok(answer.queue_url),
            Err(error) if is_unknown(&error) => Ok(None),
            Err(error) => Err(refused("looking for a queue", &error)),
        }
    }

    async fn redrive_to(&self, dead: &str) -> Result<String, FleetError> {
        let what = "reading the dead-letter queue's ARN";
        let call = self.sqs.get_queue_attributes().queue_url(dead);
        let answer = call.attribute_names(QueueAttributeName::QueueArn).send().await;
        let answer = answer.map_err(|error| refused(what, &error))?;
        let arn = answer.attributes.and_then(|mut all| all.remove(&QueueAttributeName::QueueArn));
        let arn =
            arn.ok_or_else(|| FleetError::Refused { what, message: "it wasn't told".to_owned() })?;
        let policy = serde_json::json!({
            "deadLetterTargetArn": arn,
            "maxReceiveCount": MAX_RECEIVES,
        });
        Ok(policy.to_string())
    }
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

fn is_there(error: &SdkError<CreateQueueError, HttpResponse>) -> bool {
    matches!(error.as_service_error(), Some(CreateQueueError::QueueNameExists(_)))
}

fn is_unknown(error: &SdkError<GetQueueUrlError, HttpResponse>) -> bool {
    matches!(error.as_service_error(), Some(GetQueueUrlError::QueueDoesNotExist(_)))
}

/// Whether items vanish by some attribute, or will in a moment. One that isn't
/// ours is left as it is: a table has one, and DynamoDB would refuse another.
fn is_on(told: &TimeToLiveDescription) -> bool {
    let status = told.time_to_live_status();
    matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
}

fn is_missing(error: &SdkError<DescribeTableError, HttpResponse>) -> bool {
    matches!(error.as_service_error(), Some(DescribeTableError::ResourceNotFoundException(_)))
}

fn refused<E>(what: &'static str, error: &SdkError<E, HttpResponse>) -> FleetError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    FleetError::Refused { what, message: answered(error).message }
}
