//! The queue only wakes workers; the ledger decides.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{ChunkId, JobId};

/// A pointer to a chunk: all that a message carries. No key, no bucket, no
/// option, so that a forged message can't redirect a worker (I13).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkItem {
    /// The job.
    pub job: JobId,
    /// The chunk.
    pub chunk: ChunkId,
}

impl WorkItem {
    /// The message's body.
    #[must_use]
    pub fn encode(&self) -> String {
        format!(r#"{{"job":"{}","chunk":"{}"}}"#, self.job, self.chunk)
    }

    /// Reads a body that anybody may have written.
    #[must_use]
    pub fn decode(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok()
    }
}

/// What releases, extends or acknowledges one delivery. Opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt(pub String);

/// A message as received: perhaps not for the first time, perhaps not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its body, unchecked.
    pub body: String,
    /// What acknowledges it.
    pub receipt: Receipt,
}

/// A queue call that failed. Every verb may be repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("queue: {0}")]
pub struct QueueError(pub String);

/// At-least-once delivery, in any order, also within the visibility window.
/// The caller retries; losing any message is harmless, because the sweeper
/// sends again what the ledger still holds open.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends pointers, in batches.
    async fn send(&self, items: &[WorkItem]) -> Result<(), QueueError>;

    /// Receives up to `max` messages, hidden from others for `visibility`.
    /// May return none at once; the caller paces itself.
    async fn receive(&self, max: u32, visibility: Duration) -> Result<Vec<Delivery>, QueueError>;

    /// Hides a received message for this long from now.
    async fn extend(&self, receipt: &Receipt, visibility: Duration) -> Result<(), QueueError>;

    /// Deletes a message, after what it points to is recorded.
    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), QueueError>;

    /// Makes a message visible again after `delay`.
    async fn release(&self, receipt: &Receipt, delay: Duration) -> Result<(), QueueError>;

    /// About how many messages wait to be received. Those that were received
    /// and are hidden don't count.
    async fn backlog(&self) -> Result<u64, QueueError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_round_trip_and_hostile_ones_are_refused() {
        let item = WorkItem {
            job: "j-1".parse().expect("an id"),
            chunk: ChunkId { source: 1, sequence: 7 },
        };
        assert_eq!(WorkItem::decode(&item.encode()), Some(item));
        for hostile in [
            "",
            "{}",
            r#"{"job":"../x","chunk":"s0000-0000000000"}"#,
            r#"{"job":"j","chunk":"s0000-0000000000","bucket":"other"}"#,
            r#"{"job":"j","chunk":"0"}"#,
        ] {
            assert_eq!(WorkItem::decode(hostile), None, "{hostile}");
        }
    }
}
