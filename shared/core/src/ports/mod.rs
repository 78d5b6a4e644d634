//! The ports: everything the engine needs of the world, in our own words.
//!
//! Owns: the traits and the requests, receipts and errors that cross them.
//! Never: an SDK type, a default that hides a precondition, a retry. Each
//! port's page says who retries and who owns the deadline.
//! Next: `object_store` for the data path, `ledger` for what is true,
//! `queue` for what wakes workers.

mod blobs;
mod budgets;
mod chunk_store;
mod clock;
mod deposits;
mod details;
mod estate;
mod events;
mod inventories;
mod key_service;
mod ledger;
mod neighbours;
mod object_store;
mod own_buckets;
mod purger;
mod queue;
mod random;
mod records;
mod report_sink;
mod roles;
mod roster;
mod safeguards;
mod stacks;
mod stores;

pub use blobs::{Blob, BlobBody, BlobPin, BlobRequest, Blobs};
pub use budgets::{Budget, BudgetKey, Budgets, JobLimits, Member, WHOLE};
pub use chunk_store::{ChunkStore, FileError, FileErrorKind};
pub use clock::Clock;
pub use deposits::Deposits;
pub use details::{FirstPart, ObjectDetails};
pub use estate::{
    BucketFacts, Identity, Inspector, ListEntry, ListPage, ListRequest, Lister, SCRATCH_PREFIX,
    Scratch, ScratchUploads, Setting,
};
pub use events::EventQueue;
pub use inventories::{Inventories, InventorySetup, ReportEncryption};
pub use key_service::{KeyFacts, KeyService, KeyStatus};
pub use ledger::{
    Binding, ChunkRecord, Claim, Lease, Ledger, LedgerError, LedgerErrorKind, Release, SourceState,
};
pub use neighbours::{
    KeyPolicies, LifecycleRule, Neighbourhood, Neighbours, PublicAccessBlock, ReplicationRule, Told,
};
pub use object_store::{
    CopyReceipt, CopyRequest, CopyTags, DestinationGuard, ObjectStore, OpenUpload, PartReceipt,
    PartRequest, SourceGuard, UploadId, UploadRef, UploadRequest, UploadSource,
};
pub use own_buckets::{OwnBucket, OwnBuckets, Reached};
pub use purger::{Deletion, PurgeTerms, Purger, VersionRef, WRONG_DELETE};
pub use queue::{Delivery, Queue, QueueError, Receipt, WorkItem};
pub use random::Random;
pub use records::Records;
pub use report_sink::{ReportSink, SegmentName};
pub use roles::{Roles, ScratchReader};
pub use roster::{Roster, Stewardship, WorkerBeat};
pub use safeguards::{EncryptionRule, Safeguards};
pub use stacks::{Stack, StackResource, Stacks};
pub use stores::{AnyRoles, Stores};
