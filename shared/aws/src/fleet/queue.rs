//! The queue on SQS: one for each priority, and one for what nobody could
//! acknowledge.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use reseal_core::Priority;
use reseal_core::ports::{Delivery, Queue, QueueError, Receipt, WorkItem};

use super::config::QueueUrls;
use crate::failure::answered;

/// Messages that one request may send, and that one may receive.
const BATCH: usize = 10;
/// How long a receive waits where nothing is anywhere. Half of what SQS
/// allows: so long may a message of high priority wait for an idle worker.
const LONG_POLL: Duration = Duration::from_secs(10);
/// Tells a receipt's queue from the receipt.
const SEPARATOR: char = '|';

/// The `Queue` port on the queues of one fleet. It receives from the highest
/// priority that has something, and sends to one of them.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: aws_sdk_sqs::Client,
    urls: QueueUrls,
    /// The priority of the messages that are sent; `None` for a worker, which
    /// receives all of them.
    only: Option<Priority>,
    long_poll: Duration,
}

impl SqsQueue {
    pub(super) fn new(client: aws_sdk_sqs::Client, urls: QueueUrls) -> Self {
        Self { client, urls, only: None, long_poll: LONG_POLL }
    }

    /// The same for messages of jobs of this priority.
    #[must_use]
    pub fn of(&self, priority: Priority) -> Self {
        Self { only: Some(priority), ..self.clone() }
    }

    /// The same without waiting for messages: for tests of a queue that asks
    /// all of itself at once.
    #[must_use]
    pub fn without_waiting(self) -> Self {
        Self { long_poll: Duration::ZERO, ..self }
    }

    async fn receive_from(
        &self,
        priority: Priority,
        max: u32,
        visibility: Duration,
        wait: Duration,
    ) -> Result<Vec<Delivery>, QueueError> {
        let call = self
            .client
            .receive_message()
            .queue_url(self.urls.of(priority))
            .max_number_of_messages(i32::try_from(max).unwrap_or(i32::MAX).clamp(1, BATCH as i32))
            .visibility_timeout(seconds(visibility))
            .wait_time_seconds(seconds(wait));
        let answer = call.send().await.map_err(|error| failed(&error))?;
        let mark = mark(priority);
        let deliveries = answer.messages.unwrap_or_default().into_iter().filter_map(|message| {
            let receipt = Receipt(format!("{mark}{SEPARATOR}{}", message.receipt_handle?));
            Some(Delivery { body: message.body.unwrap_or_default(), receipt })
        });
        Ok(deliveries.collect())
    }

    async fn hide(&self, receipt: &Receipt, time: Duration) -> Result<(), QueueError> {
        let (priority, handle) = parse(receipt)?;
        let call = self
            .client
            .change_message_visibility()
            .queue_url(self.urls.of(priority))
            .receipt_handle(handle)
            .visibility_timeout(seconds(time));
        match call.send().await {
            Ok(_) => Ok(()),
            // Somebody else's by now, or hidden for SQS's twelve hours: it
            // comes again, and the ledger tells what to do about it.
            Err(error) if is_stale(&error) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }

    async fn waiting_at(&self, priority: Priority) -> Result<u64, QueueError> {
        let wanted = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let call = self
            .client
            .get_queue_attributes()
            .queue_url(self.urls.of(priority))
            .set_attribute_names(Some(wanted.to_vec()));
        let answer = call.send().await.map_err(|error| failed(&error))?;
        let attributes = answer.attributes.unwrap_or_default();
        let count = |name| {
            let text = attributes.get(name).map_or("0", String::as_str);
            text.parse::<u64>().map_err(|_| QueueError(format!("{name} is '{text}'")))
        };
        wanted.iter().map(count).sum()
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, items: &[WorkItem]) -> Result<(), QueueError> {
        for batch in items.chunks(BATCH) {
            let entry = |(index, item): (usize, &WorkItem)| {
                let entry = SendMessageBatchRequestEntry::builder();
                entry.id(index.to_string()).message_body(item.encode()).build()
            };
            let entries: Result<Vec<_>, _> = batch.iter().enumerate().map(entry).collect();
            let entries = entries.map_err(|error| QueueError(error.to_string()))?;
            let call = self
                .client
                .send_message_batch()
                .queue_url(self.urls.of(self.only.unwrap_or_default()))
                .set_entries(Some(entries));
            let answer = call.send().await.map_err(|error| failed(&error))?;
            if let Some(refused) = answer.failed.first() {
                return Err(QueueError(format!("{}: a message was not taken", refused.code)));
            }
        }
        Ok(())
    }

    async fn receive(&self, max: u32, visibility: Duration) -> Result<Vec<Delivery>, QueueError> {
        // A short poll may miss what only one of SQS's servers has; the next
        // one finds it.
        for priority in [Priority::High, Priority::Normal, Priority::Low] {
            let found = self.receive_from(priority, max, visibility, Duration::ZERO).await?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        if self.long_poll.is_zero() {
            return Ok(Vec::new());
        }
        // Nothing anywhere: wait where most work comes from.
        self.receive_from(Priority::Normal, max, visibility, self.long_poll).await
    }

    async fn extend(&self, receipt: &Receipt, visibility: Duration) -> Result<(), QueueError> {
        self.hide(receipt, visibility).await
    }

    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), QueueError> {
        let (priority, handle) = parse(receipt)?;
        let call =
            self.client.delete_message().queue_url(self.urls.of(priority)).receipt_handle(handle);
        match call.send().await {
            Ok(_) => Ok(()),
            // Gone already, or somebody else's by now.
            Err(error) if is_stale(&error) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }

    async fn release(&self, receipt: &Receipt, delay: Duration) -> Result<(), QueueError> {
        self.hide(receipt, delay).await
    }

    /// Of its own priority, where it has one.
    async fn backlog(&self) -> Result<u64, QueueError> {
        if let Some(priority) = self.only {
            return self.waiting_at(priority).await;
        }
        let mut waiting = 0;
        for priority in [Priority::High, Priority::Normal, Priority::Low] {
            waiting += self.waiting_at(priority).await?;
        }
        Ok(waiting)
    }
}

/// Whole seconds, which is all that SQS knows: never less than asked for, at
/// most its twelve hours.
fn seconds(time: Duration) -> i32 {
    const TWELVE_HOURS: u64 = 12 * 3600;
    let whole = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    i32::try_from(whole.min(TWELVE_HOURS)).unwrap_or(i32::MAX)
}

fn mark(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "h",
        Priority::Normal => "n",
        Priority::Low => "l",
    }
}

/// A receipt's queue and what SQS gave.
fn parse(receipt: &Receipt) -> Result<(Priority, &str), QueueError> {
    let (mark, handle) = receipt.0.split_once(SEPARATOR).unwrap_or_default();
    match mark {
        "h" => Ok((Priority::High, handle)),
        "n" => Ok((Priority::Normal, handle)),
        "l" => Ok((Priority::Low, handle)),
        _ => Err(QueueError("not a receipt of this queue".to_owned())),
    }
}

/// Whether a receipt counts no more: its message is gone, or somebody else's.
pub(crate) fn is_stale<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    code.is_some_and(|code| {
        ["MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"]
            .iter()
            .any(|stale| code.ends_with(stale))
    })
}

fn failed<E>(error: &SdkError<E, HttpResponse>) -> QueueError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    QueueError(answered(error).message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_know_their_queue_and_times_are_whole_seconds() {
        for priority in [Priority::High, Priority::Normal, Priority::Low] {
            let receipt = Receipt(format!("{}|AQEB|x", mark(priority)));
            assert_eq!(parse(&receipt), Ok((priority, "AQEB|x")));
        }
        for foreign in ["", "AQEB", "x|AQEB"] {
            assert!(parse(&Receipt(foreign.to_owned())).is_err(), "{foreign}");
        }
        assert_eq!(seconds(Duration::ZERO), 0);
        assert_eq!(seconds(Duration::from_millis(1)), 1);
        assert_eq!(seconds(Duration::from_secs(86_400)), 43_200);
    }
}
