//! Events that others send: what happened to buckets and objects, or what
//! somebody says happened.

use std::time::Duration;

use async_trait::async_trait;

use super::{Delivery, QueueError, Receipt};

/// A queue that others write into. At least once, in any order; bodies are
/// whatever anybody who may send put there. The caller paces itself, and never
/// takes a body's word for more than where to look.
#[async_trait]
pub trait EventQueue: Send + Sync {
    /// Receives some messages, hidden from others for a while; waits for at
    /// most `wait` where there are none.
    async fn receive(&self, wait: Duration) -> Result<Vec<Delivery>, QueueError>;

    /// Deletes a message, after what it led to is durable. May be repeated.
    async fn delete(&self, receipt: &Receipt) -> Result<(), QueueError>;
}
