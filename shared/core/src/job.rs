//! What the user asked for, frozen at submit (I13).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    AccountId, BackupTo, BucketName, BucketRoles, CanonicalId, ChunkDigest, Encryption, JobId,
    JobState, MarkerTag, Policy, Selection, SourceRow, SourceSpec, Target, Timestamp,
};

/// Which versions a live listing takes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Versions {
    /// What readers of the key get.
    #[default]
    Current,
    /// Noncurrent versions and delete markers too.
    All,
}

/// A bucket's versioning: what becomes of an object that is written over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Versioning {
    /// Never was on: objects have no versions, and a copy replaces its source.
    Never,
    /// On: every copy makes a version and keeps the old one.
    Enabled,
    /// Was on: every copy becomes the version `null` and replaces the one that
    /// was so named, whether current or not.
    Suspended,
}

/// How a job treats what it finds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behaviour {
    /// Choices of the action table.
    pub policy: Policy,
    /// Which versions a listing takes in.
    pub versions: Versions,
    /// Copy even where the endpoint ignores conditions on the destination, so
    /// that a write in the instant of the copy could be lost.
    pub accept_unfenced_copies: bool,
    /// Copy even where S3 resets object ACLs to private.
    #[serde(default)]
    pub accept_acl_reset: bool,
    /// Let a report's row stand for a HEAD where it says all that is needed.
    #[serde(default)]
    pub trust_inventory: bool,
    /// Copy what a copy would replace for good, before it does.
    #[serde(default)]
    pub backup_to: Option<BackupTo>,
    /// Put this tag on every object that is at the target.
    #[serde(default)]
    pub tag: Option<MarkerTag>,
}

/// The whole request. Rates and concurrency are not part of it: they may
/// change from one run to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// Where the objects come from.
    pub sources: Vec<SourceSpec>,
    /// What they shall become.
    pub target: Target,
    /// Which of them.
    pub selection: Selection,
    /// How.
    pub behaviour: Behaviour,
    /// The endpoint, where it isn't AWS's own.
    pub endpoint: Option<String>,
    /// The region of every bucket and of the key.
    pub region: String,
    /// Buckets of other accounts, and the roles that reach them.
    #[serde(default)]
    pub roles: BucketRoles,
    /// Rows per chunk.
    pub chunk_rows: u32,
}

impl JobSpec {
    /// Two runs with the same fingerprint are the same job, and the second
    /// resumes the first.
    ///
    /// # Errors
    /// Never for a spec that was parsed; serde's error otherwise.
    pub fn fingerprint(&self) -> Result<Fingerprint, serde_json::Error> {
        let Self { sources, target, selection, behaviour, endpoint, region, roles, chunk_rows: _ } =
            self;
        let request = (sources, target, selection, behaviour, endpoint, region);
        // Without roles it is what it was before jobs had any, so that an
        // unfinished job of then is still found.
        let canonical = match roles.is_empty() {
            true => serde_json::to_vec(&request)?,
            false => serde_json::to_vec(&(request, roles))?,
        };
        Ok(Fingerprint(ChunkDigest::of(&canonical).as_str().to_owned()))
    }

    /// The job whose rows this one drives again, where it is a retry.
    #[must_use]
    pub fn retry_of(&self) -> Option<&JobId> {
        self.sources.iter().find_map(|source| match source {
            SourceSpec::Rows { job, .. } => Some(job),
            _ => None,
        })
    }

    /// Whether a row of this source may be in the selection, before any HEAD.
    /// A report's rows may be days old: unless they are trusted, what they say
    /// of an object leaves nothing out.
    #[must_use]
    pub fn may_take(&self, source: &SourceSpec, row: &SourceRow) -> bool {
        let stale = matches!(source, SourceSpec::Inventory { .. });
        if stale && !self.behaviour.trust_inventory {
            self.selection.may_take_key(&row.key)
        } else {
            self.selection.may_take(row)
        }
    }
}

/// SHA-256 over what makes a job this job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

/// What the probe saw an endpoint, a key and a role do in one bucket. A run
/// relies on nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// UpdateObjectEncryption changed a scratch object's encryption and
    /// nothing else.
    pub update: bool,
    /// A copy with a wrong `if-match` on the destination was refused.
    pub destination_guard: bool,
    /// HEAD tells the bucket-key state.
    pub bucket_key_reported: bool,
    /// Whether objects may have annotations, which a copy in parts loses.
    #[serde(default)]
    pub annotations: Annotations,
    /// A copy in parts kept all that it was told to keep.
    #[serde(default = "Capabilities::assumed")]
    pub parts: bool,
    /// A completion of parts with a wrong `if-match` was refused.
    #[serde(default = "Capabilities::assumed")]
    pub parts_guard: bool,
}

/// Whether an object's annotations can be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Annotations {
    /// The endpoint knows none.
    #[default]
    Unknown,
    /// They can be read and written.
    Readable,
    /// There may be some, and this caller may not list them.
    Denied,
}

impl Capabilities {
    /// For jobs from before copies in parts were probed.
    fn assumed() -> bool {
        true
    }

    /// What AWS documents: for tests and for plans that may not probe.
    #[must_use]
    pub fn documented() -> Self {
        Self {
            update: true,
            destination_guard: true,
            bucket_key_reported: true,
            annotations: Annotations::Readable,
            parts: true,
            parts_guard: true,
        }
    }

    /// Nothing: for a bucket that was never probed.
    #[must_use]
    pub fn none() -> Self {
        Self {
            update: false,
            destination_guard: true,
            bucket_key_reported: true,
            annotations: Annotations::Denied,
            parts: false,
            parts_guard: true,
        }
    }

    /// Whether this encryption is the target's, as far as the endpoint tells.
    #[must_use]
    pub fn meets(&self, target: &Target, encryption: &Encryption) -> bool {
        if self.bucket_key_reported {
            target.is_met_by(encryption)
        } else {
            target.is_met_without_bucket_key(encryption)
        }
    }
}

/// What becomes of the ACLs of a bucket's objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AclTerms {
    /// They don't count there, or the user gave them up.
    #[default]
    Ignored,
    /// Copies restate them.
    Kept {
        /// Whose the objects are that we write. An object of another owner
        /// would change hands.
        writer: CanonicalId,
    },
}

/// What preflight and probe settled for one bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketTerms {
    /// What the probe saw.
    pub capabilities: Capabilities,
    /// What becomes of an object that is copied onto itself.
    pub versioning: Versioning,
    /// What becomes of ACLs.
    #[serde(default)]
    pub acls: AclTerms,
}

impl BucketTerms {
    /// For a bucket that no preflight looked at.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            capabilities: Capabilities::none(),
            versioning: Versioning::Never,
            acls: AclTerms::Ignored,
        }
    }
}

/// Which job's chunks a fleet works first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Priority {
    /// Before all others.
    High,
    /// Neither.
    #[default]
    Normal,
    /// When nothing else waits.
    Low,
}

/// A job as the ledger holds it. All but `state` and `revision` is frozen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRecord {
    /// Its id.
    pub id: JobId,
    /// What makes it this job.
    pub fingerprint: Fingerprint,
    /// The request.
    pub spec: JobSpec,
    /// The account that must own every bucket that no role is named for; sent
    /// with every call.
    pub owner: AccountId,
    /// The buckets that the job may touch, and on what terms. A chunk of any
    /// other bucket is refused.
    pub buckets: BTreeMap<BucketName, BucketTerms>,
    /// Before or after other jobs of its fleet.
    #[serde(default)]
    pub priority: Priority,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: JobState,
    /// Counts the changes of state.
    pub revision: u64,
}
