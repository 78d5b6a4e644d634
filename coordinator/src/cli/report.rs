//! `report`: what the user typed, and what it means.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::args::{ConnectionArgs, Output};
use super::fleet::{self, FleetArgs};
use super::meaning::{self, Meant, refuse};
use super::request::{Environment, RefusedUsage, ReportOut, ReportRequest};
use super::sources::slashed;

#[derive(Debug, Args)]
#[command(after_help = "\
In the CSV, any text that a spreadsheet would take for a formula (it begins with = + - @, a tab, \
a return or an apostrophe) has an apostrophe put before it: take one leading apostrophe away to \
get the exact key back. With --layout hive there is none: all text is percent-encoded instead, in Parquet exact.")]
pub(crate) struct ReportArgs {
    /// The job [default: the latest one in the state folder]
    #[arg(value_name = "JOB")]
    pub(crate) job: Option<String>,

    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    /// The state folder [default: reseal in the XDG state folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,

    /// csv: one row per object; parquet: the same with types, of --layout hive alone; json: totals
    /// overall and by bucket; old-versions: CSV of the versions that keep the old encryption, such as
    /// copies leave behind [default: csv]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<ReportFormat>,

    /// The result on stdout, for people or as one JSON object: with --out what was written, else
    /// the totals
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) output: Output,

    /// file: one file, or stdout; hive: gzip CSV or Parquet in parts, in folders as Athena reads them with
    /// partition projection (docs/athena.md), of a job that is over. Parts that are there already
    /// are compared and never replaced
    #[arg(long, value_enum, default_value = "file", value_name = "LAYOUT")]
    pub(crate) layout: ReportLayout,

    /// Where to write it; with --layout hive a folder, or s3://BUCKET[/PREFIX] [default: stdout]
    #[arg(long, value_name = "FILE|DIR|s3://…")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportLayout {
    /// One file
    File,
    /// Parts below objects/job=JOB/, objects-parquet/job=JOB/ or old-versions/job=JOB/
    Hive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// One row per object
    Csv,
    /// One row per object, with types
    Parquet,
    /// Totals
    Json,
    /// One row per version that keeps the old encryption
    OldVersions,
}

pub(super) fn report(typed: ReportArgs, environment: &Environment) -> Meant<ReportRequest> {
    let ReportArgs { job, fleet: typed_fleet, connection, state, format, layout, output, out } =
        typed;
    let out = report_out(layout, format, out.as_deref())?;
    let format = match (format, output, Some(&out).filter(|out| **out != ReportOut::Stdout)) {
        (Some(ReportFormat::Csv), Output::Json, None) => {
            return refuse("--format csv contradicts --output json without --out FILE");
        }
        (Some(format), ..) => format,
        (None, Output::Json, None) => ReportFormat::Json,
        (None, ..) => ReportFormat::Csv,
    };
    let job = match job {
        Some(text) => Some(text.parse().map_err(|e| RefusedUsage(format!("JOB: {e}")))?),
        None => None,
    };
    let (place, connection) = match out {
        ReportOut::Bucket { .. } => {
            let mut connection = meaning::connection(connection)?;
            (fleet::place(typed_fleet, state, &mut connection, environment)?, connection)
        }
        _ => fleet::place_alone(typed_fleet, state, connection, environment)?,
    };
    Ok(ReportRequest { job, place, connection, format, output, out })
}

fn report_out(
    layout: ReportLayout,
    format: Option<ReportFormat>,
    out: Option<&Path>,
) -> Meant<ReportOut> {
    let bucket = out.and_then(Path::to_str).filter(|out| out.starts_with("s3://"));
    match (layout, out, bucket) {
        (ReportLayout::File, ..) if format == Some(ReportFormat::Parquet) => {
            refuse("--format parquet needs --layout hive")
        }
        (ReportLayout::File, _, Some(_)) => refuse("--out s3://… needs --layout hive"),
        (ReportLayout::File, None, _) => Ok(ReportOut::Stdout),
        (ReportLayout::File, Some(file), _) => Ok(ReportOut::File(file.to_owned())),
        (ReportLayout::Hive, ..) if format == Some(ReportFormat::Json) => {
            refuse("--layout hive is for rows: it contradicts --format json")
        }
        (ReportLayout::Hive, None, _) => {
            refuse("--layout hive needs --out DIR or --out s3://BUCKET[/PREFIX]")
        }
        (ReportLayout::Hive, _, Some(text)) => {
            let (bucket, prefix) = slashed("--out", text)?;
            Ok(ReportOut::Bucket { bucket, prefix })
        }
        (ReportLayout::Hive, Some(folder), None) => Ok(ReportOut::Folder(folder.to_owned())),
    }
}
