//! `run`: probe → split → preview → confirm → work → report. The same command
//! again goes on where it was interrupted.

mod before;

use std::collections::BTreeMap;

use reseal_core::ports::LedgerErrorKind;
use reseal_core::{
    BucketName, BucketTerms, JobEvent, JobId, JobRecord, JobState, PauseReason, Priority,
    SkipReason, StoreErrorKind,
};
use reseal_worker::{Leftover, Ports, Settings, Stop, abort_leftovers, resend_open, set_job_state};
use serde::Serialize;

use crate::cli::JobRequest;
use crate::commands::{Surroundings, begin, probe};
use crate::console::Console;
use crate::exit::{CommandError, Exit};
use crate::report::{Summary, Totals, why_paused, write_to_state};
use crate::run::{
    Survey, Work, Worked, find_unfinished, fresh_id, new_job, still_as_probed, survey,
};
use crate::sources::JobRows;
use crate::start::{Started, Wanted};
use crate::wiring::{Machine, engine_ports, engine_settings, lock, own_queue};

/// How many uploads that could not be removed are named.
const LEFTOVERS_SHOWN: usize = 10;

/// One run, or one submission, with everything that its steps share.
pub(super) struct Run<'a> {
    pub(super) request: &'a JobRequest,
    pub(super) machine: &'a Machine,
    pub(super) console: &'a Console,
    pub(super) stop: &'a Stop,
    pub(super) started: Started,
    pub(super) ports: Ports,
    pub(super) settings: Settings,
    pub(super) priority: Priority,
    /// Whether a fleet does the work.
    pub(super) fleet: bool,
    /// The id that the job has, or shall have, where that is settled.
    pub(super) claimed: Option<JobId>,
}

pub(super) async fn run(
    request: &JobRequest,
    yes: bool,
    rows: Option<JobRows>,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, stop } = *surroundings;
    let state = lock(machine, &request.state, "reseal run")?;
    let wanted = Wanted { rows, ..Wanted::from(request) };
    let Some(started) = begin(wanted, surroundings).await? else {
        return Ok(Exit::Interrupted);
    };
    refuse_unpriced(request, &started)?;
    let ports = engine_ports(machine, &started.cloud, state)?;
    let settings = engine_settings(&request.limits);
    let priority = Priority::default();
    let (fleet, claimed) = (false, None);
    let run =
        Run { request, machine, console, stop, started, ports, settings, priority, fleet, claimed };
    run.go(yes).await
}

/// Before anything is touched, the probe's objects included.
///
/// # Errors
/// Refused where a limit in money can't be held, whatever the objects are.
pub(super) fn refuse_unpriced(request: &JobRequest, started: &Started) -> Result<(), CommandError> {
    let (caps, region) = (&request.limits.caps, &started.cloud.region);
    let refusal = caps.refuse_unpriced(&request.prices, region, &request.target);
    refusal.map_or(Ok(()), |why| Err(CommandError::refused(why)))
}

impl Run<'_> {
    async fn go(mut self, yes: bool) -> Result<Exit, CommandError> {
        let job = self.job(yes).await?;
        if self.stop.is_asked() {
            return self.interrupted(&job);
        }
        self.ports = own_queue(&self.ports, &job.id);
        let sources = self.started.open_sources(job.spec.behaviour.versions);
        // A job that was started before was confirmed before.
        let confirmed = yes || job.state != JobState::Planned;
        let Some(filtered) = self.before_work(&job, &sources, confirmed).await? else {
            return self.interrupted(&job);
        };
        if let Some(paused) = self.paused_meanwhile(&job).await? {
            return self.finish(&job, Worked { state: paused, left_out: filtered }).await;
        }
        let job = set_job_state(&self.ports, &job.id, JobEvent::Start)
            .await
            .map_err(anyhow::Error::new)?;
        let before = self.survey(&job).await?;
        resend_open(&self.ports, &job.id).await?;
        let Self { ports, settings, console, request, .. } = &self;
        let failed_share = request.limits.caps.failed_share;
        let work =
            Work { ports, settings, job: &job, sources: &sources, before, failed_share, console };
        let Worked { state, left_out } = work.work(self.stop).await?;
        self.finish(&job, Worked { state, left_out: left_out + filtered }).await
    }

    /// A pause that was asked for after we read the job: not ours to undo.
    pub(super) async fn paused_meanwhile(
        &self,
        job: &JobRecord,
    ) -> Result<Option<JobState>, CommandError> {
        let ledger = self.ports.ledger.as_ref();
        let now = self.machine.patience().retry(|| ledger.job(&job.id)).await?;
        let moved = now.filter(|now| now.revision != job.revision).map(|now| now.state);
        Ok(moved.filter(|state| matches!(state, JobState::Paused(_))))
    }

    /// The unfinished job that this command resumes, or a new one. Probes
    /// either way.
    pub(super) async fn job(&self, yes: bool) -> Result<JobRecord, CommandError> {
        let spec = self.started.spec(self.request);
        let (ledger, patience) = (self.ports.ledger.as_ref(), self.machine.patience());
        let fingerprint = spec.fingerprint().map_err(anyhow::Error::new)?;
        let unfinished = match &self.claimed {
            None => find_unfinished(ledger, &fingerprint, patience).await?,
            Some(id) => patience.retry(|| ledger.job(id)).await?,
        };
        if let Some(other) = unfinished.as_ref().filter(|job| job.fingerprint != fingerprint) {
            return Err(CommandError::refused(format!(
                "job {} began with other settings, or its key's alias means another key by now",
                other.id
            )));
        }
        let confirmed = unfinished.as_ref().is_some_and(|job| job.state != JobState::Planned);
        if !confirmed && !yes && !self.console.can_ask() {
            return Err(CommandError::refused(
                "there is no terminal to confirm on: look at `reseal plan`, then say --yes",
            ));
        }
        let Machine { clock, random } = self.machine;
        let id = match unfinished.as_ref().map(|job| &job.id).or(self.claimed.as_ref()) {
            Some(id) => id.clone(),
            None => fresh_id(clock.as_ref(), random.as_ref()).map_err(anyhow::Error::new)?,
        };
        let terms = self.probe(&id).await?;
        if let Some(job) = unfinished {
            still_as_probed(&job, &self.started.cloud.owner, &terms)
                .map_err(|error| CommandError::refused(error.to_string()))?;
            self.console.note(resuming(&job));
            return Ok(job);
        }
        let owner = self.started.cloud.owner.clone();
        let job = new_job(id, spec, owner, terms, clock.now()).map_err(anyhow::Error::new)?;
        let job = JobRecord { priority: self.priority, ..job };
        match patience.retry(|| ledger.create_job(&job)).await {
            Ok(()) => {}
            // Perhaps the echo of our own write, whose reply was lost.
            Err(error) if error.kind == LedgerErrorKind::Conflict => {
                match patience.retry(|| ledger.job(&job.id)).await? {
                    Some(there) if there == job => {}
                    // Who else found the claim was faster.
                    Some(there) if self.claimed.is_some() && there.fingerprint == fingerprint => {
                        still_as_probed(&there, &job.owner, &job.buckets)
                            .map_err(|error| CommandError::refused(error.to_string()))?;
                        return Ok(there);
                    }
                    _ => return Err(error.into()),
                }
            }
            Err(error) => return Err(error.into()),
        }
        self.console.note(format!("job {}", job.id));
        Ok(job)
    }

    async fn probe(
        &self,
        id: &reseal_core::JobId,
    ) -> Result<BTreeMap<BucketName, BucketTerms>, CommandError> {
        let probes =
            self.started.probe(&self.request.behaviour, &self.request.readers, id.as_str()).await?;
        for probe in &probes {
            let documented = probe.findings.iter().all(|finding| finding.as_documented);
            if documented {
                self.console.note(format!("probed {}: all as documented", probe.bucket));
            } else {
                self.console.note(probe::text(probe).trim_end());
            }
        }
        match probes.iter().flat_map(|probe| &probe.refusals).next() {
            Some(refusal) => Err(CommandError::refused(refusal)),
            None => Ok(self.started.probed_terms(&probes)),
        }
    }

    /// What is worth knowing when nobody is asked.
    fn announce(&self, job: &JobRecord) {
        for source in self.started.describe_sources() {
            self.console.note(format!("source   {source}"));
        }
        self.console.note(format!("target   {}", job.spec.target));
        for hazard in self.started.hazards(&job.buckets) {
            self.console.warn(format!("hazard   {}", hazard.text()));
        }
    }

    pub(super) async fn survey(&self, job: &JobRecord) -> Result<Survey, CommandError> {
        let ledger = self.ports.ledger.as_ref();
        Ok(survey(ledger, &job.id, self.machine.patience()).await?)
    }

    async fn finish(&self, job: &JobRecord, worked: Worked) -> Result<Exit, CommandError> {
        let Worked { state, left_out } = worked;
        if worked.state == JobState::Running {
            return self.interrupted(job);
        }
        let (ledger, sink) = (self.ports.ledger.as_ref(), self.ports.report.as_ref());
        let job = JobRecord { state, ..job.clone() };
        let (folder, patience) = (&self.request.state, self.machine.patience());
        let totals = write_to_state(ledger, sink, &job, folder, patience).await?;
        let leftovers = self.leftovers(&job).await?;
        let vanished = self.vanished(&totals).await;
        for bucket in &vanished {
            self.console.warn(format!(
                "bucket {bucket} no longer exists: its objects are reported as gone"
            ));
        }
        if state == JobState::Finished && totals.taken_in == 0 {
            self.console
                .warn("the sources hold no objects, or none of the selection: is that right?");
        }
        let exit = match Exit::of_job(state, &totals.overall) {
            Exit::Done if !vanished.is_empty() || leftovers > 0 => Exit::NeedsALook,
            exit => exit,
        };
        self.say_how_it_ended(&job);
        let summary =
            Summary::new(&job, totals, left_out, exit.code(), folder).unfinished_uploads(leftovers);
        self.console.result(&summary, &summary.text())?;
        Ok(exit)
    }

    /// Removes what uploads of a job that is over are still on record; how many
    /// could not be removed.
    async fn leftovers(&self, job: &JobRecord) -> Result<u64, CommandError> {
        if !job.state.is_terminal() {
            return Ok(0);
        }
        let left = abort_leftovers(&self.ports, job).await?;
        for Leftover { object, id, error } in left.iter().take(LEFTOVERS_SHOWN) {
            self.console.warn(format!(
                "the unfinished upload {id} of {object} could not be removed, and its parts are billed: {error}"
            ));
        }
        Ok(left.len() as u64)
    }

    /// Buckets that were deleted meanwhile. A HEAD can't tell: to it, each of
    /// their objects is merely gone.
    async fn vanished(&self, totals: &Totals) -> Vec<BucketName> {
        let cloud = &self.started.cloud;
        let mut vanished = Vec::new();
        for (bucket, tally) in &totals.buckets {
            if !tally.skipped.contains_key(&SkipReason::Gone) {
                continue;
            }
            match cloud.patience().retry(|| cloud.inspector.inspect(bucket)).await {
                Err(error) if error.kind == StoreErrorKind::BucketGone => {
                    vanished.push(bucket.clone());
                }
                // The job is done; this is only for the last word on it.
                Ok(_) | Err(_) => {}
            }
        }
        vanished
    }

    fn say_how_it_ended(&self, job: &JobRecord) {
        let id = &job.id;
        match job.state {
            JobState::Paused(PauseReason::Requested) => self.console.note(format!(
                "paused on request: job {id} goes on with the same command"
            )),
            JobState::Paused(reason) => self.console.warn(format!(
                "the job is paused: {}; the same command goes on",
                why_paused(reason)
            )),
            JobState::Cancelled => self.console.warn(format!(
                "job {id} was cancelled: what was re-encrypted stays so, the same command begins a new job"
            )),
            JobState::Planned | JobState::Running | JobState::Finished => {}
        }
    }

    /// Without a report: writing one could take longer than whoever stopped us
    /// waits. `reseal report` makes it at any time.
    pub(super) fn interrupted(&self, job: &JobRecord) -> Result<Exit, CommandError> {
        self.console.note(format!(
            "interrupted: job {} goes on where it was with the same command",
            job.id
        ));
        let exit = Exit::Interrupted;
        let told = Interrupted { job: &job.id, state: job.state, exit_code: exit.code() };
        self.console.result(&told, "")?;
        Ok(exit)
    }
}

/// All that is told of an interrupted run, for scripts.
#[derive(Serialize)]
struct Interrupted<'a> {
    job: &'a JobId,
    state: JobState,
    exit_code: u8,
}

fn resuming(job: &JobRecord) -> String {
    let JobRecord { id, created_at, state, .. } = job;
    match state {
        JobState::Paused(reason) => {
            format!("resuming job {id}, begun {created_at} and paused: {}", why_paused(*reason))
        }
        _ => format!("resuming job {id}, begun {created_at}"),
    }
}
