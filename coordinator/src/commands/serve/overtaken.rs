//! Jobs of older reports that were begun and never wholly handed out.

use reseal_core::ports::Ledger;
use reseal_core::{JobEvent, JobId, JobState, ObjectKey, WhichFleet};
use reseal_worker::change_job_state;
use tracing::{info, warn};

use super::handle::{claimed, names};
use super::{Server, Trouble};
use crate::cli::Serving;
use crate::exit::CommandError;
use crate::serve::{Outcome, open_claims};
use crate::sources::Newest;
use crate::wiring::find_fleet;

impl Server<'_> {
    /// Ends what was begun of older reports on this bucket, now that the job
    /// `by` of a newer one is wholly handed out: before, objects could be left
    /// to nobody. What somebody paused stays paused.
    ///
    /// # Errors
    /// When the ledger or the records can't be asked.
    pub(super) async fn end_overtaken(&self, report: &Newest, by: &JobId) -> Result<(), Trouble> {
        let Serving::Encrypt { fleet, .. } = &self.request.serving else { return Ok(()) };
        let (records, patience) = (&self.ports.records, self.surroundings.machine.patience());
        let listed = patience.retry(|| records.list(report.source.as_str())).await;
        let listed = listed.map_err(CommandError::from)?;
        let mode = self.request.serving.word();
        let open = open_claims(&listed, report, mode, &self.mark);
        if open.is_empty() {
            return Ok(());
        }
        let found = self.ports.fleet.clone().map(WhichFleet::Named);
        let fleet = found.unwrap_or_else(|| fleet.clone());
        let ledger = find_fleet(&fleet, &self.request.job.connection).await?.ledger;
        for (date, digest) in open {
            let manifest = format!("{}{date}/manifest.json", self.to.folder(&report.source));
            let key = ObjectKey::new(manifest).map_err(anyhow::Error::new);
            let key = key.map_err(CommandError::from)?;
            let (date, digest) = (date.to_owned(), digest.to_owned());
            let older = Newest { key, date, digest, ..report.clone() };
            self.end_older(&older, &ledger, by).await?;
        }
        Ok(())
    }

    async fn end_older(
        &self,
        older: &Newest,
        ledger: &dyn Ledger,
        by: &JobId,
    ) -> Result<(), Trouble> {
        let names = names(self, older);
        let (records, claim) = (&self.ports.records, names.claim());
        let read = self.surroundings.machine.patience().retry(|| records.read(&claim)).await;
        let Some(text) = read.map_err(CommandError::from)? else { return Ok(()) };
        let job = match claimed(&names, &text) {
            Ok(job) => job,
            Err(error) => {
                warn!(%error, "left as it is");
                return Ok(());
            }
        };
        if let Some(outcome) = self.ended(ledger, job, by).await? {
            let handled = self.record(older, &names, outcome).await?;
            let (bucket, outcome) = (&older.source, handled.outcome.word());
            info!(%bucket, date = %older.date, outcome, "an older report");
        }
        Ok(())
    }

    /// What became of an older job; `None` where it was never made, or waits
    /// for whoever paused it.
    async fn ended(
        &self,
        ledger: &dyn Ledger,
        job: JobId,
        by: &JobId,
    ) -> Result<Option<Outcome>, Trouble> {
        let machine = self.surroundings.machine;
        let known = machine.patience().retry(|| ledger.job(&job)).await;
        let known = known.map_err(CommandError::from)?;
        Ok(match known.map(|known| known.state) {
            None | Some(JobState::Paused(_)) => None,
            Some(JobState::Finished) => Some(Outcome::Submitted { job }),
            Some(JobState::Cancelled) => Some(Outcome::Cancelled { job }),
            Some(JobState::Planned | JobState::Running) => {
                let (clock, random) = (machine.clock.as_ref(), machine.random.as_ref());
                let cancelled =
                    change_job_state(ledger, clock, random, &job, JobEvent::Cancel).await;
                cancelled.map_err(|error| CommandError::Failed(error.into()))?;
                Some(Outcome::Overtaken { job, by: by.clone() })
            }
        })
    }
}
