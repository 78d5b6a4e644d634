//! `serve`: what the user typed, and what it means.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use reseal_core::{BucketName, Priority, WhichFleet};

use super::accounts::AccountArgs;
use super::args::{
    ConnectionArgs, JobArgs, LimitArgs, PlaceArgs, SelectionArgs, SourceArgs, TargetArgs,
    WhichVersions,
};
use super::behaviour::BehaviourArgs;
use super::fleet::{FleetToBe, WhichPriority, priority, which};
use super::inventory::{Format, Frequency, key_and_value, place_of, reports};
use super::meaning::{Meant, job, refuse};
use super::readers::{ReaderArgs, readers};
use super::request::{Environment, JobRequest};
use super::sources::slashed;
use crate::inventory::Reports;

#[derive(Debug, Args)]
#[command(after_help = "\
Runs until it is stopped. Exit codes:
  0    stopped by SIGTERM or Ctrl-C; what wasn't finished is done after the next start
  2    bad usage, or refused at the start: queue, fleet or buckets can't be used
  1    failed at the start

One line on stderr for each event, -v says more. A refused job is recorded with its reason and
stops nothing. No flag asks for confirmation: who starts it with --mode encrypt has confirmed.")]
pub(crate) struct ServeArgs {
    /// The SQS queue of events, of the same region: from S3 (notifications) or EventBridge, or both
    #[arg(long, value_name = "URL")]
    pub(crate) events: String,

    /// What becomes of a report that arrives: census and plan as files; or a job for the fleet
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) mode: Mode,

    /// Buckets with exactly this tag of their own get inventory reports and are worked; those that lost it don't
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) bucket_tag: String,

    /// The bucket that reports go to, of the same account and region, and a folder in it
    #[arg(long, value_name = "s3://BUCKET[/PREFIX]")]
    pub(crate) to: String,

    /// Where census, plan and records go, with --mode report
    #[arg(long, value_name = "DIR|s3://…")]
    pub(crate) report_to: Option<String>,

    /// Answer /alive and /healthz here, such as 127.0.0.1:9464. It has no authentication [default: don't]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,

    #[command(flatten)]
    pub(crate) reports: ReportsArgs,
    #[command(flatten)]
    pub(crate) fleet: ServingFleetArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    #[command(flatten)]
    pub(crate) behaviour: BehaviourArgs,
    #[command(flatten)]
    pub(crate) readers: ReaderArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,

    /// Rows per chunk, the unit of work that is leased, checkpointed and resumed
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    pub(crate) chunk_rows: u32,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Inventory reports (CSV) that S3 is to write")]
pub(crate) struct ReportsArgs {
    /// How often S3 writes one
    #[arg(long, value_enum, default_value = "daily", value_name = "HOW OFTEN")]
    pub(crate) frequency: Frequency,

    /// All versions with their delete markers, or current ones alone
    #[arg(long, value_enum, default_value = "all", value_name = "WHICH")]
    pub(crate) report_versions: WhichVersions,

    /// Encrypt the reports under this KMS key, by its full ARN. What its policy needs is for you to put there
    #[arg(long, value_name = "ARN")]
    pub(crate) report_kms_key: Option<String>,

    /// Where a destination's old policy is written before a change [default: guard in the state folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) backup_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Fleet (for --mode encrypt)")]
pub(crate) struct ServingFleetArgs {
    /// The fleet that jobs are handed to; its files hold the records
    #[arg(long, value_name = "NAME")]
    pub(crate) fleet: Option<String>,

    /// Set the fleet up at the start if it isn't yet, with its files here, as `fleet init` does it: s3://bucket or
    /// s3://bucket/prefix. In either mode
    #[arg(long, value_name = "s3://…", requires = "fleet")]
    pub(crate) fleet_files: Option<String>,

    /// The fleet that this CloudFormation stack made, instead of --fleet and --fleet-files
    #[arg(long, value_name = "NAME", conflicts_with = "fleet")]
    pub(crate) stack: Option<String>,

    /// Another endpoint for SQS, that of --events too, and for the fleet's DynamoDB and CloudFormation [default: as --endpoint-url]
    #[arg(long, value_name = "URL")]
    pub(crate) fleet_endpoint_url: Option<String>,

    /// Before or after the fleet's other jobs
    #[arg(long, value_enum, default_value = "normal", value_name = "WHICH")]
    pub(crate) priority: WhichPriority,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Look and write down; nothing is re-encrypted
    Report,
    /// Hand a job to the fleet, with these flags, for every report
    Encrypt,
}

/// What a report leads to.
#[derive(Clone, Debug)]
pub(crate) enum Serving {
    Report { to: ReportTo },
    Encrypt { fleet: WhichFleet, priority: Priority },
}

impl Serving {
    /// The flag's word.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Report { .. } => "report",
            Self::Encrypt { .. } => "encrypt",
        }
    }
}

/// Where files of `--mode report` go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReportTo {
    Folder(PathBuf),
    /// The prefix is empty or ends in `/`.
    S3 {
        bucket: BucketName,
        prefix: String,
    },
}

/// What `serve` was told.
#[derive(Clone, Debug)]
pub(crate) struct ServeRequest {
    pub(crate) events: String,
    pub(crate) serving: Serving,
    /// A fleet to be set up at the start.
    pub(crate) fleet: Option<FleetToBe>,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) tag: (String, String),
    pub(crate) reports: Reports,
    pub(crate) backups: PathBuf,
    /// What every job is like, without its source.
    pub(crate) job: JobRequest,
}

pub(super) fn serve(typed: ServeArgs, environment: &Environment) -> Meant<ServeRequest> {
    let ServeArgs { events, mode, bucket_tag, to, report_to, reports: typed_reports, .. } = typed;
    if !(events.starts_with("https://") || events.starts_with("http://")) {
        return refuse(format!("--events '{events}' must be a queue's URL, https://…"));
    }
    let ReportsArgs { frequency, report_versions, report_kms_key, backup_dir } = typed_reports;
    let key = ("--report-kms-key", report_kms_key);
    let reports = reports(&to, Format::Csv, frequency, report_versions, key)?;
    let ServingFleetArgs { fleet, fleet_files, stack, fleet_endpoint_url, priority: when } =
        typed.fleet;
    let sets_up = fleet_files.is_some() || stack.is_some();
    let named = fleet.is_some() || stack.is_some();
    match (mode, named, &report_to) {
        (Mode::Report, true, _) if !sets_up => {
            return refuse("--fleet is for --mode encrypt, unless --fleet-files sets it up");
        }
        (Mode::Report, _, None) => return refuse("--mode report needs --report-to"),
        (Mode::Encrypt, _, Some(_)) => {
            return refuse(
                "--report-to is for --mode report: `reseal report JOB --fleet` has a job's rows",
            );
        }
        (Mode::Report, _, Some(_)) | (Mode::Encrypt, _, None) => {}
    }
    let fleet = which(fleet, stack)?;
    let files = fleet_files.map(|files| slashed("--fleet-files", &files)).transpose()?;
    let serving = match (report_to, &fleet) {
        (Some(to), _) => Serving::Report { to: report_place(&to)? },
        (None, Some(fleet)) => Serving::Encrypt { fleet: fleet.clone(), priority: priority(when) },
        (None, None) => return refuse("--mode encrypt needs --fleet or --stack"),
    };
    let fleet = fleet.filter(|_| sets_up);
    let fleet = fleet.map(|fleet| FleetToBe::with_usual_leases(fleet, files));
    // The source stands for the report that is to come: what depends on one is
    // settled here, once.
    let manifest = vec![format!("{}/SOURCE/reseal/DATE/manifest.json", to.trim_end_matches('/'))];
    let sources = SourceArgs { manifest, ..SourceArgs::default() };
    let mut job = job(
        JobArgs {
            sources,
            target: typed.target,
            selection: typed.selection,
            behaviour: typed.behaviour,
            limits: typed.limits,
            // Tags, events and reports are of one account: so is what they start.
            accounts: AccountArgs::default(),
            connection: typed.connection,
            place: typed.place,
            job_file: None,
            chunk_rows: typed.chunk_rows,
        },
        environment,
    )?;
    job.sources = Vec::new();
    job.readers = readers(typed.readers, &job.target)?;
    job.connection.fleet_endpoint = fleet_endpoint_url;
    let backups = backup_dir.unwrap_or_else(|| job.state.join("guard"));
    let (tag, listen) = (key_and_value(&bucket_tag)?, typed.listen);
    Ok(ServeRequest { events, serving, fleet, listen, tag, reports, backups, job })
}

fn report_place(to: &str) -> Meant<ReportTo> {
    if !to.starts_with("s3://") {
        return Ok(ReportTo::Folder(PathBuf::from(to)));
    }
    let (bucket, prefix) = place_of("--report-to", to)?;
    let prefix = prefix.map(|prefix| format!("{prefix}/")).unwrap_or_default();
    Ok(ReportTo::S3 { bucket, prefix })
}
