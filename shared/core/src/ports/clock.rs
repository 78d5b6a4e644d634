//! Time as a port, so that a simulator can own it.

use std::time::Duration;

use async_trait::async_trait;

use crate::Timestamp;

/// Time and sleep. Production reads the machine's clocks; tests and the
/// simulator run on virtual time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Wall-clock time: for records and for comparing with S3's dates, never
    /// for leases or timeouts, since it may jump.
    fn now(&self) -> Timestamp;

    /// Time since some fixed point, never going back.
    fn monotonic(&self) -> Duration;

    /// Completes after at least this long.
    async fn sleep(&self, duration: Duration);
}
