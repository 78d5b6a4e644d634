//! `verify`: looks at objects again, beside whoever works them.

use std::sync::Arc;
use std::time::Duration;

use reseal_core::{JobSpec, Selection};
use reseal_worker::{Examiner, Meter};

use super::ground::Ground;
use super::{Passing, retry};
use crate::cli::{Sample, VerifyRequest, VerifySources, VerifyWhat};
use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};
use crate::preflight::{resolve_source_key, resolve_target};
use crate::report::find_job;
use crate::sources::{Prepared, Source};
use crate::start::gather;
use crate::verify::{Checker, Claim, ClaimSource, Deep, Findings, JobClaims, Reservoir};
use crate::wiring::{self, Machine, connect};

/// How often the count is shown.
const SHOW_EVERY: Duration = Duration::from_secs(2);
/// Claims of a sample that are looked at in one go.
const BATCH: usize = 1_000;

pub(super) async fn verify(
    request: VerifyRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    match &request.what {
        VerifyWhat::Job(id) => {
            let view = wiring::look_at(&request.place, &request.connection).await?;
            let patience = surroundings.machine.patience();
            let job = find_job(view.ledger.as_ref(), Some(id), patience).await?;
            let connection = retry::like(&job, request.connection.clone());
            let cloud = connect(surroundings.machine, &connection).await?;
            // What the selection would leave out now was in it then.
            let spec = JobSpec { selection: Selection::default(), ..job.spec };
            let ground = Ground { cloud, spec, terms: job.buckets };
            let claims = JobClaims::new(view.ledger.as_ref(), view.report.as_ref(), &job.id);
            go(&request, &ground, ClaimSource::Job(claims), surroundings).await
        }
        VerifyWhat::Sources(named) => {
            let Surroundings { machine, stop, .. } = *surroundings;
            let ground = tokio::select! {
                biased;
                () = stop.asked() => return Ok(Exit::Interrupted),
                ground = of_sources(named, &request, machine) => ground?,
            };
            let (ground, sources) = ground;
            let claims = ClaimSource::of_sources(&ground.spec, &sources);
            go(&request, &ground, claims, surroundings).await
        }
    }
}

/// What a run must not begin with is no reason not to look: no preflight.
async fn of_sources(
    named: &VerifySources,
    request: &VerifyRequest,
    machine: &Machine,
) -> Result<(Ground, Vec<Box<dyn Source>>), CommandError> {
    let VerifySources { sources, target, selection, versions } = named;
    let VerifyRequest { connection, state, .. } = request;
    let (prepared, cloud) = gather(machine, sources, None, connection, state).await?;
    let target = resolve_target(&cloud, target).await?;
    let selection = resolve_source_key(&cloud, selection.clone()).await?;
    let ground = Ground::to_look(cloud, &prepared, target, selection, *versions);
    let open = |source: Prepared| source.open(&ground.cloud.lister, *versions);
    let sources = prepared.into_iter().map(open).collect();
    Ok((ground, sources))
}

async fn go(
    request: &VerifyRequest,
    ground: &Ground,
    claims: ClaimSource<'_>,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, .. } = *surroundings;
    let Ground { cloud, spec, terms } = ground;
    // The engine's eyes come with a ledger: one that passes with this command.
    let folder = format!("reseal-verify-{:016x}", machine.random.next_u64());
    let folder = Passing(std::env::temp_dir().join(folder));
    let state = wiring::lock(machine, &folder.0, "verify")?;
    let ports = wiring::engine_ports(machine, cloud, state)?;
    let settings = wiring::engine_settings(&request.limits);
    let meter = Meter::default();
    let concurrency = request.limits.concurrency as usize;
    let deep =
        request.deep.then(|| Deep { store: cloud.store.as_ref(), patience: machine.patience() });
    let checker = Checker {
        examiner: Examiner::new(&ports, Arc::clone(&cloud.store), &settings, &meter),
        spec,
        terms,
        concurrency,
        deep,
    };
    let findings = Findings::new(request.out.as_deref())?;
    let Some((findings, seed)) = look(request, &checker, findings, claims, surroundings).await?
    else {
        console.warn("interrupted: not everything was looked at");
        return Ok(Exit::Interrupted);
    };
    let job = match &request.what {
        VerifyWhat::Job(job) => Some(job.clone()),
        VerifyWhat::Sources(_) => None,
    };
    let verified = findings.finish(job, spec.target.to_string(), seed)?;
    console.result(&verified, &verified.text())?;
    Ok(verified.exit())
}

/// Looks at everything that is claimed, or at the sample of it, and tells the
/// sample's seed; `None` when stopped.
async fn look(
    request: &VerifyRequest,
    checker: &Checker<'_>,
    mut findings: Findings,
    mut claims: ClaimSource<'_>,
    surroundings: &Surroundings<'_>,
) -> Result<Option<(Findings, Option<u64>)>, CommandError> {
    let Surroundings { machine, console, stop } = *surroundings;
    let mut sample = reservoir(request.sample, || machine.random.next_u64());
    let mut shown_at = machine.clock.monotonic();
    while let Some(next) = claims.next(machine.patience()).await? {
        if stop.is_asked() {
            return Ok(None);
        }
        findings.outside += next.outside;
        findings.open += next.open;
        findings.unnamed += next.unnamed;
        match &mut sample {
            Some((reservoir, _)) => next.claims.into_iter().for_each(|c| reservoir.offer(c)),
            None => checker.look(next.claims, &mut findings).await?,
        }
        let now = machine.clock.monotonic();
        if now.saturating_sub(shown_at) >= SHOW_EVERY {
            shown_at = now;
            console.progress(&format!("{} objects looked at", findings.looked_at()));
        }
    }
    let seed = sample.as_ref().map(|(_, seed)| *seed);
    let mut picked = sample.map(|(reservoir, _)| reservoir.into_items()).unwrap_or_default();
    while !picked.is_empty() {
        if stop.is_asked() {
            return Ok(None);
        }
        let rest = picked.split_off(picked.len().min(BATCH));
        checker.look(std::mem::replace(&mut picked, rest), &mut findings).await?;
    }
    Ok(Some((findings, seed)))
}

fn reservoir(sample: Sample, draw: impl Fn() -> u64) -> Option<(Reservoir<Claim>, u64)> {
    match sample {
        Sample::All => None,
        Sample::Random { objects, seed } => {
            // Short enough to type again.
            let seed = seed.unwrap_or_else(|| draw() % 1_000_000_000);
            Some((Reservoir::new(objects, seed), seed))
        }
    }
}
