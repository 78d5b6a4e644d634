//! Builders of records, so that a test says only what it is about.
//!
//! Owns: defaults that are valid everywhere.
//! Never: builds what the domain refuses; a text that isn't a valid name
//! panics.
//! Next: `job`, `chunk`, `object`, `outcome`.

mod chunk;
mod job;
mod object;
mod outcome;

pub use chunk::{ChunkBuilder, chunk_id};
pub use job::{JobBuilder, job_id};
pub use object::{HeadBuilder, RowBuilder, bucket, key_arn, object};
pub use outcome::{OutcomeBuilder, checkpoint, open_upload};
use reseal_core::Timestamp;

/// 2026-11-21T00:00:00Z, where [`SimClock`](crate::SimClock) begins: the
/// default of every time in a record.
pub const DAY_ZERO: Timestamp = Timestamp::from_millis(1_795_219_200_000);
