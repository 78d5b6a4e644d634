//! What every adapter of a port must do: one suite per port.
//!
//! Owns: one check for each sentence of the port's page that can be checked
//! from outside.
//! Never: knows an adapter, or asks for more than the port promises.
//! Next: call a suite from an adapter's tests with a way to make fresh ones.
//! A suite panics at the first broken sentence.

mod chunk_store;
mod fleet;
mod key_service;
mod ledger;
pub mod object_store;
mod queue;
mod report_sink;

pub use chunk_store::chunk_store;
pub use fleet::{budgets, roster};
pub use key_service::key_service;
pub use ledger::ledger;
pub use queue::{Windows, queue};
pub use report_sink::report_sink;
