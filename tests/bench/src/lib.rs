//! Benchmarks of `reseal`: how they are made, and with what it is compared.
//!
//! Owns: a minimal S3 server that costs as little CPU as it can, a bare SDK
//! loop that makes the same requests, and the driver that runs them and the
//! peers in turns and writes down the figures.
//! Never: decides a test, talks to anything but this machine (the packages of
//! the peers apart), or shows a figure that it didn't measure.
//! Next: `driver` for the scenarios, `docs/performance.md` for the method.

#![expect(
    clippy::disallowed_methods,
    reason = "measuring time is what this crate is for; nothing here is simulated"
)]

mod bare;
mod driver;
mod server;

pub use bare::main as bare_loop;
pub use driver::main as bench;
pub use server::main as bench_server;
