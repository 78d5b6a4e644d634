//! An executable reference model of S3 and KMS, as reseal understands them.
//!
//! Owns what the two services do to objects and keys, in memory and strictly: three
//! users stand on it, the simulator (in process), `reseal demo` and the benchmarks
//! (over HTTP on loopback), and the conformance suite, which holds other emulators
//! against it. Must never be lenient where the real service refuses, and must never be
//! taken for a proof: what nobody can confirm is listed in the docs as unproven.
//!
//! Next: [`model`] for the rules, [`http`] for the wire, [`SandboxPorts`] for the engine's
//! ports without a wire, [`population`] for a world to try things in.

pub mod http;
mod in_process;
pub mod model;
pub mod population;

pub use in_process::SandboxPorts;
