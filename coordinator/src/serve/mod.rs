//! `serve`: what an event leads to, and what was done about which report.
//!
//! Owns: reading events, where a report must lie to count, what becomes of a
//! bucket by what is found there, the names and contents of records.
//! Never: believes an event more than where to look; reads or changes anything
//! itself but records.
//! Next: `event` for the bodies, `decide` for the decision, `record` for what
//! outlives a process; `commands/serve` does it all.

mod decide;
mod event;
mod health;
mod record;

pub(crate) use decide::{Deed, Facts, Setup, Tagged, decide};
pub(crate) use event::{Event, read_event};
pub(crate) use health::{Health, RoundEnd};
pub(crate) use record::{Claim, Handled, Names, Outcome, Policy, open_claims};
