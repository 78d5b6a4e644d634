//! What keeps a bucket's new objects as they should be: statements in its
//! policy, and its default encryption.
//!
//! Owns: which statements a measure consists of, policies edited as text, what
//! a change would be, its backup, and carrying it out.
//! Never: touches a byte of somebody else's statement, repeats a write blindly,
//! changes anything that wasn't shown before.
//! Next: `statements` for the measures, `document` for the editor, `plan` for
//! what changes, `history` for the way back, `carry_out` for how.

mod backup;
mod carry_out;
mod document;
mod history;
mod plan;
mod show;
mod statements;
#[cfg(test)]
mod tests;

pub(crate) use backup::{Action, Backup, Backups};
pub(crate) use carry_out::{BETWEEN_LOOKS, CarryOut, LOOKS, Seen, State, changed, settle, unread};
pub(crate) use plan::{
    Now, Plan, plan_apply, plan_offline, plan_put, plan_remove, plan_take, statement_of,
};
pub(crate) use show::{Shown, ShownBucket};
pub(crate) use statements::{Measure, Statement, Wanted, partition};
