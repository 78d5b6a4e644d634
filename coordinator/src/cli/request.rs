//! What the rest of the program is told: typed, complete, free of
//! contradictions.

use std::collections::BTreeSet;
use std::path::PathBuf;

use reseal_core::{
    AccountId, Behaviour, BucketName, Estimate, JobId, ObjectKey, Outcome, PriceList, Selection,
    Versions, WhichFleet,
};
use reseal_core::{BucketRoles, RoleArn};
use serde::Serialize;

use super::args::Output;
use super::report::ReportFormat;

/// One line that names the flag, says what is wrong and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct RefusedUsage(pub(crate) String);

/// What the process's environment says, read once in `main`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// `XDG_STATE_HOME`.
    pub(crate) xdg_state_home: Option<PathBuf>,
    /// `HOME`.
    pub(crate) home: Option<PathBuf>,
}

/// A command with everything it was told.
#[derive(Debug)]
pub(crate) enum Command {
    Plan(JobRequest),
    Run {
        job: JobRequest,
        yes: bool,
    },
    Submit(super::SubmitRequest),
    FleetInit(super::FleetInitRequest),
    Probe(ProbeRequest),
    Status(StatusRequest),
    Steer(SteerRequest),
    Retry(RetryRequest),
    Verify(VerifyRequest),
    Census(super::CensusRequest),
    Purge(super::PurgeRequest),
    Report(ReportRequest),
    Guard(super::GuardRequest),
    Inventory(super::InventoryRequest),
    Serve(Box<super::ServeRequest>),
    Teardown(super::TeardownRequest),
    Health(std::net::SocketAddr),
    Completions(clap_complete::Shell),
    #[cfg(feature = "demo")]
    Demo(DemoRequest),
}

/// What `plan` and `run` were told.
#[derive(Clone, Debug)]
pub(crate) struct JobRequest {
    pub(crate) sources: Vec<SourceRequest>,
    pub(crate) target: TargetRequest,
    /// `source_kms_key` still as typed: preflight resolves it.
    pub(crate) selection: Selection,
    pub(crate) behaviour: Behaviour,
    /// Must be able to read under the new key. Like the limits no part of what
    /// makes a job this job: whoever is named is tried at every start.
    pub(crate) readers: Vec<RoleArn>,
    pub(crate) limits: Limits,
    /// For the estimate.
    pub(crate) prices: PriceList,
    pub(crate) connection: ConnectionRequest,
    pub(crate) state: PathBuf,
    pub(crate) output: Output,
    pub(crate) chunk_rows: u32,
}

/// What `probe` was told.
#[derive(Clone, Debug)]
pub(crate) struct ProbeRequest {
    pub(crate) sources: Vec<SourceRequest>,
    pub(crate) target: TargetRequest,
    pub(crate) behaviour: Behaviour,
    pub(crate) readers: Vec<RoleArn>,
    pub(crate) connection: ConnectionRequest,
    pub(crate) state: PathBuf,
    pub(crate) output: Output,
}

/// What `report` was told.
#[derive(Debug)]
pub(crate) struct ReportRequest {
    pub(crate) job: Option<JobId>,
    pub(crate) place: Place,
    pub(crate) connection: ConnectionRequest,
    pub(crate) format: ReportFormat,
    pub(crate) output: Output,
    pub(crate) out: ReportOut,
}

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReportOut {
    Stdout,
    File(PathBuf),
    /// Parts in a folder of this machine.
    Folder(PathBuf),
    /// Parts in a bucket; the prefix is empty or ends with a slash.
    Bucket {
        bucket: BucketName,
        prefix: String,
    },
}

/// What `status` was told.
#[derive(Debug)]
pub(crate) struct StatusRequest {
    /// All jobs when absent.
    pub(crate) job: Option<JobId>,
    pub(crate) watch: bool,
    pub(crate) place: Place,
    pub(crate) connection: ConnectionRequest,
    pub(crate) output: Output,
}

/// Where a job lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a state folder of this machine.
    Folder(PathBuf),
    /// With a fleet.
    Fleet(WhichFleet),
}

/// What becomes of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Steering {
    Pause,
    Resume,
    Cancel { yes: bool },
}

/// What `pause`, `resume` and `cancel` were told.
#[derive(Debug)]
pub(crate) struct SteerRequest {
    pub(crate) job: JobId,
    pub(crate) steering: Steering,
    pub(crate) place: Place,
    pub(crate) connection: ConnectionRequest,
    pub(crate) output: Output,
}

/// What `retry` was told.
#[derive(Debug)]
pub(crate) struct RetryRequest {
    pub(crate) job: JobId,
    /// Of the rows to drive again; never empty.
    pub(crate) outcomes: BTreeSet<Outcome>,
    pub(crate) yes: bool,
    pub(crate) limits: Limits,
    /// For the estimate.
    pub(crate) prices: PriceList,
    /// What isn't named here is the job's.
    pub(crate) connection: ConnectionRequest,
    pub(crate) place: Place,
    pub(crate) state: PathBuf,
    pub(crate) output: Output,
}

/// What `verify` looks at.
#[derive(Clone, Debug)]
pub(crate) enum VerifyWhat {
    /// The objects of its report.
    Job(JobId),
    Sources(VerifySources),
}

/// Sources and what `verify` compares them with.
#[derive(Clone, Debug)]
pub(crate) struct VerifySources {
    pub(crate) sources: Vec<SourceRequest>,
    pub(crate) target: TargetRequest,
    pub(crate) selection: Selection,
    pub(crate) versions: Versions,
}

/// How many objects `verify` looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sample {
    All,
    Random {
        objects: u64,
        /// Drawn when absent.
        seed: Option<u64>,
    },
}

/// What `verify` was told.
#[derive(Debug)]
pub(crate) struct VerifyRequest {
    pub(crate) what: VerifyWhat,
    pub(crate) sample: Sample,
    /// Compare with what was before, too.
    pub(crate) deep: bool,
    /// A file for every difference.
    pub(crate) out: Option<PathBuf>,
    pub(crate) limits: Limits,
    pub(crate) connection: ConnectionRequest,
    pub(crate) place: Place,
    pub(crate) state: PathBuf,
    pub(crate) output: Output,
}

/// What `demo` was told.
#[cfg(feature = "demo")]
#[derive(Debug)]
pub(crate) struct DemoRequest {
    pub(crate) objects: u32,
    pub(crate) state: PathBuf,
    pub(crate) keep: bool,
}

/// A source as named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SourceRequest {
    /// `s3://bucket[/prefix]`.
    Listing { bucket: BucketName, prefix: String },
    /// `--manifest FILE`.
    ManifestFile(PathBuf),
    /// `--manifest s3://bucket/key`.
    ManifestObject {
        bucket: BucketName,
        key: ObjectKey,
        /// Its SHA-256 where no other will do.
        digest: Option<String>,
    },
    /// `--manifest latest:s3://bucket/folder/`.
    ManifestLatest { bucket: BucketName, folder: String },
    /// `--keys FILE`.
    KeysFile(PathBuf),
    /// `--keys -`.
    KeysStdin,
    /// `--bucket-tag KEY=VALUE`, once or more: buckets with any of these.
    Tagged(Vec<(String, String)>),
    /// `--all-buckets`.
    AllBuckets,
}

/// A target whose key isn't resolved yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum TargetRequest {
    SseS3,
    SseKms { key: String, bucket_key: bool },
    DsseKms { key: String },
}

impl TargetRequest {
    /// The key as typed.
    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::SseS3 => None,
            Self::SseKms { key, .. } | Self::DsseKms { key } => Some(key),
        }
    }
}

/// Limits, in the user's units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    /// Objects per second.
    pub(crate) rate: Option<f64>,
    /// Write requests per second and prefix.
    pub(crate) rate_per_prefix: f64,
    /// KMS requests per second.
    pub(crate) kms_rate: Option<f64>,
    /// Objects in flight.
    pub(crate) concurrency: u32,
    pub(crate) caps: Caps,
}

/// Where a run stops by itself, or doesn't begin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Caps {
    /// Objects that the sources may hold.
    pub(crate) max_objects: Option<u64>,
    /// What the estimate may say.
    pub(crate) max_cost_usd: Option<f64>,
    /// The share of settled objects that may fail, from 0 to 1.
    pub(crate) failed_share: f64,
}

impl Caps {
    /// None at all.
    pub(crate) const NONE: Self = Self { max_objects: None, max_cost_usd: None, failed_share: 1.0 };

    /// Why so many objects are too many, naming the flag.
    pub(crate) fn refuse_objects(&self, objects: u64) -> Option<String> {
        let limit = self.max_objects.filter(|limit| objects > *limit)?;
        Some(format!("--max-objects {limit}: the sources hold more than that ({objects} so far)"))
    }

    /// Why this estimate is too much, or knows too little, naming the flag.
    pub(crate) fn refuse_cost(&self, estimate: &Estimate) -> Option<String> {
        let limit = self.max_cost_usd?;
        let usd = estimate.total_usd();
        let above = || (usd > limit).then(|| format!("the estimate is ${usd:.4}"));
        let why = not_known(estimate).or_else(above)?;
        Some(format!("--max-cost-usd {limit}: {why}"))
    }

    /// Why no estimate of this region, or of this target there, can be held
    /// against the limit.
    pub(crate) fn refuse_unpriced(
        &self,
        prices: &PriceList,
        region: &str,
        target: &TargetRequest,
    ) -> Option<String> {
        let limit = self.max_cost_usd?;
        let why = if !prices.knows(region) {
            format!(
                "no prices of {region} are known, and another region's may be lower: --prices FILE says them"
            )
        } else if matches!(target, TargetRequest::DsseKms { .. })
            && prices.region(region).is_some_and(|(_, prices)| prices.dsse_per_gib.is_none())
        {
            DSSE_UNPRICED.to_owned()
        } else {
            return None;
        };
        Some(format!("--max-cost-usd {limit}: {why}"))
    }

    /// Why this estimate can't be held against the limit just now.
    pub(crate) fn put_off_cost(&self, estimate: &Estimate) -> Option<String> {
        let (limit, unseen) = (self.max_cost_usd?, estimate.not_looked_at);
        (unseen > 0).then(|| {
            format!(
                "--max-cost-usd {limit}: what {unseen} objects cost isn't known, since S3 didn't answer about them: try again later, or leave the limit out"
            )
        })
    }
}

/// What keeps an estimate from being held against a limit, and what helps.
fn not_known(estimate: &Estimate) -> Option<String> {
    let Estimate { unpriced_classes, unpriced_restores, unpriced_dsse_bytes, .. } = estimate;
    if !unpriced_classes.is_empty() {
        let named = unpriced_classes.iter().map(|unpriced| unpriced.class.as_str());
        let named: Vec<_> = named.collect();
        return Some(format!(
            "no prices of the storage classes {} are known: --prices FILE says them",
            named.join(", ")
        ));
    }
    if *unpriced_restores > 0 {
        return Some(format!(
            "what the restore of {unpriced_restores} objects costs isn't known: --prices FILE says it"
        ));
    }
    (*unpriced_dsse_bytes > 0).then(|| DSSE_UNPRICED.to_owned())
}

const DSSE_UNPRICED: &str =
    "what DSSE-KMS costs by the byte isn't known: dsse_per_gib in --prices FILE says it";

/// How to reach S3, KMS and STS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConnectionRequest {
    pub(crate) endpoint: Option<String>,
    /// Another one for a fleet's SQS and DynamoDB, and its stack.
    pub(crate) fleet_endpoint: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) profile: Option<String>,
    /// The account that must own every bucket that no role is named for; the
    /// caller's when absent.
    pub(crate) bucket_owner: Option<AccountId>,
    /// Buckets of other accounts, and the roles that reach them.
    pub(crate) roles: BucketRoles,
    /// Whether an endpoint on another machine may be plain HTTP.
    pub(crate) allow_plain_http: bool,
    /// Whether to say on every request that the caller pays.
    pub(crate) request_payer: bool,
    /// A fixed pair of credentials that no account has: the demo's, for its
    /// own sandbox.
    pub(crate) sandbox_credentials: bool,
}

impl SourceRequest {
    /// Whether it is an S3 Inventory report.
    pub(crate) fn is_manifest(&self) -> bool {
        matches!(
            self,
            Self::ManifestFile(_) | Self::ManifestObject { .. } | Self::ManifestLatest { .. }
        )
    }

    /// Whether buckets are listed for it.
    pub(crate) fn is_listed(&self) -> bool {
        matches!(self, Self::Listing { .. } | Self::Tagged(_) | Self::AllBuckets)
    }

    /// The bucket that a report is fetched from.
    pub(crate) fn report_bucket(&self) -> Option<&BucketName> {
        match self {
            Self::ManifestObject { bucket, .. } | Self::ManifestLatest { bucket, .. } => {
                Some(bucket)
            }
            _ => None,
        }
    }

    /// As the user would write it.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Listing { bucket, prefix } => {
                format!("s3://{bucket}/{}", reseal_core::escape_control(prefix))
            }
            Self::ManifestFile(path) => format!("--manifest {}", path.display()),
            Self::ManifestObject { bucket, key, .. } => {
                let key = reseal_core::escape_control(key.as_str());
                format!("--manifest s3://{bucket}/{key}")
            }
            Self::ManifestLatest { bucket, folder } => {
                let folder = reseal_core::escape_control(folder);
                format!("--manifest latest:s3://{bucket}/{folder}")
            }
            Self::KeysFile(path) => format!("--keys {}", path.display()),
            Self::KeysStdin => "--keys -".to_owned(),
            Self::Tagged(tags) => {
                let flag = |(key, value): &(String, String)| {
                    let tag = format!("{key}={value}");
                    format!("--bucket-tag {}", reseal_core::escape_control(&tag))
                };
                tags.iter().map(flag).collect::<Vec<_>>().join(" ")
            }
            Self::AllBuckets => "--all-buckets".to_owned(),
        }
    }
}
