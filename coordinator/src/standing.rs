//! Where a job stands, as `status` shows it.
//!
//! Owns: what the ledger tells of a job, for people and as JSON.
//! Never: writes, or asks a service.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use reseal_core::ports::{Ledger, LedgerError, WorkerBeat};
use reseal_core::{BucketName, JobId, JobRecord, JobState, SourceSpec, Tally, escape_control};
use serde::Serialize;

use crate::report::why_paused;
use crate::retry::Patience;
use crate::run::{BucketSurvey, ChunkCounts, Survey};

/// Jobs read from the ledger at a time.
const PAGE: u32 = 100;

/// Who works where a job lies.
#[derive(Debug)]
pub(crate) enum Hands {
    /// The process in the state folder, if there is one.
    Folder(Option<String>),
    /// A fleet's workers.
    Fleet(Vec<WorkerBeat>),
}

impl Hands {
    /// Whether there are any. A fleet's jobs aren't interrupted without: they wait.
    pub(crate) fn are_there(&self) -> bool {
        match self {
            Self::Folder(process) => process.is_some(),
            Self::Fleet(_) => true,
        }
    }

    fn process(&self) -> Option<String> {
        match self {
            Self::Folder(process) => process.clone(),
            Self::Fleet(_) => None,
        }
    }

    fn workers(self) -> Option<Vec<WorkerBeat>> {
        match self {
            Self::Folder(_) => None,
            Self::Fleet(workers) => Some(workers),
        }
    }
}

/// One job.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    job: JobId,
    state: JobState,
    /// Why it stands still, and what mends that.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_because: Option<String>,
    /// Who works in the state folder now.
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<String>,
    /// The fleet's workers that said lately that they live.
    #[serde(skip_serializing_if = "Option::is_none")]
    workers: Option<Vec<WorkerBeat>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_of: Option<JobId>,
    created_at: String,
    target: String,
    sources: Vec<String>,
    pub(crate) taken_in: u64,
    /// Whether every source is split to its end.
    pub(crate) is_all_taken_in: bool,
    pub(crate) settled: u64,
    chunks: ChunkCounts,
    pub(crate) totals: Tally,
    buckets: BTreeMap<BucketName, BucketSurvey>,
}

impl Status {
    /// # Errors
    /// When the ledger can't be read.
    pub(crate) async fn new(
        ledger: &dyn Ledger,
        job: &JobRecord,
        survey: Survey,
        hands: Hands,
        patience: Patience<'_>,
    ) -> Result<Self, LedgerError> {
        let mut is_all_taken_in = true;
        for (index, _) in (0u32..).zip(&job.spec.sources) {
            is_all_taken_in &= patience.retry(|| ledger.source(&job.id, index)).await?.closed;
        }
        let paused_because = match job.state {
            JobState::Paused(reason) => Some(why_paused(reason)),
            _ => None,
        };
        Ok(Self {
            job: job.id.clone(),
            state: job.state,
            paused_because,
            process: hands.process(),
            workers: hands.workers(),
            retry_of: job.spec.retry_of().cloned(),
            created_at: job.created_at.to_string(),
            target: job.spec.target.to_string(),
            sources: job.spec.sources.iter().map(describe).collect(),
            taken_in: survey.rows,
            is_all_taken_in,
            settled: survey.settled,
            chunks: survey.states,
            totals: survey.overall(),
            buckets: survey.buckets,
        })
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String can't fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "job      {}, begun {}", self.job, self.created_at)?;
        writeln!(out, "state    {}", self.state_line())?;
        for source in &self.sources {
            writeln!(out, "source   {source}")?;
        }
        writeln!(out, "target   {}", self.target)?;
        let more = if self.is_all_taken_in { "" } else { ", and more to come" };
        writeln!(out, "objects  {} taken in{more}, {} settled", self.taken_in, self.settled)?;
        let ChunkCounts { pending, leased, done, quarantined } = self.chunks;
        writeln!(
            out,
            "chunks   {} open ({leased} in work), {done} done, {quarantined} quarantined",
            pending + leased
        )?;
        if let Some(workers) = &self.workers {
            writeln!(out, "workers  {}", workers.len())?;
        }
        for (bucket, BucketSurvey { taken_in, tally }) in &self.buckets {
            writeln!(
                out,
                "bucket   {bucket}: {} of {taken_in} settled: {}",
                tally.total(),
                counts(tally)
            )?;
        }
        Ok(())
    }

    /// Whether nothing will change until somebody does something about it.
    pub(crate) fn stands_still(&self) -> bool {
        match self.state {
            // A fleet's job waits for workers, who come and go.
            JobState::Running => self.process.is_none() && self.workers.is_none(),
            JobState::Planned => false,
            JobState::Paused(_) | JobState::Cancelled | JobState::Finished => true,
        }
    }

    fn state_line(&self) -> String {
        let word = word(self.state);
        if let (JobState::Running, Some(workers)) = (self.state, &self.workers) {
            return match workers.len() {
                0 => "running, and waits: no worker lives; start `reseal-worker`".to_owned(),
                _ => word.to_owned(),
            };
        }
        match (self.state, &self.paused_because, &self.process) {
            (_, Some(why), _) => format!("{word}: {why}"),
            (JobState::Running, _, Some(process)) => format!("{word}, by {process}"),
            (JobState::Running, _, None) => {
                "interrupted: no process works in this folder; the same command goes on".to_owned()
            }
            _ => word.to_owned(),
        }
    }
}

fn counts(tally: &Tally) -> String {
    format!(
        "{} re-encrypted, {} already compliant, {} skipped, {} failed",
        tally.re_encrypted,
        tally.already_compliant,
        tally.skipped_total(),
        tally.failed_total()
    )
}

fn word(state: JobState) -> &'static str {
    match state {
        JobState::Planned => "planned, waiting for a confirmation",
        JobState::Running => "running",
        JobState::Paused(_) => "paused",
        JobState::Cancelled => "cancelled",
        JobState::Finished => "finished",
    }
}

fn describe(source: &SourceSpec) -> String {
    match source {
        SourceSpec::Listing { bucket, prefix } => {
            format!("s3://{bucket}/{}", escape_control(prefix))
        }
        SourceSpec::Keys { path, .. } => format!("--keys {}", escape_control(path)),
        SourceSpec::Inventory { manifest, .. } => {
            format!("--manifest {}", escape_control(manifest))
        }
        SourceSpec::Rows { job, .. } => format!("rows of job {job} that failed or were skipped"),
    }
}

/// All jobs of a state folder, the newest first.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    jobs: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    job: JobId,
    state: JobState,
    /// Running by the ledger, and no process works in the folder.
    interrupted: bool,
    created_at: String,
    target: String,
    sources: Vec<String>,
}

/// # Errors
/// When the ledger can't be read.
pub(crate) async fn list(
    ledger: &dyn Ledger,
    patience: Patience<'_>,
) -> Result<Vec<JobRecord>, LedgerError> {
    let mut jobs: Vec<JobRecord> = Vec::new();
    loop {
        let after = jobs.last().map(|job| job.id.clone());
        let page = patience.retry(|| ledger.jobs(after.as_ref(), PAGE)).await?;
        if page.is_empty() {
            return Ok(jobs);
        }
        jobs.extend(page);
    }
}

impl Listed {
    /// `worked` tells whether a process works in the folder.
    pub(crate) fn new(mut jobs: Vec<JobRecord>, worked: bool) -> Self {
        jobs.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| b.id.cmp(&a.id)));
        let line = |job: JobRecord| Line {
            state: job.state,
            interrupted: job.state == JobState::Running && !worked,
            created_at: job.created_at.to_string(),
            target: job.spec.target.to_string(),
            sources: job.spec.sources.iter().map(describe).collect(),
            job: job.id,
        };
        Self { jobs: jobs.into_iter().map(line).collect() }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        if self.jobs.is_empty() {
            return "no jobs\n".to_owned();
        }
        let line = |Line { job, state, interrupted, target, sources, .. }: &Line| {
            let sources = sources.join(" ");
            let state = if *interrupted { "interrupted" } else { word(*state) };
            format!("{job}  {state:<11}  {sources} → {target}\n")
        };
        self.jobs.iter().map(line).collect()
    }
}
