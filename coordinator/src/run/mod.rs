//! The life of one job on this machine, between preflight and report.
//!
//! Owns: finding or creating the job, the confirmation, and the scope in
//! which splitter, engine and tracker work side by side.
//! Never: touches an object; that is the engine's. Starts a task that
//! outlives the call.
//! Next: `work` for the scope, `tracker` for when a job is done.

mod breaker;
mod confirm;
mod job;
mod own_queue;
mod survey;
#[cfg(test)]
mod tests;
mod tracker;
mod work;

pub(crate) use confirm::{Answer, confirm, confirm_typing, confirm_with};
pub(crate) use job::{find_unfinished, fresh_id, new_job, still_as_probed};
pub(crate) use own_queue::OwnQueue;
pub(crate) use survey::{BucketSurvey, ChunkCounts, Survey, survey};
pub(crate) use work::{Work, Worked};
