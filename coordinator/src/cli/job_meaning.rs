//! What commands that name a job mean.

use reseal_core::{JobId, Selection, Versions};

use super::accounts::{connection_of_a_job, connection_to};
use super::args::{PlaceArgs, SourceArgs, TargetArgs, WhichVersions};
use super::fleet::{place, place_alone};
use super::job_args::{CancelArgs, RetryArgs, StatusArgs, SteerArgs, VerifyArgs};
use super::meaning::{
    concurrency, connection, limits, prices, rate, refuse, selection, state_folder, target,
};
use super::reasons::outcomes;
use super::request::{
    Caps, Environment, Limits, RefusedUsage, RetryRequest, Sample, StatusRequest, SteerRequest,
    Steering, VerifyRequest, VerifySources, VerifyWhat,
};
use super::sources::sources;

type Meant<T> = Result<T, RefusedUsage>;

/// The largest sample: it is held in memory.
const MAX_SAMPLE: u64 = 100_000;

pub(super) fn job_id(text: &str) -> Meant<JobId> {
    text.parse().map_err(|e| RefusedUsage(format!("JOB: {e}")))
}

pub(super) fn status(typed: StatusArgs, environment: &Environment) -> Meant<StatusRequest> {
    let StatusArgs { job, watch, fleet, connection, place: PlaceArgs { state, output } } = typed;
    let job = job.as_deref().map(job_id).transpose()?;
    let (place, connection) = place_alone(fleet, state, connection, environment)?;
    Ok(StatusRequest { job, watch, place, connection, output })
}

pub(super) fn steer(
    typed: SteerArgs,
    steering: Steering,
    environment: &Environment,
) -> Meant<SteerRequest> {
    let SteerArgs { job, fleet, connection, place: PlaceArgs { state, output } } = typed;
    let (place, connection) = place_alone(fleet, state, connection, environment)?;
    Ok(SteerRequest { job: job_id(&job)?, steering, place, connection, output })
}

pub(super) fn cancel(typed: CancelArgs, environment: &Environment) -> Meant<SteerRequest> {
    let CancelArgs { steer: typed, yes } = typed;
    steer(typed, Steering::Cancel { yes }, environment)
}

pub(super) fn retry(typed: RetryArgs, environment: &Environment) -> Meant<RetryRequest> {
    let RetryArgs { job, reason, yes, limits: limit, fleet, connection: connect, place: at } =
        typed;
    let PlaceArgs { state, output } = at;
    let mut connection = connection(connect)?;
    let place = place(fleet, state.clone(), &mut connection, environment)?;
    Ok(RetryRequest {
        job: job_id(&job)?,
        outcomes: outcomes(&reason)?,
        yes,
        limits: limits(&limit)?,
        prices: prices(limit.prices.as_deref())?,
        connection,
        place,
        state: state_folder(state, environment)?,
        output,
    })
}

pub(super) fn verify(typed: VerifyArgs, environment: &Environment) -> Meant<VerifyRequest> {
    let sample = sample(&typed.sample, typed.seed)?;
    let limits = Limits {
        rate: rate("--rate", typed.rate)?,
        rate_per_prefix: 3_500.0,
        kms_rate: None,
        concurrency: concurrency(typed.concurrency)?,
        caps: Caps::NONE,
    };
    let versions = match typed.selection.versions {
        WhichVersions::Current => Versions::Current,
        WhichVersions::All => Versions::All,
    };
    let selection = selection(typed.selection)?;
    let listed = SourceArgs {
        sources: typed.what,
        manifest: typed.manifest,
        keys: typed.keys,
        bucket_tag: typed.bucket_tag,
    };
    let what = match named_job(&listed) {
        Some(job) => {
            let narrowed = selection != Selection::default() || versions == Versions::All;
            if typed.sse.is_some() || narrowed {
                return refuse("a JOB has a target and a selection of its own: name only the job");
            }
            VerifyWhat::Job(job_id(&job)?)
        }
        None if typed.deep => {
            return refuse("--deep needs a JOB: only its report knows what objects were before");
        }
        None => {
            let Some(sse) = typed.sse else {
                return refuse("--sse is needed to verify a SOURCE; a JOB needs no target");
            };
            let (kms_key, bucket_key) = (typed.kms_key, typed.bucket_key);
            let target = target(TargetArgs { sse, kms_key, bucket_key })?;
            let sources = sources(listed)?;
            VerifyWhat::Sources(VerifySources { sources, target, selection, versions })
        }
    };
    let PlaceArgs { state, output } = typed.place;
    let mut connection = match what {
        VerifyWhat::Job(_) => connection_of_a_job(&typed.accounts, typed.connection)?,
        VerifyWhat::Sources(_) => connection_to(&typed.accounts, typed.connection)?,
    };
    let is_fleets = typed.fleet.is_some();
    if is_fleets && matches!(what, VerifyWhat::Sources(_)) {
        return refuse("--fleet names where a JOB is: SOURCEs need none");
    }
    let place = place(typed.fleet, state.clone(), &mut connection, environment)?;
    Ok(VerifyRequest {
        what,
        sample,
        deep: typed.deep,
        out: typed.out,
        limits,
        connection,
        place,
        state: state_folder(state, environment)?,
        output,
    })
}

/// The job, where one is named and nothing else.
pub(super) fn named_job(listed: &SourceArgs) -> Option<String> {
    let SourceArgs { sources, manifest, keys, bucket_tag } = listed;
    let nothing_else = manifest.is_empty() && keys.is_empty() && bucket_tag.is_empty();
    match sources.as_slice() {
        [only] if nothing_else && !only.contains(':') => Some(only.clone()),
        _ => None,
    }
}

fn sample(text: &str, seed: Option<u64>) -> Meant<Sample> {
    if text == "all" {
        return if seed.is_some() { refuse("--seed needs --sample N") } else { Ok(Sample::All) };
    }
    match text.parse() {
        Ok(objects) if (1..=MAX_SAMPLE).contains(&objects) => Ok(Sample::Random { objects, seed }),
        _ => refuse(format!("--sample '{text}' must be all, or lie between 1 and {MAX_SAMPLE}")),
    }
}
