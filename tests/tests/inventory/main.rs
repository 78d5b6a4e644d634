//! Inventory reports as a source, written by somebody else's code, read by
//! the real binary.

mod refusals;
mod runs;
mod world;
