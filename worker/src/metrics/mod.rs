//! What a worker's counts look like to those who collect them.
//!
//! Owns: names, units and renderings: Prometheus text, CloudWatch EMF lines.
//! Each takes a reading apart without leaving anything out, so that a new
//! count can't be forgotten in one of them; `docs/observability.md` has the
//! names, and a test holds it to that.
//! Never: counts, asks anybody, or reads a clock.
//! Next: `prometheus`, `emf`.

mod emf;
mod prometheus;
#[cfg(test)]
mod tests;

use reseal_core::ports::BudgetKey;

use crate::MeterReading;

pub use emf::Emf;
pub use prometheus::{CONTENT_TYPE, render};

/// Everything that is shown of a worker at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Counts since the process started.
    pub counts: MeterReading,
    /// Chunks that it holds.
    pub held: u32,
    /// About how many messages wait for whoever of the fleet is free; `None`
    /// while the queue hasn't told.
    pub backlog: Option<u64>,
    /// What it may use of each budget, of
    /// [`WHOLE`](reseal_core::ports::WHOLE).
    pub shares: Vec<(BudgetKey, u32)>,
}
