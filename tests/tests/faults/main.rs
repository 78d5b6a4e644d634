//! The S3 and KMS rows of the fault matrix, on the real `reseal`: a proxy
//! between it and the sandbox makes each of them happen. `docs/faults.md` says
//! which test is for which row, and `table` holds the two together.

mod acls;
mod ambiguous;
mod changed;
mod denied;
mod keys;
mod left_alone;
mod marked;
mod on_ministack;
mod partition;
mod refused;
mod sizes;
mod somebody;
mod table;
mod throttled;
mod world;
