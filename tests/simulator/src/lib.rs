//! A whole fleet in one thread: the real coordinator, workers and stewards
//! over a model of S3, KMS, SQS and DynamoDB, on virtual time.
//!
//! One seed decides everything: how many workers there are and what they
//! work on, which calls fail and how, who crashes where, who else edits the
//! objects. After every effect the judge checks what must always hold; at the
//! end, when nothing fails any more, what must have come of it.
//!
//! Owns: worlds, their faults, and the judgement of them.
//! Never: changes a line of what it simulates. All faults come through the
//! ports.
//! Next: `plan` for what a seed decides, `wire` for how a call fails, `judge`
//! for what must hold, `director` for what happens when.

mod adapters;
mod campaign;
mod coverage;
mod director;
mod judge;
mod mutants;
pub mod nemesis;
mod node;
mod patches;
mod plan;
mod shrink;
mod stage;
mod steps;
mod verdict;
mod wire;

pub use campaign::{Campaign, Summary};
pub use coverage::Coverage;
pub use director::{Ending, run};
pub use judge::Violation;
pub use mutants::Mutant;
pub use patches::{Patch, patches};
pub use plan::Plan;
pub use shrink::shrink;
