//! What each role of the fleet must be allowed, and nothing else: from here
//! come the policies of the stack's template, and here the tests look up every
//! call that they record.
//!
//! Owns: which IAM actions an operation needs ([`actions`]), who asks for which
//! operation and of what ([`needs`]), and the policies that follow.
//! Never: talks to IAM.

mod operations;
mod policy;
mod roles;
#[cfg(test)]
mod tests;

pub use operations::actions;
pub use policy::{MANAGED_POLICY_LIMIT, managed_policy};
pub use roles::needs;

/// Whoever runs some of the commands, and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// `reseal-worker`: the only one that writes to objects of jobs.
    Worker,
    /// `submit`, `serve` and what steers jobs. Writes to data buckets below
    /// `.reseal-probe/` alone.
    Coordinator,
    /// `status`, `report`, `verify`, `census`, `plan`: looks and changes nothing.
    Auditor,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Worker, Self::Coordinator, Self::Auditor];

    /// Its name in the template, and in tests' access keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Worker => "Worker",
            Self::Coordinator => "Coordinator",
            Self::Auditor => "Auditor",
        }
    }
}

/// What operations are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Nothing in particular.
    Account,
    /// Any bucket of the account.
    Buckets,
    /// Their objects.
    Objects,
    /// Of these the probe's own, below `.reseal-probe/`.
    Scratch,
    /// The bucket that the stack makes for itself.
    WorkBucket,
    /// In it the fleet's chunk files, results and records.
    Files,
    /// In it inventory reports.
    Reports,
    /// In it censuses and plans of `serve --mode report`.
    Plans,
    /// The KMS key of the target, asked directly.
    TargetKey,
    /// The same key, which S3 uses in the caller's name.
    TargetThroughS3,
    /// Keys that objects lie under until then, which S3 uses in the caller's name.
    OldKeysThroughS3,
    /// The ledger.
    Table,
    /// The queues of the three priorities.
    Queues,
    /// The same and the dead-letter queue.
    AllQueues,
    /// The queue of events.
    Events,
    /// The stack, whose outputs say where the rest is.
    Stack,
    /// The ECS task itself.
    Task,
    /// Roles of other accounts, through which their buckets are reached.
    BucketRoles,
}

/// One or more operations of a role on one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// What they are about.
    pub place: Place,
    /// Only where the stack's parameters ask for it: the template's condition.
    pub condition: Option<&'static str>,
    /// By the SDK's names.
    pub operations: &'static [&'static str],
}
