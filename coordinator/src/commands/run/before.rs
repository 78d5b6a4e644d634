//! What a run does before any object is touched: take everything in, where
//! somebody or a limit must judge it first; show it; ask.

use std::time::Duration;

use reseal_core::{JobRecord, JobState};

use super::Run;
use crate::exit::CommandError;
use crate::plan::{Planner, Priced, Shown, bytes, text};
use crate::run::{Answer, Survey, confirm};
use crate::sources::Source;
use crate::split::{SplitCounts, SplitEnd, SplitReading, Splitter};

/// How often splitting is looked at while it goes on.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How many looks there are to one at the job itself: every five seconds.
const LOOKS_AT_JOB: u32 = 25;
/// How many looks there are to a line of progress.
const LOOKS_SHOWN: u32 = 5;

impl Run<'_> {
    /// What comes before work. `None` when the user stopped it or said no;
    /// else how many rows the selection left out so far.
    ///
    /// # Errors
    /// Refused, naming the limit, when one is exceeded.
    pub(in crate::commands) async fn before_work(
        &self,
        job: &JobRecord,
        sources: &[Box<dyn Source>],
        confirmed: bool,
    ) -> Result<Option<u64>, CommandError> {
        let caps = self.request.limits.caps;
        if confirmed && job.state == JobState::Planned {
            self.announce(job);
        }
        let capped = caps.max_objects.is_some() || caps.max_cost_usd.is_some();
        if confirmed && !capped {
            return Ok(Some(0));
        }
        let Some(split) = self.split(job, sources).await? else { return Ok(None) };
        let survey = self.survey(job).await?;
        refuse(caps.refuse_objects(survey.rows))?;
        self.console.note(taken_in(&survey, &split));
        if !confirmed || caps.max_cost_usd.is_some() {
            let shown = self.preview(job, &split).await?;
            self.console.note(text(&shown));
            if let Some(why) = caps.put_off_cost(shown.estimate()) {
                return Err(CommandError::Failed(anyhow::anyhow!(why)));
            }
            refuse(caps.refuse_cost(shown.estimate()))?;
        }
        if !confirmed && confirm(self.console, self.stop).await? == Answer::No {
            return Ok(None);
        }
        Ok(Some(split.filtered))
    }

    async fn preview(&self, job: &JobRecord, split: &SplitReading) -> Result<Shown, CommandError> {
        let Self { ports, settings, .. } = self;
        let planner = Planner { ports, settings, spec: &job.spec, terms: &job.buckets };
        let (census, sampled) = planner.sample(&job.id).await?;
        let shown = Shown::new(
            self.started.describe_sources(),
            job.spec.target.to_string(),
            &census,
            split.filtered,
            self.started.hazards(&job.buckets),
            &self.request.limits,
            Priced {
                list: &self.request.prices,
                region: &self.started.cloud.region,
                fleet: self.fleet,
            },
        );
        Ok(shown.sampled(sampled))
    }

    /// Splits every source; `None` when stopped. What an early refusal leaves
    /// behind is what a kill would: the ledger knows where to go on.
    pub(in crate::commands) async fn split(
        &self,
        job: &JobRecord,
        sources: &[Box<dyn Source>],
    ) -> Result<Option<SplitReading>, CommandError> {
        let before = self.survey(job).await?.rows;
        let counts = SplitCounts::default();
        let splitter = Splitter { ports: &self.ports, job, sources, counts: &counts };
        let mut split = std::pin::pin!(splitter.split(self.stop));
        let mut looks = 0;
        let ended = loop {
            tokio::select! {
                biased;
                ended = &mut split => break ended?,
                () = self.machine.clock.sleep(LOOK_EVERY) => {
                    let rows = before + counts.read().rows;
                    refuse(self.request.limits.caps.refuse_objects(rows))?;
                    looks += 1;
                    if looks % LOOKS_AT_JOB == 0 && self.is_given_up(job).await? {
                        return Ok(Some(counts.read()));
                    }
                    if looks % LOOKS_SHOWN == 0 {
                        self.console.progress(&format!("taking in objects: {rows}"));
                    }
                }
            }
        };
        Ok((ended == SplitEnd::Whole).then(|| counts.read()))
    }
}

impl Run<'_> {
    async fn is_given_up(&self, job: &JobRecord) -> Result<bool, CommandError> {
        let ledger = self.ports.ledger.as_ref();
        let now = self.machine.patience().retry(|| ledger.job(&job.id)).await?;
        Ok(now.is_some_and(|now| now.state == JobState::Cancelled))
    }
}

fn refuse(why: Option<String>) -> Result<(), CommandError> {
    why.map_or(Ok(()), |why| Err(CommandError::refused(why)))
}

/// What the sources gave. Bytes are told when this very process counted all
/// of them, and every source tells sizes.
fn taken_in(survey: &Survey, split: &SplitReading) -> String {
    let chunks = survey.chunks();
    if split.rows == survey.rows && split.unsized_rows == 0 {
        format!("taken in: {} objects, {}, in {chunks} chunks", survey.rows, bytes(split.bytes))
    } else {
        format!("taken in: {} objects in {chunks} chunks", survey.rows)
    }
}
