//! A job's totals, and whether they add up.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use reseal_core::ports::ChunkRecord;
use reseal_core::{BucketName, JobId, JobRecord, OutcomeRow, Tally};
use serde::Serialize;

use super::is_settled;

/// How much stays in the old encryption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct OldVersions {
    pub(crate) versions: u64,
    pub(crate) bytes: u64,
}

/// Sums over a job, from its report rows.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Totals {
    /// Rows taken in.
    pub(crate) taken_in: u64,
    /// Rows that aren't settled yet.
    pub(crate) open: u64,
    /// All buckets.
    pub(crate) overall: Tally,
    /// Each bucket.
    pub(crate) buckets: BTreeMap<BucketName, Tally>,
    /// Versions that keep the old encryption: left behind by copies, or
    /// skipped as noncurrent.
    pub(crate) old_versions: OldVersions,
    /// Empty when all counts agree (I4): rows, checkpoints and the ledger's
    /// counters.
    pub(crate) contradictions: Vec<String>,
    /// The part of each bucket that the ledger's counters cover: chunks that
    /// are over.
    #[serde(skip)]
    settled: BTreeMap<BucketName, Tally>,
}

impl Totals {
    /// Adds one chunk's rows and checks them against its checkpoint.
    pub(super) fn add(&mut self, chunk: &ChunkRecord, rows: &[OutcomeRow], found: &Tally) {
        let (taken_in, settled) = (u64::from(chunk.rows), rows.len() as u64);
        self.taken_in += taken_in;
        self.open += taken_in.saturating_sub(settled);
        self.overall += found;
        for old in rows.iter().filter_map(OutcomeRow::old_version) {
            self.old_versions.versions += 1;
            self.old_versions.bytes = self.old_versions.bytes.saturating_add(old.size);
        }
        *self.buckets.entry(chunk.bucket.clone()).or_default() += found;
        if is_settled(chunk) {
            *self.settled.entry(chunk.bucket.clone()).or_default() += found;
            if settled != taken_in {
                self.contradiction(chunk, &format!("{taken_in} rows, {settled} reported"));
            }
        }
        if *found != chunk.checkpoint.tally {
            self.contradiction(chunk, "the checkpoint counts otherwise");
        }
        let twice = rows.windows(2).filter(|pair| pair[0].index == pair[1].index).count();
        if twice > 0 {
            self.contradiction(chunk, &format!("{twice} rows are reported twice"));
        }
        let stray = rows.iter().filter(|row| !chunk.checkpoint.settled.contains(row.index));
        let stray = stray.count();
        if stray > 0 {
            self.contradiction(chunk, &format!("{stray} rows are reported and not settled"));
        }
    }

    fn contradiction(&mut self, chunk: &ChunkRecord, what: &str) {
        self.contradictions.push(format!("chunk {}: {what}", chunk.id));
    }

    /// Checks the sums against the ledger's counters.
    pub(super) fn compare(&mut self, counters: &BTreeMap<BucketName, Tally>) {
        let nothing = Tally::default();
        let buckets: std::collections::BTreeSet<&BucketName> =
            self.settled.keys().chain(counters.keys()).collect();
        let differs = |bucket: &&BucketName| {
            self.settled.get(*bucket).unwrap_or(&nothing)
                != counters.get(*bucket).unwrap_or(&nothing)
        };
        let lines: Vec<String> = buckets
            .into_iter()
            .filter(differs)
            .map(|bucket| format!("bucket {bucket}: the ledger's counters say otherwise"))
            .collect();
        self.contradictions.extend(lines);
    }

    /// Whether every count agrees with every other.
    pub(crate) fn add_up(&self) -> bool {
        self.contradictions.is_empty() && self.overall.total() + self.open == self.taken_in
    }

    /// With the job that they are of.
    pub(crate) fn with_job<'a>(&'a self, job: &'a JobRecord) -> impl Serialize + 'a {
        #[derive(Serialize)]
        struct OfJob<'a> {
            job: &'a JobId,
            #[serde(skip_serializing_if = "Option::is_none")]
            retry_of: Option<&'a JobId>,
            state: reseal_core::JobState,
            target: &'a reseal_core::Target,
            created_at: String,
            adds_up: bool,
            #[serde(flatten)]
            totals: &'a Totals,
        }
        OfJob {
            job: &job.id,
            retry_of: job.spec.retry_of(),
            state: job.state,
            target: &job.spec.target,
            created_at: job.created_at.to_string(),
            adds_up: self.add_up(),
            totals: self,
        }
    }
}

/// Where a job's report lies.
pub(super) fn folder(state: &Path, job: &JobId) -> PathBuf {
    state.join("jobs").join(job.as_str())
}

/// The result of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    job: JobId,
    /// The job whose rows these were.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_of: Option<JobId>,
    state: reseal_core::JobState,
    exit_code: u8,
    report: PathBuf,
    totals_file: PathBuf,
    left_out_by_selection: u64,
    /// Uploads of this job that could not be removed.
    unfinished_uploads: u64,
    adds_up: bool,
    totals: Totals,
}

impl Summary {
    pub(crate) fn new(
        job: &JobRecord,
        totals: Totals,
        left_out: u64,
        exit_code: u8,
        state: &Path,
    ) -> Self {
        let folder = folder(state, &job.id);
        Self {
            job: job.id.clone(),
            retry_of: job.spec.retry_of().cloned(),
            state: job.state,
            exit_code,
            report: folder.join("report.csv"),
            totals_file: folder.join("totals.json"),
            left_out_by_selection: left_out,
            unfinished_uploads: 0,
            adds_up: totals.add_up(),
            totals,
        }
    }

    /// With so many uploads that could not be removed.
    pub(crate) fn unfinished_uploads(self, unfinished_uploads: u64) -> Self {
        Self { unfinished_uploads, ..self }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let Totals { taken_in, open, overall, old_versions, contradictions, .. } = &self.totals;
        let mut out = String::new();
        // Writing to a String can't fail.
        let _ = writeln!(out, "job {}: {taken_in} objects", self.job);
        if let Some(first) = &self.retry_of {
            let _ = writeln!(out, "  that failed or were skipped in job {first}");
        }
        let mut line = |what: &str, count: u64| {
            if count > 0 {
                let _ = writeln!(out, "  {count:>12}  {what}");
            }
        };
        line("re-encrypted", overall.re_encrypted);
        line("already compliant", overall.already_compliant);
        for (reason, count) in &overall.skipped {
            line(&format!("skipped: {}", reason.word()), *count);
        }
        for (reason, count) in &overall.failed {
            line(&format!("failed: {}", reason.word()), *count);
        }
        line("of the re-encrypted: edited by somebody meanwhile (drift)", overall.drifted);
        line("not settled yet", *open);
        line(
            "old versions stay in the old encryption (report --format old-versions)",
            old_versions.versions,
        );
        if self.left_out_by_selection > 0 {
            let _ = writeln!(
                out,
                "  {} more were outside the selection by their listing",
                self.left_out_by_selection
            );
        }
        if contradictions.is_empty() {
            let _ = writeln!(out, "the counts add up");
        }
        for contradiction in contradictions {
            let _ = writeln!(out, "THE COUNTS DO NOT ADD UP: {contradiction}");
        }
        let _ = writeln!(out, "report   {}", self.report.display());
        let _ = writeln!(out, "totals   {}", self.totals_file.display());
        out
    }
}
