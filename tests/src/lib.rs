//! The harness of the black-box tests: real binaries, real HTTP, real signals.
//!
//! Owns: building and starting `reseal` and `reseal-sandbox`, talking to the
//! sandbox's admin routes, reading reports, the AWS CLI in a virtual
//! environment of its own.
//! Never: links the code under test, or reaches beyond loopback.
//! Next: `reseal` for a run of the binary, `sandbox` for its world, and
//! `tests/` beside this folder for the tests themselves.

mod aws_cli;
mod binaries;
mod report;
mod reseal;
mod sandbox;
mod scratch;

pub use aws_cli::python_with_aws_cli;
pub use binaries::{binary, workspace};
pub use report::{ReportRow, read_report};
pub use reseal::{Ended, Reseal, Running};
pub use sandbox::{Sandbox, Version};
pub use scratch::Scratch;
