//! From what the user typed to what it means, refusing contradictions.

use std::path::{Path, PathBuf};

use reseal_core::{
    BucketRoles, EncryptionFilter, MAX_CHUNK_ROWS, PriceList, Selection, StorageClass, Timestamp,
    Versions,
};
use reseal_worker::process::Logging;
use tracing::level_filters::LevelFilter;

use super::accounts::connection_to;
use super::args::{
    self, Cli, ConnectionArgs, JobArgs, LimitArgs, Only, PlaceArgs, SelectionArgs, Sse, TargetArgs,
    WhichVersions,
};
use super::behaviour::behaviour;
use super::census::census;
use super::fleet;
use super::guard::guard;
use super::inventory::inventory;
use super::job_meaning;
use super::purge::purge;
use super::readers::readers;
use super::report::report;
#[cfg(feature = "demo")]
use super::request::DemoRequest;
use super::request::{
    Caps, Command, ConnectionRequest, Environment, JobRequest, Limits, ProbeRequest, RefusedUsage,
    SourceRequest, Steering, TargetRequest,
};
use super::serve::serve;
use super::sizes::parse_size;
use super::sources::sources;
use super::teardown::teardown;

pub(super) type Meant<T> = Result<T, RefusedUsage>;

pub(super) fn refuse<T>(line: impl Into<String>) -> Meant<T> {
    Err(RefusedUsage(line.into()))
}

impl Cli {
    /// How to log, which can be known before the rest is understood.
    pub(crate) fn logging(&self, no_color: bool) -> Logging {
        // Nobody sits before what serves: its lines are all that is seen of it.
        let quiet = match self.command {
            args::Command::Serve(_) => LevelFilter::INFO,
            _ => LevelFilter::WARN,
        };
        Logging {
            level: Logging::level(quiet, self.verbose),
            format: self.log_format,
            color: !no_color,
        }
    }

    /// What was meant.
    ///
    /// # Errors
    /// One line for the user, when it contradicts itself or makes no sense.
    pub(crate) fn meaning(self, environment: &Environment) -> Meant<Command> {
        match self.command {
            args::Command::Plan(plan) => Ok(Command::Plan(job(plan.job, environment)?)),
            args::Command::Run(run) => {
                let args::RunArgs { job: typed, readers: named, yes } = run;
                let mut job = job(typed, environment)?;
                job.readers = readers(named, &job.target)?;
                Ok(Command::Run { job, yes })
            }
            args::Command::Submit(typed) => fleet::submit(typed, environment).map(Command::Submit),
            args::Command::Fleet(typed) => match typed.command {
                fleet::FleetCommand::Init(typed) => fleet::init(typed).map(Command::FleetInit),
            },
            args::Command::Probe(typed) => probe(typed, environment).map(Command::Probe),
            args::Command::Status(typed) => {
                job_meaning::status(typed, environment).map(Command::Status)
            }
            args::Command::Pause(typed) => {
                job_meaning::steer(typed, Steering::Pause, environment).map(Command::Steer)
            }
            args::Command::Resume(typed) => {
                job_meaning::steer(typed, Steering::Resume, environment).map(Command::Steer)
            }
            args::Command::Cancel(typed) => {
                job_meaning::cancel(typed, environment).map(Command::Steer)
            }
            args::Command::Retry(typed) => {
                job_meaning::retry(typed, environment).map(Command::Retry)
            }
            args::Command::Verify(typed) => {
                job_meaning::verify(typed, environment).map(Command::Verify)
            }
            args::Command::Census(typed) => census(typed, environment).map(Command::Census),
            args::Command::Purge(typed) => purge(typed, environment).map(Command::Purge),
            args::Command::Report(typed) => report(typed, environment).map(Command::Report),
            args::Command::Guard(typed) => guard(typed, environment).map(Command::Guard),
            args::Command::Inventory(typed) => {
                inventory(typed, environment).map(Command::Inventory)
            }
            args::Command::Serve(typed) => {
                serve(*typed, environment).map(|request| Command::Serve(Box::new(request)))
            }
            args::Command::Teardown(typed) => teardown(typed, environment).map(Command::Teardown),
            args::Command::Health(typed) => Ok(Command::Health(typed.address)),
            args::Command::Completions(typed) => Ok(Command::Completions(typed.shell)),
            #[cfg(feature = "demo")]
            args::Command::Demo(demo) => {
                if !(10..=1_000_000).contains(&demo.objects) {
                    return refuse("--objects must lie between 10 and 1000000");
                }
                let args::DemoArgs { objects, state, keep } = demo;
                Ok(Command::Demo(DemoRequest { objects, state, keep }))
            }
        }
    }
}

pub(super) fn job(typed: JobArgs, environment: &Environment) -> Meant<JobRequest> {
    let sources = sources(typed.sources)?;
    let target = target(typed.target)?;
    let behaviour = behaviour(&typed.behaviour, typed.selection.versions, &target, &sources)?;
    let listed = sources.iter().any(SourceRequest::is_listed);
    if behaviour.versions == Versions::All && !listed {
        return refuse(
            "--versions all is for listings: lists of keys and reports name their versions themselves",
        );
    }
    if !(1..=MAX_CHUNK_ROWS).contains(&typed.chunk_rows) {
        return refuse(format!("--chunk-rows must lie between 1 and {MAX_CHUNK_ROWS}"));
    }
    let PlaceArgs { state, output } = typed.place;
    Ok(JobRequest {
        sources,
        selection: selection(typed.selection)?,
        behaviour,
        target,
        readers: Vec::new(),
        limits: limits(&typed.limits)?,
        prices: prices(typed.limits.prices.as_deref())?,
        connection: connection_to(&typed.accounts, typed.connection)?,
        state: state_folder(state, environment)?,
        output,
        chunk_rows: typed.chunk_rows,
    })
}

fn probe(typed: args::ProbeArgs, environment: &Environment) -> Meant<ProbeRequest> {
    let sources = sources(typed.sources)?;
    let target = target(typed.target)?;
    let PlaceArgs { state, output } = typed.place;
    Ok(ProbeRequest {
        behaviour: behaviour(&typed.behaviour, WhichVersions::Current, &target, &sources)?,
        sources,
        readers: readers(typed.readers, &target)?,
        target,
        connection: connection_to(&typed.accounts, typed.connection)?,
        state: state_folder(state, environment)?,
        output,
    })
}

pub(super) fn target(typed: TargetArgs) -> Meant<TargetRequest> {
    let TargetArgs { sse, kms_key, bucket_key } = typed;
    if sse != Sse::Kms && bucket_key.is_some() {
        return refuse("--bucket-key applies to --sse aws:kms only");
    }
    match (sse, kms_key) {
        (Sse::Aes256, None) => Ok(TargetRequest::SseS3),
        (Sse::Aes256, Some(_)) => refuse("--kms-key contradicts --sse AES256: S3 manages that key"),
        (_, None) => refuse("--kms-key is needed with --sse aws:kms and aws:kms:dsse"),
        (_, Some(key)) if key.trim().is_empty() => refuse("--kms-key is empty"),
        (Sse::Kms, Some(key)) => {
            Ok(TargetRequest::SseKms { key, bucket_key: bucket_key.unwrap_or(true) })
        }
        (Sse::Dsse, Some(key)) => Ok(TargetRequest::DsseKms { key }),
    }
}

pub(super) fn selection(typed: SelectionArgs) -> Meant<Selection> {
    let only: Vec<EncryptionFilter> = typed.only.iter().map(|only| filter(*only)).collect();
    let kms_only = [EncryptionFilter::SseKms, EncryptionFilter::DsseKms];
    if typed.source_kms_key.is_some()
        && !only.is_empty()
        && !only.iter().any(|f| kms_only.contains(f))
    {
        return refuse(
            "--source-kms-key contradicts --only: objects of those types have no KMS key",
        );
    }
    let selection = Selection {
        only,
        source_kms_key: typed.source_kms_key,
        exclude_prefixes: typed.exclude_prefix,
        min_size: size("--min-size", typed.min_size.as_deref())?,
        max_size: size("--max-size", typed.max_size.as_deref())?,
        modified_before: moment("--modified-before", typed.modified_before.as_deref())?,
        modified_after: moment("--modified-after", typed.modified_after.as_deref())?,
        storage_classes: typed.storage_class.into_iter().map(StorageClass::new).collect(),
    };
    if let (Some(min), Some(max)) = (selection.min_size, selection.max_size)
        && min > max
    {
        return refuse("--min-size is larger than --max-size: nothing would be left");
    }
    if let (Some(after), Some(before)) = (selection.modified_after, selection.modified_before)
        && after >= before
    {
        return refuse("--modified-after is not before --modified-before: nothing would be left");
    }
    Ok(selection)
}

fn filter(only: Only) -> EncryptionFilter {
    match only {
        Only::NotSse => EncryptionFilter::NotSse,
        Only::SseS3 => EncryptionFilter::SseS3,
        Only::SseKms => EncryptionFilter::SseKms,
        Only::DsseKms => EncryptionFilter::DsseKms,
    }
}

fn size(flag: &str, text: Option<&str>) -> Meant<Option<u64>> {
    let Some(text) = text else { return Ok(None) };
    match parse_size(text) {
        Some(bytes) => Ok(Some(bytes)),
        None => refuse(format!("{flag} '{text}' is not a size: bytes, or such as 10MiB or 5GB")),
    }
}

fn moment(flag: &str, text: Option<&str>) -> Meant<Option<Timestamp>> {
    let Some(text) = text else { return Ok(None) };
    match Timestamp::parse_rfc3339(text) {
        Some(time) => Ok(Some(time)),
        None => refuse(format!("{flag} '{text}' is not a time such as 2026-11-21T00:00:00Z")),
    }
}

pub(super) fn limits(typed: &LimitArgs) -> Meant<Limits> {
    let rate_per_prefix = rate("--rate-per-prefix", Some(typed.rate_per_prefix))?;
    if typed.max_objects == Some(0) {
        return refuse("--max-objects must be at least 1");
    }
    if typed.max_cost_usd.is_some_and(|usd| !usd.is_finite() || usd < 0.0) {
        return refuse("--max-cost-usd must be a number of dollars");
    }
    Ok(Limits {
        rate: rate("--rate", typed.rate)?,
        rate_per_prefix: rate_per_prefix.unwrap_or(typed.rate_per_prefix),
        kms_rate: rate("--kms-rate", typed.kms_rate)?,
        concurrency: concurrency(typed.concurrency)?,
        caps: Caps {
            max_objects: typed.max_objects,
            max_cost_usd: typed.max_cost_usd,
            failed_share: share(&typed.failure_threshold)?,
        },
    })
}

pub(super) fn prices(file: Option<&Path>) -> Meant<PriceList> {
    let Some(file) = file else { return Ok(PriceList::built_in()) };
    let read = std::fs::read_to_string(file).map_err(|error| error.to_string());
    let parsed = read.and_then(|text| PriceList::parse(&text).map_err(|error| error.to_string()));
    parsed.or_else(|error| refuse(format!("--prices {}: {error}", file.display())))
}

/// Below one in a thousand seconds a run would never end.
pub(super) fn rate(flag: &str, value: Option<f64>) -> Meant<Option<f64>> {
    if value.is_some_and(|v| !v.is_finite() || v < 0.001) {
        return refuse(format!("{flag} must be a number above zero"));
    }
    Ok(value)
}

pub(super) fn concurrency(value: u32) -> Meant<u32> {
    if !(1..=10_000).contains(&value) {
        return refuse("--concurrency must lie between 1 and 10000");
    }
    Ok(value)
}

/// A share of one, from a percentage.
fn share(text: &str) -> Meant<f64> {
    let percent = text.strip_suffix('%').unwrap_or(text).trim_end().parse::<f64>();
    match percent {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent / 100.0),
        _ => {
            refuse(format!("--failure-threshold '{text}' is not a percentage between 0% and 100%"))
        }
    }
}

/// Whether the endpoint may be used is decided where it is resolved, since
/// the environment and the profile can name one too.
pub(super) fn connection(typed: ConnectionArgs) -> Meant<ConnectionRequest> {
    let ConnectionArgs {
        endpoint_url,
        region,
        profile,
        bucket_owner,
        request_payer,
        allow_plain_http,
    } = typed;
    let bucket_owner = match bucket_owner {
        Some(text) => Some(text.parse().map_err(|e| RefusedUsage(format!("--bucket-owner: {e}")))?),
        None => None,
    };
    Ok(ConnectionRequest {
        fleet_endpoint: None,
        endpoint: endpoint_url,
        region,
        profile,
        bucket_owner,
        roles: BucketRoles::default(),
        allow_plain_http,
        request_payer,
        sandbox_credentials: false,
    })
}

pub(super) fn state_folder(typed: Option<PathBuf>, environment: &Environment) -> Meant<PathBuf> {
    if let Some(folder) = typed {
        return Ok(folder);
    }
    // The XDG specification: a relative path is to be ignored.
    if let Some(xdg) = environment.xdg_state_home.as_ref().filter(|p| p.is_absolute()) {
        return Ok(xdg.join("reseal"));
    }
    match &environment.home {
        Some(home) => Ok(home.join(".local/state/reseal")),
        None => refuse("--state DIR is needed: neither XDG_STATE_HOME nor HOME is set"),
    }
}
