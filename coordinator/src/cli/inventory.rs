//! `inventory`: what the user typed, and what it means.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use reseal_core::{BucketName, KeyArn};

use super::args::{ConnectionArgs, Output, PlaceArgs, WhichVersions};
use super::guard::buckets;
use super::meaning::{Meant, connection, refuse, state_folder};
use super::request::{ConnectionRequest, Environment, RefusedUsage};
use crate::inventory::Reports;

const EXIT_CODES: &str = "\
Exit codes:
  0    shown, or everything is as asked for
  3    done, and something needs a look: buckets left out, or see the notes
  2    bad usage, or refused: nothing was changed
  1    failed; each bucket's state is in the result
  130  interrupted, or not confirmed; the same command again is safe";

#[derive(Debug, Args)]
pub(crate) struct InventoryArgs {
    #[command(subcommand)]
    pub(crate) command: InventoryCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum InventoryCommand {
    /// Have S3 write reports of the buckets: a configuration `reseal` each, and the destination's leave
    #[command(after_help = EXIT_CODES)]
    Enable(EnableArgs),
    /// Take the configurations `reseal` away again, and the buckets out of the destination's leave
    #[command(after_help = EXIT_CODES)]
    Disable(DisableArgs),
    /// All configurations of the buckets, ours and others'; changes nothing
    #[command(after_help = EXIT_CODES)]
    List(ListArgs),
}

#[derive(Debug, Args)]
pub(crate) struct WhichArgs {
    /// The buckets
    #[arg(
        value_name = "BUCKET",
        required_unless_present = "bucket_tag",
        conflicts_with = "bucket_tag"
    )]
    pub(crate) buckets: Vec<String>,

    /// All buckets of the account in this region with exactly this tag of their own, instead of names
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) bucket_tag: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ChangeArgs {
    /// Say what would be changed; changes nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,

    /// Don't ask for confirmation; needed where there is no terminal to ask on
    #[arg(long)]
    pub(crate) yes: bool,

    /// Where a destination's old policy is written before a change [default: guard in the state folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) backup_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct EnableArgs {
    #[command(flatten)]
    pub(crate) which: WhichArgs,

    /// The bucket that reports go to, of the same account and region, and a folder in it
    #[arg(long, value_name = "s3://BUCKET[/PREFIX]")]
    pub(crate) to: String,

    /// The reports' format; --manifest says which of them can be read
    #[arg(long, value_enum, default_value = "csv", ignore_case = true, value_name = "FORMAT")]
    pub(crate) format: Format,

    /// How often S3 writes one
    #[arg(long, value_enum, default_value = "daily", value_name = "HOW OFTEN")]
    pub(crate) frequency: Frequency,

    /// All versions with their delete markers, or current ones alone
    #[arg(long, value_enum, default_value = "all", value_name = "WHICH")]
    pub(crate) versions: WhichVersions,

    /// Encrypt the reports under this KMS key, by its full ARN. What its policy needs is printed, not applied
    #[arg(long, value_name = "ARN")]
    pub(crate) kms_key: Option<String>,

    /// Replace configurations `reseal` that differ; refused otherwise
    #[arg(long)]
    pub(crate) replace: bool,

    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// CSV, compressed
    #[value(name = "CSV")]
    Csv,
    /// ORC
    #[value(name = "ORC")]
    Orc,
    /// Parquet
    #[value(name = "Parquet")]
    Parquet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Frequency {
    /// Every day
    Daily,
    /// Every Sunday
    Weekly,
}

#[derive(Debug, Args)]
pub(crate) struct DisableArgs {
    #[command(flatten)]
    pub(crate) which: WhichArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) which: WhichArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// Which buckets are meant.
#[derive(Clone, Debug)]
pub(crate) enum Which {
    Named(Vec<BucketName>),
    Tagged((String, String)),
}

/// What becomes of them.
#[derive(Clone, Debug)]
pub(crate) enum InventoryDeed {
    Enable { reports: Reports, replace: bool },
    Disable,
    List,
}

/// What `inventory` was told.
#[derive(Clone, Debug)]
pub(crate) struct InventoryRequest {
    pub(crate) which: Which,
    pub(crate) deed: InventoryDeed,
    pub(crate) dry_run: bool,
    pub(crate) yes: bool,
    pub(crate) backups: PathBuf,
    pub(crate) connection: ConnectionRequest,
    pub(crate) output: Output,
}

pub(super) fn inventory(
    typed: InventoryArgs,
    environment: &Environment,
) -> Meant<InventoryRequest> {
    match typed.command {
        InventoryCommand::Enable(typed) => enable(typed, environment),
        InventoryCommand::Disable(typed) => {
            let DisableArgs { which, change, connection, place } = typed;
            changing(which, change, InventoryDeed::Disable, connection, place, environment)
        }
        InventoryCommand::List(typed) => Ok(InventoryRequest {
            which: meant(typed.which)?,
            deed: InventoryDeed::List,
            dry_run: true,
            yes: false,
            backups: PathBuf::new(),
            connection: connection(typed.connection)?,
            output: typed.place.output,
        }),
    }
}

fn enable(typed: EnableArgs, environment: &Environment) -> Meant<InventoryRequest> {
    let EnableArgs { which, to, format, frequency, versions, kms_key, replace, change, .. } = typed;
    let reports = reports(&to, format, frequency, versions, ("--kms-key", kms_key))?;
    let deed = InventoryDeed::Enable { reports, replace };
    changing(which, change, deed, typed.connection, typed.place, environment)
}

/// What reports are to be like; the key with the flag that named it.
pub(super) fn reports(
    to: &str,
    format: Format,
    frequency: Frequency,
    versions: WhichVersions,
    (flag, key): (&str, Option<String>),
) -> Meant<Reports> {
    let (destination, prefix) = place_of("--to", to)?;
    let key = key.map(|key| {
        key.parse::<KeyArn>().map_err(|_| {
            RefusedUsage(format!("{flag} {key} must be a key's full ARN: S3 takes no other name"))
        })
    });
    Ok(Reports {
        destination,
        prefix,
        format: match format {
            Format::Csv => "CSV",
            Format::Orc => "ORC",
            Format::Parquet => "Parquet",
        },
        frequency: match frequency {
            Frequency::Daily => "Daily",
            Frequency::Weekly => "Weekly",
        },
        versions: match versions {
            WhichVersions::All => "All",
            WhichVersions::Current => "Current",
        },
        key: key.transpose()?,
    })
}

fn changing(
    which: WhichArgs,
    change: ChangeArgs,
    deed: InventoryDeed,
    typed_connection: ConnectionArgs,
    place: PlaceArgs,
    environment: &Environment,
) -> Meant<InventoryRequest> {
    let ChangeArgs { dry_run, yes, backup_dir } = change;
    let which = meant(which)?;
    if let (InventoryDeed::Enable { reports, .. }, Which::Named(buckets)) = (&deed, &which)
        && buckets.contains(&reports.destination)
    {
        return refuse(format!(
            "--to {}: it is one of the buckets itself; name another one",
            reports.destination
        ));
    }
    Ok(InventoryRequest {
        which,
        deed,
        dry_run,
        yes,
        backups: match backup_dir {
            Some(folder) => folder,
            None => state_folder(place.state, environment)?.join("guard"),
        },
        connection: connection(typed_connection)?,
        output: place.output,
    })
}

fn meant(typed: WhichArgs) -> Meant<Which> {
    let WhichArgs { buckets: names, bucket_tag } = typed;
    match bucket_tag {
        None => Ok(Which::Named(buckets(&names)?)),
        Some(tag) => key_and_value(&tag).map(Which::Tagged),
    }
}

pub(super) fn key_and_value(tag: &str) -> Meant<(String, String)> {
    match tag.split_once('=').filter(|(key, _)| !key.is_empty()) {
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => refuse(format!("--bucket-tag '{tag}' must be KEY=VALUE")),
    }
}

/// S3 puts a slash behind the prefix itself.
pub(super) fn place_of(flag: &str, to: &str) -> Meant<(BucketName, Option<String>)> {
    let Some(rest) = to.strip_prefix("s3://") else {
        return refuse(format!("{flag} {to} must be s3://BUCKET or s3://BUCKET/PREFIX"));
    };
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let bucket = name.parse().map_err(|error| RefusedUsage(format!("{flag}: {error}")))?;
    let prefix = prefix.trim_end_matches('/');
    if prefix.starts_with('/') {
        return refuse(format!("{flag} {to}: the prefix begins with a slash"));
    }
    Ok((bucket, (!prefix.is_empty()).then(|| prefix.to_owned())))
}
