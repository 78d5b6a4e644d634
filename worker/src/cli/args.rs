//! What was typed: clap's view, unchecked beyond its syntax.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, Parser};

use super::parse_duration;
use crate::process::LogFormat;

const EXIT_CODES: &str = "\
Exit codes:
  0    stopped by SIGTERM or Ctrl-C, or nothing left to do (--drain-after)
  1    failed: the fleet's ledger stayed out of reach
  2    bad usage, or a configuration that can't be used
  130  ended at once by a second Ctrl-C; what was held is taken over by others

Credentials and region come from the usual AWS places.";

/// Works the jobs of a fleet: leases chunks, re-encrypts their objects, records what became of them.
/// Any number of workers on any hosts work side by side.
#[derive(Debug, Parser)]
#[command(name = "reseal-worker", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// The fleet to work for
    #[arg(long, env = "RESEAL_FLEET", value_name = "NAME", required_unless_present = "stack")]
    pub(super) fleet: Option<String>,

    /// The fleet that this CloudFormation stack made, instead of its name
    #[arg(long, env = "RESEAL_STACK", value_name = "NAME", conflicts_with = "fleet")]
    pub(super) stack: Option<String>,

    /// Objects in flight
    #[arg(long, env = "RESEAL_CONCURRENCY", default_value_t = 256, value_name = "N")]
    pub(super) concurrency: u32,

    /// How long it may take to stop, from the signal to the end: keep it below what the platform grants (Fargate: 30s by default)
    #[arg(long, env = "RESEAL_GRACE", default_value = "25s", value_parser = duration, value_name = "TIME")]
    pub(super) grace: Duration,

    /// End, with success, once nothing was held for so long and no job within reach has anything open [default: wait for work forever]
    #[arg(long, env = "RESEAL_DRAIN_AFTER", value_parser = duration, value_name = "TIME")]
    pub(super) drain_after: Option<Duration>,

    /// Answer /alive, /healthz and /metrics here, such as 127.0.0.1:9464. It has no authentication [default: don't]
    #[arg(long, env = "RESEAL_LISTEN", value_name = "ADDR")]
    pub(super) listen: Option<SocketAddr>,

    /// What it is called in logs and in status; a random suffix tells namesakes apart [default: host and process id]
    #[arg(long, env = "RESEAL_WORKER_NAME", value_name = "NAME")]
    pub(super) worker_name: Option<String>,

    #[command(flatten)]
    pub(super) connection: ConnectionArgs,

    /// More log lines on stderr: -v why, -vv everything
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,

    /// How log lines look
    #[arg(
        long,
        env = "RESEAL_LOG_FORMAT",
        value_enum,
        default_value = "json",
        value_name = "FORMAT"
    )]
    pub(super) log_format: LogFormat,

    /// Don't print CloudWatch metrics (EMF) on stdout every minute
    #[arg(long, env = "RESEAL_NO_EMF")]
    pub(super) no_emf: bool,
}

/// How the worker reaches what it works on, and its fleet.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// The region of the fleet, the buckets and the keys [default: as configured for AWS]
    #[arg(long, value_name = "REGION")]
    pub(super) region: Option<String>,

    /// A profile of the AWS configuration files
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,

    /// Another S3-compatible endpoint for the objects and the fleet's files, addressed by path; also serves KMS and STS
    #[arg(long, value_name = "URL")]
    pub(super) endpoint_url: Option<String>,

    /// Another endpoint for the fleet's SQS and DynamoDB, and its stack's CloudFormation [default: as --endpoint-url]
    #[arg(long, env = "RESEAL_FLEET_ENDPOINT_URL", value_name = "URL")]
    pub(super) fleet_endpoint_url: Option<String>,

    /// The account that must own every bucket; anything else is refused [default: the caller's]
    #[arg(long, env = "RESEAL_BUCKET_OWNER", value_name = "ACCOUNT")]
    pub(super) bucket_owner: Option<String>,

    /// Say on every request that the caller pays: for Requester Pays buckets of another account
    #[arg(long, env = "RESEAL_REQUEST_PAYER")]
    pub(super) request_payer: bool,

    /// Allow http:// endpoints that aren't on this machine
    #[arg(long, env = "RESEAL_ALLOW_PLAIN_HTTP")]
    pub(super) allow_plain_http: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text)
        .ok_or_else(|| "write a number and its unit: 500ms, 25s, 10m, 1h".to_owned())
}
