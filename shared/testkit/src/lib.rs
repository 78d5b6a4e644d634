//! What tests of reseal stand on.
//!
//! Owns: virtual time and seeded randomness, in-memory ports as strict as the
//! contract, faults as wrappers of the ports, builders of records, and one
//! conformance suite per port for every adapter to run.
//! Never: is linked into production code; softens a condition to make a test
//! easier; draws from anything but a seed.
//! Next: `memory` for the ports, `conformance` for what they must do.

pub mod build;
mod clock;
pub mod conformance;
mod faults;
mod memory;
mod random;

pub use clock::SimClock;
pub use faults::{Dice, FaultRates, FaultyLedger, FaultyStore};
pub use memory::{MemoryChunks, MemoryFleet, MemoryLedger, MemoryQueue, MemoryReport};
pub use random::SeededRandom;
