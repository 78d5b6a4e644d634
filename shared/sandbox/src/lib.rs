//! An executable reference model of S3 and KMS, as reseal understands them.
//!
//! Owns: what the services do, as a synchronous model; an HTTP skin over it;
//! a population to try things on; the engine's ports on it, without a wire.
//! Never: reaches beyond loopback, or is softer than the services themselves.
//! Next: `model` for the semantics and MODEL.md for what is guessed, `http`
//! for the wire, `in_process` for the ports.

pub mod http;
mod in_process;
pub mod model;
pub mod population;

pub use in_process::SandboxPorts;
