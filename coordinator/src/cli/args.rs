//! What the user typed: clap's view, unchecked beyond its syntax.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use reseal_worker::process::LogFormat;

use super::accounts::AccountArgs;
use super::behaviour::BehaviourArgs;
use super::census::CensusArgs;
use super::fleet::{FleetCommandArgs, SubmitArgs};
use super::guard::GuardArgs;
use super::health::HealthArgs;
use super::inventory::InventoryArgs;
use super::job_args::{CancelArgs, RetryArgs, StatusArgs, SteerArgs, VerifyArgs};
use super::purge::PurgeArgs;
use super::readers::ReaderArgs;
use super::report::ReportArgs;
use super::serve::ServeArgs;
use super::teardown::TeardownArgs;

const EXIT_CODES: &str = "\
Exit codes:
  0    finished; every object is at the target (delete markers, objects that are
       gone and objects outside the selection count as settled)
  3    finished; some objects were skipped or failed and need a look: see the report
  2    bad usage, or refused before any object was touched
  1    failed, cancelled, or paused because the KMS key or the credentials became
       unusable or too many objects failed
  130  interrupted, or paused on request; the same command resumes";

/// Re-encrypts the objects that are already in your S3 buckets, in place, with proof.
#[derive(Debug, Parser)]
#[command(name = "reseal", version, after_help = EXIT_CODES, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// More log lines on stderr: -v what happens, -vv why, -vvv everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// How log lines look
    #[arg(long, global = true, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look at every object and say what a run would do, at what price; changes nothing
    Plan(PlanArgs),
    /// Re-encrypt: probe, plan, confirm, work, prove, report. The same command again resumes
    #[command(after_help = EXIT_CODES)]
    Run(RunArgs),
    /// The same through a fleet: probe, plan, confirm, hand out; `reseal-worker` does the work
    Submit(SubmitArgs),
    /// Set up a fleet
    Fleet(FleetCommandArgs),
    /// Try on scratch objects under .reseal-probe/ what a run relies on, and remove them again
    Probe(ProbeArgs),
    /// Where a job stands, or the list of jobs; works beside a run
    Status(StatusArgs),
    /// Let a job stand still: what is in flight is finished first; its run ends with 130
    Pause(SteerArgs),
    /// Let a paused job go on: the run's own command works it
    Resume(SteerArgs),
    /// Give a job up for good: its run ends with 1. What was re-encrypted stays so
    Cancel(CancelArgs),
    /// Drive the failed and skipped objects of a job again, as a job of its own
    #[command(after_help = EXIT_CODES)]
    Retry(RetryArgs),
    /// Independent proof: look at all objects, or a sample, and compare with the target and the report
    Verify(VerifyArgs),
    /// Count objects by bucket, encryption, key, class, version and size, or what a job made of them; changes nothing
    Census(CensusArgs),
    /// Delete for good the old versions that a job's copies superseded; nothing else deletes
    Purge(PurgeArgs),
    /// Write the report of a job: one row per object, or the totals
    Report(ReportArgs),
    /// Keep new objects as they should be: default encryption, and policies that deny what isn't. Prints, unless told to --apply
    Guard(GuardArgs),
    /// Set up, call off and list the S3 Inventory reports that --manifest reads
    Inventory(InventoryArgs),
    /// Wait for events and work what carries a tag: reports set up, looked at when they arrive, or handed to a fleet
    Serve(Box<ServeArgs>),
    /// Call off the inventory reports of a fleet's CloudFormation stack, delete the stack, say what is left
    Teardown(TeardownArgs),
    /// Ask a worker, or what serves, for a sign of life: for health checks in containers without a shell
    Health(HealthArgs),
    /// Write a shell's completions to stdout
    Completions(CompletionsArgs),
    /// Plan, run and report against a sandbox on this machine: no account needed
    #[cfg(feature = "demo")]
    Demo(DemoArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,
    #[command(flatten)]
    pub(crate) readers: ReaderArgs,

    /// Don't ask for confirmation; needed where there is no terminal to ask on
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ProbeArgs {
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) behaviour: BehaviourArgs,
    #[command(flatten)]
    pub(crate) readers: ReaderArgs,
    #[command(flatten)]
    pub(crate) accounts: AccountArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,

    /// A job file (YAML): its keys are the long names of flags, `sources` is SOURCE, lists repeat; what is
    /// given here wins (docs/job-file.md)
    #[arg(long = "job", value_name = "FILE")]
    pub(crate) job_file: Option<PathBuf>,
}

/// What `plan` and `run` have in common.
#[derive(Debug, Args)]
pub(crate) struct JobArgs {
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    #[command(flatten)]
    pub(crate) behaviour: BehaviourArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) accounts: AccountArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,

    /// A job file (YAML): its keys are the long names of flags, `sources` is SOURCE, lists repeat; what is
    /// given here wins (docs/job-file.md)
    #[arg(long = "job", value_name = "FILE")]
    pub(crate) job_file: Option<PathBuf>,

    /// Rows per chunk, the unit of work that is leased, checkpointed and resumed
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    pub(crate) chunk_rows: u32,
}

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Source")]
pub(crate) struct SourceArgs {
    /// Where the objects are: s3://bucket or s3://bucket/prefix, listed live; repeatable
    #[arg(value_name = "SOURCE")]
    pub(crate) sources: Vec<String>,

    /// An S3 Inventory report (CSV, ORC or Parquet) by its manifest.json, a local file or s3://bucket/key; repeatable.
    /// latest:s3://DESTINATION/PREFIX/SOURCE-BUCKET/CONFIG-ID/ is the newest whole report there.
    /// All of it is verified before anything is touched
    #[arg(long, value_name = "FILE|s3://…|latest:s3://…")]
    pub(crate) manifest: Vec<String>,

    /// A list of objects, "-" for standard input; repeatable. CSV of bucket, key and, where there is a third column, version
    /// (a header line is recognised) or one JSON object {"bucket":…,"key":…,"version":…} a line.
    /// Best sorted by bucket: work is cut where the bucket changes
    #[arg(long, value_name = "FILE|-")]
    pub(crate) keys: Vec<PathBuf>,

    /// Every bucket of the accounts reached, in this region, with exactly this tag of its own, listed live; repeatable: all with
    /// one or more of the tags. Looked up once, at the start; a bucket whose tags can't be read refuses the command
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) bucket_tag: Vec<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetArgs {
    /// The encryption that every object shall have
    #[arg(long, value_enum, value_name = "TYPE")]
    pub(crate) sse: Sse,

    /// The KMS key: ARN, id or alias/NAME; resolved once and frozen. For aws:kms and aws:kms:dsse
    #[arg(long, value_name = "KEY")]
    pub(crate) kms_key: Option<String>,

    /// Whether to use an S3 Bucket Key, which saves nearly all KMS requests [default: true]. Only for aws:kms
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub(crate) bucket_key: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sse {
    /// SSE-S3: keys that S3 manages
    #[value(name = "AES256")]
    Aes256,
    /// SSE-KMS: your key
    #[value(name = "aws:kms")]
    Kms,
    /// DSSE-KMS: two layers under your key
    #[value(name = "aws:kms:dsse")]
    Dsse,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Selection (everything, unless narrowed)")]
pub(crate) struct SelectionArgs {
    /// Only objects that are encrypted so now; comma-separated
    #[arg(long, value_enum, value_delimiter = ',', value_name = "TYPES")]
    pub(crate) only: Vec<Only>,

    /// Only objects under this KMS key now: ARN, id or alias/NAME
    #[arg(long, value_name = "KEY")]
    pub(crate) source_kms_key: Option<String>,

    /// No keys that begin so; repeatable
    #[arg(long, value_name = "PREFIX")]
    pub(crate) exclude_prefix: Vec<String>,

    /// No smaller objects: bytes, or with a unit such as 10MiB or 10MB
    #[arg(long, value_name = "SIZE")]
    pub(crate) min_size: Option<String>,

    /// No larger objects: bytes, or with a unit such as 5GiB or 5GB
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_size: Option<String>,

    /// Only objects last modified before this time, such as 2026-11-21T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) modified_before: Option<String>,

    /// Only objects last modified at or after this time, such as 2026-11-21T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) modified_after: Option<String>,

    /// Only objects of these storage classes, such as STANDARD,STANDARD_IA; comma-separated
    #[arg(long, value_delimiter = ',', value_name = "CLASSES")]
    pub(crate) storage_class: Vec<String>,

    /// Which versions listings take in: what readers get, or noncurrent ones and delete markers too
    #[arg(long, value_enum, default_value = "current", value_name = "WHICH")]
    pub(crate) versions: WhichVersions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// Stored in the clear
    #[value(name = "NOT-SSE")]
    NotSse,
    /// SSE-S3
    #[value(name = "SSE-S3")]
    SseS3,
    /// SSE-KMS
    #[value(name = "SSE-KMS")]
    SseKms,
    /// DSSE-KMS
    #[value(name = "DSSE-KMS")]
    DsseKms,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhichVersions {
    /// Current versions
    Current,
    /// All versions
    All,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Limits (may change from one run of a job to the next)")]
pub(crate) struct LimitArgs {
    /// At most so many objects per second [default: no limit but the ones below]
    #[arg(long, value_name = "OBJECTS/S")]
    pub(crate) rate: Option<f64>,

    /// At most so many write requests per second and prefix; S3 grants 3500
    #[arg(long, default_value_t = 3_500.0, value_name = "REQUESTS/S")]
    pub(crate) rate_per_prefix: f64,

    /// At most so many KMS requests per second; the quota is shared by the account [default: no limit]
    #[arg(long, value_name = "REQUESTS/S")]
    pub(crate) kms_rate: Option<f64>,

    /// Objects in flight
    #[arg(long, default_value_t = 256, value_name = "N")]
    pub(crate) concurrency: u32,

    /// Refuse to begin when the sources hold more objects; takes all of them in first
    #[arg(long, value_name = "N")]
    pub(crate) max_objects: Option<u64>,

    /// Refuse to begin when the estimate lies above, or lacks a price (region, class, restore, DSSE); takes all objects in and looks at a sample first
    #[arg(long, value_name = "USD")]
    pub(crate) max_cost_usd: Option<f64>,

    /// Prices for the estimate, as JSON in the form of shared/core/src/price/prices.json [default: list prices of us-east-1 of a day that the estimate names]
    #[arg(long, value_name = "FILE")]
    pub(crate) prices: Option<PathBuf>,

    /// Pause once at least 100 objects are settled and more than this share of them failed
    #[arg(long, default_value = "50%", value_name = "PERCENT")]
    pub(crate) failure_threshold: String,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Connection (credentials come from the usual AWS places)")]
pub(crate) struct ConnectionArgs {
    /// Another S3-compatible endpoint, addressed by path; also serves KMS and STS
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,

    /// The region of the buckets and of the key [default: as configured for AWS]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,

    /// A profile of the AWS configuration files
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// The account that must own every bucket; anything else is refused [default: the caller's]
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) bucket_owner: Option<String>,

    /// Say on every request that the caller pays: for Requester Pays buckets of another account
    #[arg(long)]
    pub(crate) request_payer: bool,

    /// Allow an http:// endpoint that isn't on this machine
    #[arg(long)]
    pub(crate) allow_plain_http: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Where and how to write")]
pub(crate) struct PlaceArgs {
    /// The state folder: ledger, chunks, reports [default: reseal in the XDG state folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,

    /// The result on stdout, for people or as one JSON object; everything else goes to stderr
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Text,
    /// One JSON object
    Json,
}

#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How many objects to fill the two buckets with
    #[arg(long, default_value_t = 2_000, value_name = "N")]
    pub(crate) objects: u32,

    /// The folder for the demo's state and report
    #[arg(long, default_value = "reseal-demo", value_name = "DIR")]
    pub(crate) state: PathBuf,

    /// Keep the sandbox running afterwards, until Ctrl-C, to look at it with the aws CLI
    #[arg(long)]
    pub(crate) keep: bool,
}
