//! The ports in memory.
//!
//! Owns: adapters whose contents die with them, as strict as the contract:
//! leases are fenced, messages repeat, digests are checked.
//! Never: fails by itself (that is what `faults` wraps around them), waits,
//! or keeps a rule that the port's page doesn't state.
//! Next: `model` for the ledger's rules as plain functions.

mod files;
mod fleet;
mod ledger;
mod model;
mod queue;

pub use files::{MemoryChunks, MemoryReport};
pub use fleet::MemoryFleet;
pub use ledger::MemoryLedger;
pub use queue::MemoryQueue;
