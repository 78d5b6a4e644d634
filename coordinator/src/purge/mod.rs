//! Deleting the old versions that a job's copies superseded, on explicit
//! request: the one place that deletes what isn't the probe's (I14).
//!
//! Owns: which versions may go, and the proof that each needs at the moment
//! of its delete.
//! Never: deletes without naming a version, deletes what readers get, a
//! delete marker or what is locked, bypasses governance, or trusts the report
//! for more than where to look.
//! Next: `candidate` for what the report offers, `proof` for what must be
//! true, `ground` for what a bucket must be like, `deleter` for the order of
//! looks and the delete, `findings` for what is shown.

mod candidate;
mod deleter;
mod findings;
mod ground;
mod pace;
mod proof;

pub(crate) use candidate::{Candidate, Census};
pub(crate) use deleter::Deleter;
pub(crate) use findings::{Fate, Findings, Of};
pub(crate) use ground::Grounds;
pub(crate) use pace::Pace;
pub(crate) use proof::Left;
