//! `reseal purge` on the real binary: what it deletes, and all that it leaves.

mod buckets;
mod deletes;
mod interrupted;
mod leaves;
mod world;
