//! Hazards to what else lives off a bucket: replication, listeners, lifecycle
//! rules, policies.

use reseal_core::BucketName;
use serde::Serialize;

use super::shortened;

/// One hazard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "hazard", rename_all = "kebab-case")]
pub(crate) enum NeighbourHazard {
    /// New objects don't arrive as the target.
    DefaultEncryptionDiffers { bucket: BucketName, default: String },
    /// Every copy is replicated again.
    CopiesReplicate { bucket: BucketName, destinations: Vec<String> },
    /// Updates aren't replicated.
    ReplicasKeepEncryption { bucket: BucketName, destinations: Vec<String> },
    /// These rules leave objects under KMS keys behind.
    ReplicationStops { bucket: BucketName, rules: Vec<String> },
    /// Every copy is news to somebody.
    EventsFire { bucket: BucketName, listeners: Vec<String> },
    /// These rules count days since the last write.
    LifecycleRestarts { bucket: BucketName, rules: Vec<String> },
    /// These rules remove the versions that copies replace.
    OldVersionsExpire { bucket: BucketName, rules: Vec<String> },
    /// Other accounts are refused unless they say that they pay.
    RequesterPays { bucket: BucketName },
    /// A statement denies what a run does.
    PolicyDenies(PolicyHazard),
    /// A statement may deny it.
    PolicyMayDeny(PolicyHazard),
    /// A fact that may or may not be a hazard.
    CannotTell { about: String, what: &'static str, why: String },
}

/// A statement of a bucket policy that stands in a run's way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct PolicyHazard {
    pub(crate) bucket: BucketName,
    /// Its Sid, or which one it is.
    pub(crate) statement: String,
    /// What it denies of what a run does.
    pub(crate) actions: Vec<String>,
    /// Where it isn't the whole bucket.
    pub(crate) resources: Vec<String>,
}

impl NeighbourHazard {
    pub(super) fn text(&self) -> String {
        match self {
            Self::DefaultEncryptionDiffers { bucket, default } => format!(
                "new objects keep arriving in {bucket} as {default}, not as the target: change the bucket's default encryption first"
            ),
            Self::CopiesReplicate { bucket, destinations } => format!(
                "every copy in {bucket} is replicated again to {}: requests, transfer and storage are billed; --strategy update replicates nothing",
                shortened(destinations)
            ),
            Self::ReplicasKeepEncryption { bucket, destinations } => format!(
                "updates in {bucket} are not replicated: the replicas in {} keep their encryption; run reseal on them too",
                shortened(destinations)
            ),
            Self::ReplicationStops { bucket, rules } => format!(
                "replication of {bucket} leaves objects under KMS keys behind: set SourceSelectionCriteria.SseKmsEncryptedObjects and a ReplicaKmsKeyID first, in {}",
                shortened(rules)
            ),
            Self::EventsFire { bucket, listeners } => format!(
                "every copy in {bucket} fires an ObjectCreated event at {}: a storm, and a loop where one of them writes back; hold them off, slow down with --rate, or use --strategy update, which fires none",
                shortened(listeners)
            ),
            Self::LifecycleRestarts { bucket, rules } => format!(
                "a copy restarts the lifecycle clocks of {bucket}: {}; --strategy update lets them run on",
                shortened(rules)
            ),
            Self::OldVersionsExpire { bucket, rules } => format!(
                "the old versions that copies leave in {bucket} are removed by its lifecycle rules: {}",
                shortened(rules)
            ),
            Self::RequesterPays { bucket } => format!(
                "{bucket} lets requesters pay, and refuses those of other accounts that don't say they will: run reseal as the bucket's owner, who pays then, or with --request-payer"
            ),
            Self::PolicyDenies(PolicyHazard { bucket, statement, actions, resources }) => format!(
                "the policy of {bucket} denies what a run does: {}{} by statement {statement}; change that statement, or the target (`reseal probe` tries it)",
                actions.join(", "),
                on(resources)
            ),
            Self::PolicyMayDeny(PolicyHazard { bucket, statement, actions, resources }) => format!(
                "the policy of {bucket} may deny what a run does: {}{} by statement {statement}, whose conditions can't be judged beforehand (`reseal probe` tries it)",
                actions.join(", "),
                on(resources)
            ),
            Self::CannotTell { about, what, why } => format!(
                "can't tell {what} {about} ({why}): allow it to be read, or make sure yourself"
            ),
        }
    }
}

/// The probe only tries its own folder: a narrower statement is worth naming.
fn on(resources: &[String]) -> String {
    if resources.is_empty() { String::new() } else { format!(" on {}", shortened(resources)) }
}
