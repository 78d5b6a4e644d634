//! A queue that delivers one job's messages only.
//!
//! A state folder has one queue, and may hold messages of another job that
//! was interrupted: perhaps for another endpoint, another account. This run's
//! connection is none of that job's (I13), so its messages are dropped: they
//! are sent anew when that job is resumed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reseal_core::JobId;
use reseal_core::ports::{Delivery, Queue, QueueError, Receipt, WorkItem};

pub(crate) struct OwnQueue {
    inner: Arc<dyn Queue>,
    job: JobId,
}

impl OwnQueue {
    pub(crate) fn new(inner: Arc<dyn Queue>, job: JobId) -> Self {
        Self { inner, job }
    }

    fn is_foreign(&self, delivery: &Delivery) -> bool {
        // What can't be read passes: the engine counts and drops it.
        WorkItem::decode(&delivery.body).is_some_and(|item| item.job != self.job)
    }
}

#[async_trait]
impl Queue for OwnQueue {
    async fn send(&self, items: &[WorkItem]) -> Result<(), QueueError> {
        self.inner.send(items).await
    }

    async fn receive(&self, max: u32, visibility: Duration) -> Result<Vec<Delivery>, QueueError> {
        let mut own = Vec::new();
        for delivery in self.inner.receive(max, visibility).await? {
            if self.is_foreign(&delivery) {
                self.inner.acknowledge(&delivery.receipt).await?;
            } else {
                own.push(delivery);
            }
        }
        Ok(own)
    }

    async fn extend(&self, receipt: &Receipt, visibility: Duration) -> Result<(), QueueError> {
        self.inner.extend(receipt, visibility).await
    }

    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), QueueError> {
        self.inner.acknowledge(receipt).await
    }

    async fn backlog(&self) -> Result<u64, QueueError> {
        self.inner.backlog().await
    }

    async fn release(&self, receipt: &Receipt, delay: Duration) -> Result<(), QueueError> {
        self.inner.release(receipt, delay).await
    }
}
