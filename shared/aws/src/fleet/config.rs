//! What a fleet is made of, as its table says: everybody else needs only its
//! name.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use reseal_core::{AccountId, BucketName, Priority};
use serde::{Deserialize, Serialize};

/// A fleet's name: the table's, and what its queues' names begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetName(String);

/// Not a fleet's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a fleet's name: 3 to 64 letters, digits, - and _")]
pub struct NotAFleetName(String);

impl FleetName {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FleetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for FleetName {
    type Err = NotAFleetName;

    /// What DynamoDB and SQS both take, short enough for the queues' endings.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (3..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAFleetName(text.to_owned())) }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_tables_and_queues() {
        for good in ["abc", "reseal-prod_1"] {
            assert!(good.parse::<FleetName>().is_ok(), "{good}");
        }
        for wrong in ["", "ab", "a b c", "a/b", "a.b.c", &"x".repeat(65)] {
            assert!(wrong.parse::<FleetName>().is_err(), "{wrong}");
        }
    }
}
