//! Inventory reports as a source, written by somebody else's code, read by
//! the real binary.

mod columnar;
mod odd_columns;
mod refusals;
mod runs;
mod world;
