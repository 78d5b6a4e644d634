//! The ports of `reseal-core` on Amazon S3, KMS and STS, a fleet's on SQS and
//! DynamoDB, and its stack on CloudFormation.
//!
//! Owns: how a port's request becomes an SDK call, how an SDK answer becomes
//! our words, each attempt's deadline, and the one table that says what a
//! failure means.
//! Never: retries (the engine does, because only it knows that an ambiguous
//! answer needs a HEAD first), lets an SDK type out, sends a call without the
//! expected bucket owner, or talks plain HTTP beyond this machine unasked.
//! Next: `connect` for how clients are made, `store` for the data path,
//! `attributes` for what a copy puts back, `errors` for the table.

mod attributes;
mod blobs;
mod bucket;
mod bucket_neighbours;
mod bucket_settings;
mod checksums;
mod connect;
mod copy;
mod copy_source;
mod deposits;
mod details;
mod encryption;
mod endpoint;
mod errors;
mod events;
mod failure;
mod fleet;
mod head;
mod http;
mod identity;
mod inventories;
mod keys;
mod list;
mod multipart;
mod own_buckets;
mod pages;
mod payer;
pub mod permissions;
mod protection;
mod purge;
mod reach;
mod records;
mod roles;
mod safeguards;
mod scratch;
mod stacks;
mod store;
mod timeouts;
mod unreadable;
mod whole;
mod xml;

#[cfg(test)]
mod canned;

pub use connect::{Aws, ConnectError, Credentials, Settings, connect};
pub use endpoint::EndpointError;
pub use events::SqsEvents;
pub use fleet::{
    DynamoLedger, Fleet, FleetClients, FleetConfig, FleetError, FleetPlan, QueueUrls, S3Files,
    SqsQueue,
};
pub use identity::StsIdentity;
pub use keys::KmsKeys;
pub use reach::S3Stores;
pub use records::S3Records;
pub use roles::StsRoles;
pub use stacks::CloudFormationStacks;
pub use store::S3Store;
