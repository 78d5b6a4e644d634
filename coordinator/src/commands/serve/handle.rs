//! A report: looked at and written down, or made a job of. Once.

use reseal_core::{JobId, Priority, Versions, WhichFleet};
use serde::Serialize;
use tracing::info;

use super::{Server, Trouble};
use crate::cli::{
    CensusRequest, Counted, JobRequest, Output, Place, Serving, SourceRequest, SubmitRequest,
};
use crate::commands::{Passing, Surroundings, census, plan, submit};
use crate::console::{Console, Kept};
use crate::exit::{CommandError, Exit};
use crate::run::fresh_id;
use crate::serve::{Claim, Handled, Names, Outcome};
use crate::sources::Newest;

/// The names of this report's files, under this server's policy.
pub(super) fn names(server: &Server<'_>, report: &Newest) -> Names {
    Names::new(report, server.request.serving.word(), &server.mark)
}

/// The job that a claim names.
///
/// # Errors
/// Refused where it is none.
pub(super) fn claimed(names: &Names, claim: &[u8]) -> Result<JobId, CommandError> {
    let claim: Claim = serde_json::from_slice(claim).map_err(|error| {
        CommandError::refused(format!("{} is no claim: {error}", names.claim()))
    })?;
    Ok(claim.job)
}

impl Server<'_> {
    /// Does what the mode says, then records it; in words, what was done.
    ///
    /// # Errors
    /// When it isn't recorded: it is done again, which is harmless.
    pub(super) async fn handle(&self, report: &Newest) -> Result<String, Trouble> {
        let names = names(self, report);
        info!(bucket = %report.source, date = %report.date, "a report is due");
        let outcome = match &self.request.serving {
            Serving::Report { .. } => self.report(report, &names).await,
            Serving::Encrypt { fleet, priority } => {
                self.encrypt(report, &names, fleet, *priority).await
            }
        };
        let outcome = match outcome {
            Err(Trouble::Later(CommandError::Refused(why))) => Outcome::Refused { why },
            outcome => outcome?,
        };
        if let Outcome::Submitted { job } = &outcome {
            self.end_overtaken(report, job).await?;
        }
        let handled = self.record(report, &names, outcome).await?;
        let word = handled.outcome.word();
        Ok(match handled.outcome {
            Outcome::Reported => format!("report of {} {word}", report.date),
            Outcome::Submitted { job }
            | Outcome::Cancelled { job }
            | Outcome::Overtaken { job, .. } => {
                format!("report of {} {word} as job {job}", report.date)
            }
            Outcome::Refused { why } => {
                format!("report of {} {word}: {}", report.date, super::shown(&why))
            }
        })
    }

    /// That nothing is left to be done about it, unless somebody said so
    /// before.
    pub(super) async fn record(
        &self,
        report: &Newest,
        names: &Names,
        outcome: Outcome,
    ) -> Result<Handled, CommandError> {
        let handled = Handled {
            manifest: format!("s3://{}/{}", report.bucket, report.key),
            digest: report.digest.clone(),
            at: self.surroundings.machine.clock.now(),
            outcome,
        };
        self.create(&names.handled(), &handled).await?;
        Ok(handled)
    }

    /// Census and plan.
    async fn report(&self, report: &Newest, names: &Names) -> Result<Outcome, Trouble> {
        let job = self.job(report);
        let spool = Passing(job.state.clone());
        let counted = CensusRequest {
            what: Counted::Sources {
                sources: job.sources.clone(),
                versions: Versions::Current,
                look: false,
            },
            out: None,
            limits: job.limits,
            connection: job.connection.clone(),
            place: Place::Folder(job.state.clone()),
            state: job.state.clone(),
            output: Output::Json,
        };
        let console = Console::keeping();
        let surroundings = Surroundings { console: &console, ..*self.surroundings };
        let counted = census::census(counted, &surroundings).await;
        self.write(names, "census", counted, console.taken()).await?;
        let planned = plan::plan(&job, &surroundings).await;
        self.write(names, "plan", planned, console.taken()).await?;
        drop(spool);
        Ok(Outcome::Reported)
    }

    async fn write(
        &self,
        names: &Names,
        what: &str,
        ended: Result<Exit, CommandError>,
        kept: Option<Kept>,
    ) -> Result<(), Trouble> {
        if ended? == Exit::Interrupted {
            return Err(Trouble::Stopped);
        }
        let Kept { json, text } = kept.ok_or(Trouble::Stopped)?;
        let (records, patience) = (&self.ports.records, self.surroundings.machine.patience());
        for (ending, bytes) in [("json", json.as_slice()), ("txt", text.as_bytes())] {
            let name = names.result(&format!("{what}.{ending}"));
            let written = patience.retry(|| records.replace(&name, bytes)).await;
            written.map_err(CommandError::from)?;
        }
        Ok(())
    }

    /// A job, whose id is settled before it is made.
    async fn encrypt(
        &self,
        report: &Newest,
        names: &Names,
        fleet: &WhichFleet,
        priority: Priority,
    ) -> Result<Outcome, Trouble> {
        let job = self.claim(names).await?;
        // Its stack was asked at the start, and needn't be for every report.
        let found = self.ports.fleet.clone().map(WhichFleet::Named);
        let (fleet, yes) = (found.unwrap_or_else(|| fleet.clone()), true);
        let request = SubmitRequest { job: self.job(report), fleet, priority, yes };
        let console = Console::keeping();
        let surroundings = Surroundings { console: &console, ..*self.surroundings };
        match submit::submit_claimed(&request, &job, &surroundings).await? {
            Exit::Interrupted => Err(Trouble::Stopped),
            Exit::Cancelled => Ok(Outcome::Cancelled { job }),
            Exit::Done | Exit::NeedsALook | Exit::Paused => Ok(Outcome::Submitted { job }),
        }
    }

    /// The job of this report: ours to name, unless somebody did before.
    async fn claim(&self, names: &Names) -> Result<JobId, Trouble> {
        let machine = self.surroundings.machine;
        let job = fresh_id(machine.clock.as_ref(), machine.random.as_ref());
        let job = job.map_err(|error| CommandError::Failed(error.into()))?;
        let claim = Claim { job: job.clone(), at: machine.clock.now() };
        let Some(there) = self.create(&names.claim(), &claim).await? else { return Ok(job) };
        Ok(claimed(names, &there)?)
    }

    /// Stores it where there is none; what is there otherwise.
    async fn create(
        &self,
        name: &str,
        value: &impl Serialize,
    ) -> Result<Option<Vec<u8>>, CommandError> {
        let (records, patience) = (&self.ports.records, self.surroundings.machine.patience());
        let bytes = serde_json::to_vec_pretty(value).map_err(anyhow::Error::new)?;
        let there = patience.retry(|| records.create(name, &bytes)).await?;
        // Perhaps the echo of our own write, whose answer was lost.
        Ok(there.filter(|there| *there != bytes))
    }

    /// What was told, for this report.
    fn job(&self, report: &Newest) -> JobRequest {
        let (bucket, key) = (report.bucket.clone(), report.key.clone());
        let draw = self.surroundings.machine.random.next_u64();
        let state = self.request.job.state.join(format!("serve-{draw:016x}"));
        // The record, or the claim, is about no other.
        let digest = Some(report.digest.clone());
        let sources = vec![SourceRequest::ManifestObject { bucket, key, digest }];
        JobRequest { sources, state, ..self.request.job.clone() }
    }
}
