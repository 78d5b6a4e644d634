//! `submit`: probe → preview → confirm → hand out. The fleet's workers do the
//! rest, from the first chunk on, while the sources are still being read. The
//! same command again goes on where it was interrupted.

use std::path::PathBuf;
use std::sync::Arc;

use reseal_core::ports::{Budgets, JobLimits, Ledger as _};
use reseal_core::{FleetName, JobEvent, JobId, JobRecord, JobState};
use reseal_worker::{PaceSettings, SweepReport, resend_open, set_job_state};
use serde::Serialize;

use super::run::Run;
use super::{Passing, begin};
use crate::cli::{JobRequest, Limits, SubmitRequest};
use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};
use crate::report::why_paused;
use crate::sources::JobRows;
use crate::start::Wanted;
use crate::wiring::{Fleet, engine_settings, find_fleet, fleet_ports};

/// What was handed out.
#[derive(Serialize)]
struct Submitted<'a> {
    job: &'a JobId,
    fleet: &'a FleetName,
    trace: String,
    taken_in: u64,
    chunks: u64,
    /// Rows that the selection left out, as far as this process saw.
    left_out: u64,
}

pub(super) async fn submit(
    request: &SubmitRequest,
    rows: Option<JobRows>,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    hand_out(request, rows, None, surroundings).await
}

/// The job of this id, of this report: the one that is there, or a new one.
/// However often, and by however many at once, it stays one job. A job that is
/// over is left so, one that is paused too.
///
/// # Errors
/// Refused only while nothing was handed out: what the fleet already works is
/// gone on with later, once what stands against it is mended.
pub(super) async fn submit_claimed(
    request: &SubmitRequest,
    job: &JobId,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let handed = hand_out(request, None, Some(job), surroundings).await;
    let Err(CommandError::Refused(why)) = handed else { return handed };
    let fleet = find_fleet(&request.fleet, &request.job.connection).await?;
    let known = surroundings.machine.patience().retry(|| fleet.ledger.job(job)).await?;
    Err(match known.map(|known| known.state) {
        Some(JobState::Running) => {
            anyhow::anyhow!("job {job} was begun and can't be gone on with: {why}").into()
        }
        _ => CommandError::Refused(why),
    })
}

async fn hand_out(
    request: &SubmitRequest,
    rows: Option<JobRows>,
    claimed: Option<&JobId>,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, stop } = *surroundings;
    let SubmitRequest { job: wanted, fleet: which, priority, yes } = request;
    // Lists and reports lie here while they are read; beside a run, or another
    // submission, of the same folder.
    let spool = Passing(spool(&wanted.state, machine.random.next_u64()));
    let wanted = JobRequest { state: spool.0.clone(), ..wanted.clone() };
    let fleet = find_fleet(which, &wanted.connection).await?;
    let Some(started) = begin(Wanted { rows, ..Wanted::from(&wanted) }, surroundings).await? else {
        return Ok(Exit::Interrupted);
    };
    let (ports, budgets) = fleet_ports(machine, &started.cloud, &fleet, *priority);
    let settings = engine_settings(&wanted.limits);
    let run = Run {
        request: &wanted,
        machine,
        console,
        stop,
        started,
        ports,
        settings,
        priority: *priority,
        fleet: true,
        claimed: claimed.cloned(),
    };
    HandOut { run, fleet: &fleet, name: &fleet.name, budgets }.go(*yes).await
}

fn spool(state: &std::path::Path, draw: u64) -> PathBuf {
    state.join(format!("submit-{draw:016x}"))
}

struct HandOut<'a> {
    run: Run<'a>,
    fleet: &'a Fleet,
    name: &'a FleetName,
    budgets: Arc<dyn Budgets>,
}

impl HandOut<'_> {
    async fn go(mut self, yes: bool) -> Result<Exit, CommandError> {
        if let Some(over) = self.over().await? {
            return Ok(over);
        }
        let job = self.run.job(yes).await?;
        // A job that goes on keeps the priority that it began with.
        self.run.ports.queue = Arc::new(self.fleet.queue.of(job.priority));
        let run = &self.run;
        if run.stop.is_asked() {
            return run.interrupted(&job);
        }
        let sources = run.started.open_sources(job.spec.behaviour.versions);
        let confirmed = yes || job.state != JobState::Planned;
        let Some(filtered) = run.before_work(&job, &sources, confirmed).await? else {
            return run.interrupted(&job);
        };
        if run.paused_meanwhile(&job).await?.is_some() {
            run.console.warn(format!("job {} was paused meanwhile", job.id));
            return run.interrupted(&job);
        }
        self.start(&job).await?;
        let Some(split) = run.split(&job, &sources).await? else {
            run.console.note("what is handed out is worked meanwhile");
            return run.interrupted(&job);
        };
        self.tell(&job, filtered + split.filtered).await
    }

    /// How a claimed job ended that isn't to be worked any more.
    async fn over(&self) -> Result<Option<Exit>, CommandError> {
        let Some(id) = &self.run.claimed else { return Ok(None) };
        let ledger = self.run.ports.ledger.as_ref();
        let job = self.run.machine.patience().retry(|| ledger.job(id)).await?;
        match job.map(|job| job.state) {
            Some(JobState::Finished) => Ok(Some(Exit::Done)),
            Some(JobState::Cancelled) => Ok(Some(Exit::Cancelled)),
            Some(JobState::Paused(reason)) => {
                Err(anyhow::anyhow!("job {id} is paused: {}", why_paused(reason)).into())
            }
            Some(JobState::Planned | JobState::Running) | None => Ok(None),
        }
    }

    /// The limits first: no worker shall begin without.
    async fn start(&self, job: &JobRecord) -> Result<(), CommandError> {
        let run = &self.run;
        let limits = limits(&run.request.limits);
        run.machine.patience().retry(|| self.budgets.set_limits(&job.id, &limits)).await?;
        set_job_state(&run.ports, &job.id, JobEvent::Start).await.map_err(anyhow::Error::new)?;
        // Messages of a job that stood still were dropped, and who submitted it
        // before may have been killed before it sent them. Those that are
        // there twice are harmless.
        let SweepReport { open, resent, .. } = resend_open(&run.ports, &job.id).await?;
        if resent < open {
            run.console.warn(format!(
                "{} of {open} chunks got no message: the queue refused them; a worker sends them later",
                open - resent
            ));
        }
        Ok(())
    }

    async fn tell(&self, job: &JobRecord, left_out: u64) -> Result<Exit, CommandError> {
        let run = &self.run;
        let ledger = run.ports.ledger.as_ref();
        let now = run.machine.patience().retry(|| ledger.job(&job.id)).await?;
        if now.is_some_and(|now| now.state == JobState::Cancelled) {
            run.console.warn(format!("job {} was cancelled meanwhile", job.id));
            return Ok(Exit::Cancelled);
        }
        let survey = run.survey(job).await?;
        let submitted = Submitted {
            job: &job.id,
            fleet: self.name,
            trace: job.id.trace_id(),
            taken_in: survey.rows,
            chunks: survey.chunks(),
            left_out,
        };
        run.console.result(&submitted, &text(&submitted))?;
        Ok(Exit::Done)
    }
}

fn text(submitted: &Submitted<'_>) -> String {
    let Submitted { job, fleet, taken_in, chunks, .. } = submitted;
    format!(
        "job {job}: {taken_in} objects in {chunks} chunks are with fleet {fleet}\nfollow   reseal status {job} --fleet {fleet} --watch\n"
    )
}

/// The limits of the whole fleet. Concurrency is each worker's own.
fn limits(limits: &Limits) -> JobLimits {
    let Limits { rate, rate_per_prefix, kms_rate, concurrency: _, caps } = *limits;
    JobLimits {
        objects_per_second: rate,
        writes_per_prefix: rate_per_prefix,
        reads_per_prefix: PaceSettings::default().reads_per_prefix,
        kms_per_second: kms_rate,
        failed_share: caps.failed_share,
    }
}
