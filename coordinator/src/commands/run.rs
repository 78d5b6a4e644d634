//! `run`: probe → split → preview → confirm → work → report. The same command
//! again goes on where it was interrupted.

use std::collections::BTreeMap;
use std::time::Duration;

use reseal_core::{BucketName, BucketTerms, JobEvent, JobRecord, JobState};
use reseal_worker::{Ports, Settings, Stop, resend_open, set_job_state};

use crate::cli::JobRequest;
use crate::commands::{Surroundings, begin, probe};
use crate::console::Console;
use crate::exit::{CommandError, Exit};
use crate::plan::{Planner, Shown, bytes, text};
use crate::report::{Summary, write_to_state};
use crate::run::{
    Answer, Survey, Work, Worked, confirm, find_unfinished, fresh_id, new_job, still_as_probed,
    survey,
};
use crate::sources::Source;
use crate::split::{SplitCounts, SplitEnd, SplitReading, Splitter};
use crate::start::{Started, Wanted};
use crate::wiring::{Machine, engine_ports, engine_settings, lock, own_queue};

/// How often splitting shows how far it has come.
const SPLIT_SHOWN_EVERY: Duration = Duration::from_secs(1);

/// One run with everything that its steps share.
struct Run<'a> {
    request: &'a JobRequest,
    machine: &'a Machine,
    console: &'a Console,
    stop: &'a Stop,
    started: Started,
    ports: Ports,
    settings: Settings,
}

pub(super) async fn run(
    request: &JobRequest,
    yes: bool,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, stop } = *surroundings;
    let state = lock(machine, &request.state, "reseal run")?;
    let Some(started) = begin(Wanted::from(request), surroundings).await? else {
        return Ok(Exit::Interrupted);
    };
    let ports = engine_ports(machine, &started.cloud, state)?;
    let settings = engine_settings(&request.limits);
    let run = Run { request, machine, console, stop, started, ports, settings };
    run.go(yes).await
}

impl Run<'_> {
    async fn go(mut self, yes: bool) -> Result<Exit, CommandError> {
        let job = self.job(yes).await?;
        if self.stop.is_asked() {
            return Ok(self.interrupted(&job));
        }
        self.ports = own_queue(&self.ports, &job.id);
        let sources = self.started.open_sources(job.spec.behaviour.versions);
        // A job that was started before was confirmed before.
        if job.state == JobState::Planned {
            if yes {
                self.announce(&job);
            } else if self.split_and_confirm(&job, &sources).await? == Answer::No {
                return Ok(self.interrupted(&job));
            }
        }
        let job = set_job_state(&self.ports, &job.id, JobEvent::Start)
            .await
            .map_err(anyhow::Error::new)?;
        let before = self.survey(&job).await?;
        resend_open(&self.ports, &job.id).await?;
        let Self { ports, settings, console, .. } = &self;
        let work = Work { ports, settings, job: &job, sources: &sources, before, console };
        let worked = work.work(self.stop).await?;
        self.finish(&job, worked).await
    }

    /// The unfinished job that this command resumes, or a new one. Probes
    /// either way.
    async fn job(&self, yes: bool) -> Result<JobRecord, CommandError> {
        let spec = self.started.spec(self.request);
        let (ledger, patience) = (self.ports.ledger.as_ref(), self.machine.patience());
        let fingerprint = spec.fingerprint().map_err(anyhow::Error::new)?;
        let unfinished = find_unfinished(ledger, &fingerprint, patience).await?;
        let confirmed = unfinished.as_ref().is_some_and(|job| job.state != JobState::Planned);
        if !confirmed && !yes && !self.console.can_ask() {
            return Err(CommandError::refused(
                "there is no terminal to confirm on: look at `reseal plan`, then say --yes",
            ));
        }
        let Machine { clock, random } = self.machine;
        let id = match &unfinished {
            Some(job) => job.id.clone(),
            None => fresh_id(clock.as_ref(), random.as_ref()).map_err(anyhow::Error::new)?,
        };
        let terms = self.probe(&id).await?;
        if let Some(job) = unfinished {
            still_as_probed(&job, &self.started.cloud.owner, &terms)
                .map_err(|error| CommandError::refused(error.to_string()))?;
            self.console.note(format!("resuming job {}, begun {}", job.id, job.created_at));
            return Ok(job);
        }
        let owner = self.started.cloud.owner.clone();
        let job = new_job(id, spec, owner, terms, clock.now()).map_err(anyhow::Error::new)?;
        patience.retry(|| ledger.create_job(&job)).await?;
        self.console.note(format!("job {}", job.id));
        Ok(job)
    }

    async fn probe(
        &self,
        id: &reseal_core::JobId,
    ) -> Result<BTreeMap<BucketName, BucketTerms>, CommandError> {
        let probes = self.started.probe(&self.request.behaviour, id.as_str()).await?;
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

    async fn split_and_confirm(
        &self,
        job: &JobRecord,
        sources: &[Box<dyn Source>],
    ) -> Result<Answer, CommandError> {
        let Some(split) = self.split(job, sources).await? else { return Ok(Answer::No) };
        let survey = self.survey(job).await?;
        let Self { ports, settings, .. } = self;
        let planner = Planner { ports, settings, spec: &job.spec, terms: &job.buckets };
        let (census, sampled) = planner.sample(&job.id, survey.chunks, survey.rows).await?;
        let shown = Shown::new(
            self.started.describe_sources(),
            job.spec.target.to_string(),
            &census,
            split.filtered,
            self.started.hazards(&job.buckets),
            &self.request.limits,
        );
        self.console.note(taken_in(&survey, &split));
        self.console.note(text(&shown.sampled(sampled)));
        confirm(self.console, self.stop).await
    }

    /// Splits every source; `None` when stopped.
    async fn split(
        &self,
        job: &JobRecord,
        sources: &[Box<dyn Source>],
    ) -> Result<Option<SplitReading>, CommandError> {
        let counts = SplitCounts::default();
        let splitter = Splitter { ports: &self.ports, job, sources, counts: &counts };
        let mut split = std::pin::pin!(splitter.split(self.stop));
        let ended = loop {
            tokio::select! {
                biased;
                ended = &mut split => break ended?,
                () = self.machine.clock.sleep(SPLIT_SHOWN_EVERY) => {
                    self.console.progress(&format!("taking in objects: {}", counts.read().rows));
                }
            }
        };
        Ok((ended == SplitEnd::Whole).then(|| counts.read()))
    }

    async fn survey(&self, job: &JobRecord) -> Result<Survey, CommandError> {
        let ledger = self.ports.ledger.as_ref();
        Ok(survey(ledger, &job.id, self.machine.patience()).await?)
    }

    async fn finish(&self, job: &JobRecord, worked: Worked) -> Result<Exit, CommandError> {
        let Worked { state, left_out } = worked;
        if worked.state == JobState::Running {
            return Ok(self.interrupted(job));
        }
        let (ledger, sink) = (self.ports.ledger.as_ref(), self.ports.report.as_ref());
        let job = JobRecord { state, ..job.clone() };
        let (folder, patience) = (&self.request.state, self.machine.patience());
        let totals = write_to_state(ledger, sink, &job, folder, patience).await?;
        let exit = Exit::of_job(state, &totals.overall);
        if let JobState::Paused(reason) = state {
            self.console.warn(crate::report::paused(reason));
        }
        let summary = Summary::new(&job, totals, left_out, exit.code(), folder);
        self.console.result(&summary, &summary.text())?;
        Ok(exit)
    }

    fn interrupted(&self, job: &JobRecord) -> Exit {
        self.console.note(format!(
            "interrupted: job {} goes on where it was with the same command",
            job.id
        ));
        Exit::Interrupted
    }
}

/// What the sources gave. Bytes are told when this very process counted all
/// of them, and every source tells sizes.
fn taken_in(survey: &Survey, split: &SplitReading) -> String {
    let chunks = survey.chunks;
    if split.rows == survey.rows && split.unsized_rows == 0 {
        format!("taken in: {} objects, {}, in {chunks} chunks", survey.rows, bytes(split.bytes))
    } else {
        format!("taken in: {} objects in {chunks} chunks", survey.rows)
    }
}
