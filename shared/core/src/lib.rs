//! The pure domain of reseal: what is known of an object, which action it
//! needs, what a job and a chunk are, and the ports through which the engine
//! reaches the world.
//!
//! Owns: types, decisions, arithmetic, lifecycles, port traits.
//! Never: starts a runtime, reads a clock, draws a random number, names an SDK
//! or touches a network or a disk. Everything here is a function of its
//! arguments, so that the simulator and production run the same code.
//! Next: `choose` for the action table, `ports` for the outside world,
//! `lifecycle` for what may follow what.

mod backup;
mod checkpoint;
mod choose;
mod chunk;
mod encryption;
mod failure;
mod identity;
mod job;
mod lifecycle;
mod object;
mod outcome;
mod parts;
mod policy;
pub mod ports;
mod price;
mod progress;
mod protection;
mod role;
mod segment;
mod selection;
mod source;
mod stack;
mod tally;
mod text;
mod time;

pub use backup::BackupTo;
pub use checkpoint::{Bitmap, Checkpoint};
pub use choose::{Action, Currency, Decision, Facts, choose};
pub use chunk::{ChunkDigest, ChunkError, ChunkFile, MAX_CHUNK_ROWS};
pub use encryption::{Encryption, KmsTarget, Target};
pub use failure::{KeyTrouble, StoreError, StoreErrorKind, Throttler};
pub use identity::{
    AccountId, BucketName, ChunkId, Epoch, FleetName, IdentityError, JobId, KeyArn, ObjectKey,
    ObjectRef, VersionId, WorkerId,
};
pub use job::{
    AclTerms, Annotations, Behaviour, BucketTerms, Capabilities, Fingerprint, JobRecord, JobSpec,
    Priority, Versioning, Versions,
};
pub use lifecycle::{
    ChunkEvent, ChunkState, IllegalEvent, JobEvent, JobState, PauseReason, job_may_become,
    next_chunk_state, next_job_state,
};
pub use object::{
    ArchiveState, Attributes, Checksum, ETag, LockMode, ObjectHead, ObjectLock, Retention,
    StorageClass, TagSet,
};
pub use outcome::{ActionKind, FailReason, Outcome, OutcomeRow, Proof, SkipReason, Snapshot};
pub use parts::{MAX_PARTS, MAX_SINGLE_COPY, PartPlan, PartRange, PartSizing, PartsError};
pub use policy::{
    Archived, FullTags, Locked, MarkerTag, Policy, RestoreTerms, RestoreTier, Strategy, TagRoom,
};
pub use price::{
    Bill, BilledTerms, ClassPrices, Comparison, Estimate, PriceList, PriceListError, PricedLine,
    Quantities, RegionPrices, Restated, RestorePrice, RestorePrices, UnpricedClass, Work,
};
pub use progress::{Progress, ProgressView};
pub use protection::{Acl, CanonicalId, Grant, Grantee, Permission, Protection};
pub use role::{BucketPattern, BucketRole, BucketRoles, NotAPattern, NotARole, RoleArn};
pub use segment::{SegmentError, SegmentRef, encode_rows};
pub use selection::{EncryptionFilter, Selection};
pub use source::{BucketKeyStatus, Cursor, EncryptionStatus, SourceRow, SourceSpec};
pub use stack::{FleetStack, StackError, StackName, StackPlace, WhichFleet};
pub use tally::Tally;
pub use text::{escape_control, spreadsheet_safe};
pub use time::Timestamp;
