//! The ports of one process, each call of which goes over its wire.

mod files;
mod fleet;
mod ledger;
mod queue;
mod store;

pub(crate) use files::{WiredChunks, WiredReport};
pub(crate) use fleet::WiredFleet;
pub(crate) use ledger::WiredLedger;
pub(crate) use queue::WiredQueue;
pub(crate) use store::WiredStore;
