//! A queue of events on SQS: somebody else's, of which only messages are taken.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use reseal_core::ports::{Delivery, EventQueue, QueueError, Receipt};

use crate::failure::answered;
use crate::fleet::is_stale;

/// What SQS gives at a time, at most.
const BATCH: i32 = 10;
/// What SQS waits, at most.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// The `EventQueue` port on one queue. What is received comes again after the
/// queue's own visibility timeout, unless it was deleted.
#[derive(Clone, Debug)]
pub struct SqsEvents {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl SqsEvents {
    pub(crate) fn new(client: aws_sdk_sqs::Client, url: String) -> Self {
        Self { client, url }
    }
}

#[async_trait]
impl EventQueue for SqsEvents {
    async fn receive(&self, wait: Duration) -> Result<Vec<Delivery>, QueueError> {
        let wait = i32::try_from(wait.min(LONGEST_WAIT).as_secs()).unwrap_or_default();
        let call = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(BATCH)
            .wait_time_seconds(wait);
        let answer = call.send().await.map_err(|error| failed(&error))?;
        let deliveries = answer.messages.unwrap_or_default().into_iter().filter_map(|message| {
            let receipt = Receipt(message.receipt_handle?);
            Some(Delivery { body: message.body.unwrap_or_default(), receipt })
        });
        Ok(deliveries.collect())
    }

    async fn delete(&self, receipt: &Receipt) -> Result<(), QueueError> {
        let call = self.client.delete_message().queue_url(&self.url).receipt_handle(&receipt.0);
        match call.send().await {
            Ok(_) => Ok(()),
            // Received again meanwhile, by whoever deletes it then.
            Err(error) if is_stale(&error) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }
}

fn failed<E>(error: &SdkError<E, HttpResponse>) -> QueueError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    QueueError(answered(error).message)
}
