//! Which of a job's objects a preview looks at, and how many others each of
//! them stands for.
//!
//! Chunks are unequal: an object over 5 GiB is a chunk of its own, every chunk
//! has one bucket, last ones are short. So chunks are drawn from strata of
//! their bucket and length, rows from strata of what they say of themselves,
//! and each row counts for its stratum's rows by those that were drawn.
//!
//! Owns: strata, the draw, the weights. What is drawn is a matter of hashes of
//! the job's id, the chunk and the row: no order that objects come in can keep
//! step with it, and the same job gives the same sample again.
//! Never: sends a request.
//! Next: `chunks`, then `rows`; `share` for how many each stratum gives.

mod chunks;
mod lowest;
mod rows;
mod share;
#[cfg(test)]
mod tests;

use reseal_core::{BucketName, SourceRow};

pub(crate) use chunks::Strata;
pub(crate) use rows::Rows;

/// How many objects the preview looks at, at most.
pub(crate) const OBJECTS: u64 = 1_000;
/// Over how many chunks they are spread, at most.
pub(crate) const CHUNKS: u64 = 100;

/// A row to be looked at.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) bucket: BucketName,
    pub(crate) row: SourceRow,
    /// How many objects it is counted as; at least one, itself.
    pub(crate) stands_for: u64,
}
