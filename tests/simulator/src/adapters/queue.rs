//! The queue as one process reaches it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reseal_core::ports::{Delivery, Queue, QueueError, Receipt, WorkItem};
use reseal_testkit::MemoryQueue;

use crate::wire::{Step, Wire};

pub(crate) struct WiredQueue {
    pub(crate) wire: Wire,
    pub(crate) inner: Arc<MemoryQueue>,
}

#[async_trait]
impl Queue for WiredQueue {
    async fn send(&self, items: &[WorkItem]) -> Result<(), QueueError> {
        self.wire.call(Step::SEND, &items.len(), self.inner.send(items)).await
    }

    async fn receive(&self, max: u32, visibility: Duration) -> Result<Vec<Delivery>, QueueError> {
        self.wire.call(Step::RECEIVE, &max, self.inner.receive(max, visibility)).await
    }

    async fn extend(&self, receipt: &Receipt, visibility: Duration) -> Result<(), QueueError> {
        self.wire.call(Step::EXTEND, &receipt.0, self.inner.extend(receipt, visibility)).await
    }

    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), QueueError> {
        self.wire.call(Step::ACKNOWLEDGE, &receipt.0, self.inner.acknowledge(receipt)).await
    }

    async fn release(&self, receipt: &Receipt, delay: Duration) -> Result<(), QueueError> {
        self.wire.call(Step::GIVE_BACK, &receipt.0, self.inner.release(receipt, delay)).await
    }

    async fn backlog(&self) -> Result<u64, QueueError> {
        self.wire.call(Step::BACKLOG, "", self.inner.backlog()).await
    }
}
