//! What a fleet is made of, as its table says: everybody else needs only its
//! name.

use std::time::Duration;

use reseal_core::{AccountId, BucketName, Priority};
use serde::{Deserialize, Serialize};

/// A fleet's queues, by their URLs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueUrls {
    /// Of jobs that come before all others.
    pub high: String,
    /// Of most jobs.
    pub normal: String,
    /// Of jobs that come last.
    pub low: String,
    /// Of messages that nobody could acknowledge.
    pub dead: String,
}

impl QueueUrls {
    pub(super) fn of(&self, priority: Priority) -> &str {
        match priority {
            Priority::High => &self.high,
            Priority::Normal => &self.normal,
            Priority::Low => &self.low,
        }
    }
}

/// A fleet, as its table says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetConfig {
    /// Its queues.
    pub queues: QueueUrls,
    /// The bucket of chunk files and results.
    pub bucket: BucketName,
    /// What their keys begin with; empty, or ending in `/`.
    pub prefix: String,
    /// The account that must own that bucket.
    pub owner: AccountId,
    /// How long a lease lives without a renewal, in milliseconds. All workers
    /// must agree on it: it is the fleet's and nobody else's.
    pub lease_ttl_ms: u64,
}

impl FleetConfig {
    /// How long a lease lives without a renewal.
    #[must_use]
    pub fn lease_ttl(&self) -> Duration {
        Duration::from_millis(self.lease_ttl_ms)
    }
}
