//! Inventory reports asked for and called off: one configuration of ours per
//! bucket, and one statement of ours in the destination's policy.
//!
//! Owns: what that configuration is, whose reports the destination takes, which
//! buckets carry a tag.
//! Never: touches a configuration with another id, or somebody else's
//! statement; decides what a report is good for (`sources` reads them).
//! Next: `wanted` for the configuration, `place` for where reports lie, `delivery` for the statement,
//! `find` for buckets by their tag, `write` for one change.

mod delivery;
mod find;
mod place;
#[cfg(test)]
mod tests;
mod wanted;
mod write;

pub(crate) use delivery::Delivery;
pub(crate) use find::{
    Found, LeftOut, all_setups, others_delivering, own_buckets, tagged, with_tags,
};
pub(crate) use place::Destination;
pub(crate) use wanted::{ID, Reports, destination_bucket};
pub(crate) use write::{Change, Writer};
