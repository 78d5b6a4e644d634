//! The harness of the black-box tests: real binaries, real HTTP, real signals.
//!
//! Owns: building and starting `reseal` and `reseal-sandbox`, talking to the
//! sandbox's admin routes, a proxy that makes things go wrong between the two,
//! reading reports, the tests that pages of `docs/` name, having inventories
//! written, and, in Python environments of their own, the AWS CLI and ministack.
//! Never: links the code under test, or reaches beyond loopback.
//! Next: `reseal` for a run of the binary, `sandbox` and `ministack` for
//! its worlds, `proxy` for what goes wrong on the way, and `tests/` beside this
//! folder for the tests themselves.

mod aws_cli;
mod binaries;
mod ecs_agent;
mod fleet;
mod free_port;
mod inventory;
mod ministack;
mod pages;
mod patience;
mod proxy;
mod python;
mod report;
mod reseal;
mod sandbox;
mod scratch;
mod seen;

pub use aws_cli::python_with_aws_cli;
pub use binaries::{as_from_a_shell, binary, workspace};
pub use ecs_agent::EcsAgent;
pub use fleet::Fleet;
pub use free_port::free_port;
pub use inventory::{INVENTORY_DESTINATION, INVENTORY_SOURCE, InventoryReport, WrittenReport};
pub use ministack::{Ministack, Request};
pub use pages::{Page, WrittenTest, tests_below};
pub use patience::wait_until;
pub use proxy::{Answer, Call, Counts, Entry, Fault, Proxy, Rule, ServerClock, Service};
pub use python::python_environment;
pub use report::{ReportRow, compare_parquet, read_report};
pub use reseal::{Ended, Reseal, Running};
pub use sandbox::{Sandbox, Version};
pub use scratch::Scratch;
pub use seen::Seen;
