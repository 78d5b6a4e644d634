//! The tools: how each is told to put every object of a bucket under a KMS
//! key, in place, with 256 objects in flight.

use std::path::Path;

use clap::ValueEnum;
use serde::Serialize;

use super::build::Binaries;
use super::manifest;
use super::peers::Peers;
use super::server::ServerSettings;

/// What the benchmark server answers for.
const BUCKET: &str = "bench";
const ACCOUNT: &str = "111122223333";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/0b5e55ed-0000-4000-8000-000000000000";

/// Objects in flight, for every tool that can be told.
pub(super) const IN_FLIGHT: u32 = 256;

/// A tool that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Tool {
    /// `reseal run --strategy copy`: HEAD, conditional copy, proof
    Reseal,
    /// The same with one request an object: `--trust-inventory`
    ResealTrusting,
    /// The bare loop with HEAD and copy
    BareHeadCopy,
    /// The bare loop with the copy alone
    BareCopy,
    /// s5cmd cp
    S5cmd,
    /// rclone copy
    Rclone,
    /// aws s3 cp --recursive
    AwsCp,
}

/// What a command line depends on.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) binaries: &'a Binaries,
    pub(super) peers: &'a Peers,
    pub(super) url: &'a str,
    /// A fresh folder of this run's own.
    pub(super) scratch: &'a Path,
    pub(super) server: &'a ServerSettings,
}

/// A program with its arguments and its own environment.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) words: Vec<String>,
    pub(super) environment: Vec<(&'static str, String)>,
}

impl Tool {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Reseal => "reseal (HEAD + copy)",
            Self::ResealTrusting => "reseal (copy only)",
            Self::BareHeadCopy => "bare SDK (HEAD + copy)",
            Self::BareCopy => "bare SDK (copy only)",
            Self::S5cmd => "s5cmd",
            Self::Rclone => "rclone",
            Self::AwsCp => "aws s3 cp",
        }
    }

    /// The bare loop that makes the same requests for each object.
    pub(super) fn yardstick(self) -> Self {
        match self {
            Self::Reseal | Self::BareHeadCopy | Self::Rclone => Self::BareHeadCopy,
            Self::ResealTrusting | Self::BareCopy | Self::S5cmd | Self::AwsCp => Self::BareCopy,
        }
    }

    /// A short word for file names.
    pub(super) fn word(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// How to run it.
    ///
    /// # Errors
    /// Why it can't be run here.
    pub(super) fn invocation(self, place: &Place<'_>) -> Result<Invocation, String> {
        match self {
            Self::Reseal => Ok(reseal(place)),
            Self::ResealTrusting => reseal_trusting(place),
            Self::BareHeadCopy => Ok(bare(place, "head-copy")),
            Self::BareCopy => Ok(bare(place, "copy-only")),
            Self::S5cmd => s5cmd(place),
            Self::Rclone => rclone(place),
            Self::AwsCp => aws_cp(place),
        }
    }
}

fn words<const N: usize>(program: &Path, arguments: [&str; N]) -> Vec<String> {
    let program = program.display().to_string();
    std::iter::once(program).chain(arguments.map(str::to_owned)).collect()
}

fn reseal(place: &Place<'_>) -> Invocation {
    reseal_run(place, &[&format!("s3://{BUCKET}")])
}

/// One request an object: an inventory report takes the place of listing and
/// HEAD.
fn reseal_trusting(place: &Place<'_>) -> Result<Invocation, String> {
    let manifest = manifest::write(place.scratch, BUCKET, place.server);
    let manifest = manifest.map_err(|error| error.to_string())?.display().to_string();
    Ok(reseal_run(place, &["--manifest", &manifest, "--trust-inventory"]))
}

/// reseal's own limit per prefix is S3's. Where speed is measured it would be
/// that what is measured, so it is lifted; where a limit has to be found, it
/// stays as users have it.
fn reseal_run(place: &Place<'_>, source: &[&str]) -> Invocation {
    let state = place.scratch.join("state").display().to_string();
    let concurrency = IN_FLIGHT.to_string();
    let mut words = words(
        &place.binaries.reseal,
        [
            "run",
            "--sse=aws:kms",
            "--kms-key",
            KEY,
            "--strategy=copy",
            "--yes",
            "--endpoint-url",
            place.url,
            "--concurrency",
            &concurrency,
            "--state",
            &state,
            "--output=json",
        ],
    );
    words.extend(source.iter().map(|word| (*word).to_owned()));
    if place.server.rate_limit.is_none() {
        words.push("--rate-per-prefix=100000".to_owned());
    }
    Invocation { words, environment: Vec::new() }
}

fn bare(place: &Place<'_>, mode: &str) -> Invocation {
    let concurrency = IN_FLIGHT.to_string();
    let words = words(
        &place.binaries.own("bare-loop"),
        [
            "--endpoint-url",
            place.url,
            "--bucket",
            BUCKET,
            "--kms-key",
            KEY,
            "--owner",
            ACCOUNT,
            "--mode",
            mode,
            "--concurrency",
            &concurrency,
        ],
    );
    Invocation { words, environment: Vec::new() }
}

fn s5cmd(place: &Place<'_>) -> Result<Invocation, String> {
    let program = place.peers.s5cmd.as_ref().map_err(Clone::clone)?;
    let (from, to) = (format!("s3://{BUCKET}/*"), format!("s3://{BUCKET}/"));
    let workers = IN_FLIGHT.to_string();
    let words = words(
        program,
        [
            "--endpoint-url",
            place.url,
            "--numworkers",
            &workers,
            // It would print a line for each object.
            "--log=error",
            "cp",
            "--sse=aws:kms",
            "--sse-kms-key-id",
            KEY,
            &from,
            &to,
        ],
    );
    Ok(Invocation { words, environment: Vec::new() })
}

/// rclone has "nothing to do" from a remote to itself; two names for the same
/// remote, and leave to copy between them, get it to do it. The last two flags
/// bring it from four requests an object to two.
fn rclone(place: &Place<'_>) -> Result<Invocation, String> {
    let program = place.peers.rclone.as_ref().map_err(Clone::clone)?;
    let (from, to) = (format!("from:{BUCKET}"), format!("to:{BUCKET}"));
    let in_flight = IN_FLIGHT.to_string();
    let words = words(
        program,
        [
            "copy",
            &from,
            &to,
            "--server-side-across-configs",
            "--ignore-times",
            "--transfers",
            &in_flight,
            "--checkers",
            &in_flight,
            "--no-check-dest",
            "--s3-no-head-object",
        ],
    );
    let mut environment = vec![("RCLONE_CONFIG", "/dev/null".to_owned())];
    let remotes = [
        ("RCLONE_CONFIG_FROM_TYPE", "RCLONE_CONFIG_TO_TYPE", "s3"),
        ("RCLONE_CONFIG_FROM_PROVIDER", "RCLONE_CONFIG_TO_PROVIDER", "AWS"),
        ("RCLONE_CONFIG_FROM_ENV_AUTH", "RCLONE_CONFIG_TO_ENV_AUTH", "true"),
        ("RCLONE_CONFIG_FROM_REGION", "RCLONE_CONFIG_TO_REGION", "us-east-1"),
        ("RCLONE_CONFIG_FROM_ENDPOINT", "RCLONE_CONFIG_TO_ENDPOINT", place.url),
        ("RCLONE_CONFIG_FROM_FORCE_PATH_STYLE", "RCLONE_CONFIG_TO_FORCE_PATH_STYLE", "true"),
        ("RCLONE_CONFIG_FROM_NO_CHECK_BUCKET", "RCLONE_CONFIG_TO_NO_CHECK_BUCKET", "true"),
    ];
    for (from, to, value) in remotes {
        environment.push((from, value.to_owned()));
        environment.push((to, value.to_owned()));
    }
    environment.push(("RCLONE_CONFIG_TO_SERVER_SIDE_ENCRYPTION", "aws:kms".to_owned()));
    environment.push(("RCLONE_CONFIG_TO_SSE_KMS_KEY_ID", KEY.to_owned()));
    Ok(Invocation { words, environment })
}

/// Concurrency and path style can be told in a configuration file only.
fn aws_cp(place: &Place<'_>) -> Result<Invocation, String> {
    let program = place.peers.aws.as_ref().map_err(Clone::clone)?;
    let config = place.scratch.join("aws-config");
    let text = format!(
        "[default]\ns3 =\n  max_concurrent_requests = {IN_FLIGHT}\n  max_queue_size = 10000\n  addressing_style = path\n"
    );
    std::fs::write(&config, text).map_err(|error| error.to_string())?;
    let bucket = format!("s3://{BUCKET}/");
    let words = words(
        program,
        [
            "s3",
            "cp",
            &bucket,
            &bucket,
            "--recursive",
            "--sse=aws:kms",
            "--sse-kms-key-id",
            KEY,
            "--only-show-errors",
            "--endpoint-url",
            place.url,
        ],
    );
    Ok(Invocation { words, environment: vec![("AWS_CONFIG_FILE", config.display().to_string())] })
}
