//! What is claimed of objects: by a job's report, or of all objects of a source.

use reseal_core::ports::{Ledger, ReportSink};
use reseal_core::{BucketName, Cursor, FailReason, JobId, JobSpec, Outcome, OutcomeRow, SourceRow};

use super::judge::{Claim, Expected};
use crate::exit::CommandError;
use crate::report::RowStream;
use crate::retry::Patience;
use crate::sources::Source;

/// Claims of one chunk or one pull, and what needs no look.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    pub(crate) claims: Vec<Claim>,
    /// Rows that need none: benign skips, or outside the selection.
    pub(crate) outside: u64,
    /// Rows that aren't settled yet.
    pub(crate) open: u64,
    /// Rows that nobody can name, because their chunk can't be read.
    pub(crate) unnamed: u64,
}

/// Claims in pieces that fit into memory.
pub(crate) enum ClaimSource<'a> {
    /// What a job's report claims.
    Job(JobClaims<'a>),
    /// That everything a source names is at the target.
    Sources {
        spec: &'a JobSpec,
        sources: &'a [Box<dyn Source>],
        /// Which source, and where in it.
        at: Option<(usize, Cursor)>,
    },
}

impl<'a> ClaimSource<'a> {
    /// That everything these sources name is at the target.
    pub(crate) fn of_sources(spec: &'a JobSpec, sources: &'a [Box<dyn Source>]) -> Self {
        Self::Sources { spec, sources, at: Some((0, Cursor::default())) }
    }

    /// The next claims; `None` at the end.
    ///
    /// # Errors
    /// When the ledger, the report or a source can't be read.
    pub(crate) async fn next(
        &mut self,
        patience: Patience<'_>,
    ) -> Result<Option<Claims>, CommandError> {
        match self {
            Self::Job(job) => job.next(patience).await,
            Self::Sources { spec, sources, at } => {
                let Some((index, cursor)) = at.take() else { return Ok(None) };
                let Some(source) = sources.get(index) else { return Ok(None) };
                let batch = patience.retry(|| source.pull(&cursor)).await?;
                *at = Some(match batch.next {
                    Some(next) => (index, next),
                    None => (index + 1, Cursor::default()),
                });
                let all = batch.rows.len();
                let rows = batch.rows.into_iter().map(|pulled| (pulled.bucket, pulled.row));
                let taken = rows.filter(|(_, row)| spec.may_take(source.spec(), row));
                let claims: Vec<Claim> = taken.map(at_target).collect();
                let outside = (all - claims.len()) as u64;
                Ok(Some(Claims { claims, outside, ..Claims::default() }))
            }
        }
    }
}

fn at_target((bucket, row): (BucketName, SourceRow)) -> Claim {
    Claim { bucket, row, expected: Expected::AtTarget, before: None }
}

/// The report of a job, chunk by chunk, whether or not somebody works it.
pub(crate) struct JobClaims<'a>(RowStream<'a>);

impl<'a> JobClaims<'a> {
    pub(crate) fn new(ledger: &'a dyn Ledger, sink: &'a dyn ReportSink, job: &'a JobId) -> Self {
        Self(RowStream::new(ledger, sink, job))
    }

    async fn next(&mut self, patience: Patience<'_>) -> Result<Option<Claims>, CommandError> {
        let Some((chunk, rows)) = self.0.next(patience).await? else { return Ok(None) };
        let settled = chunk.checkpoint.tally.total();
        let open = u64::from(chunk.rows).saturating_sub(settled);
        let mut claims = Claims { open, ..Claims::default() };
        for row in rows {
            claims.add(row);
        }
        Ok(Some(claims))
    }
}

impl Claims {
    fn add(&mut self, row: OutcomeRow) {
        let OutcomeRow { object, outcome, before, after, .. } = row;
        let left = after.or(before.clone());
        let expected = match outcome {
            // Its key is a placeholder.
            Outcome::Failed(FailReason::Quarantined) => {
                self.unnamed += 1;
                return;
            }
            Outcome::Skipped(reason) if reason.is_benign() => {
                self.outside += 1;
                return;
            }
            Outcome::Skipped(_) | Outcome::Failed(_) => Expected::LeftBehind(outcome),
            Outcome::ReEncrypted | Outcome::AlreadyCompliant => {
                left.clone().map_or(Expected::AtTarget, Expected::AsLeft)
            }
        };
        // Who named a version gets the one that the job left: a copy made a
        // new one. Who named none gets whatever readers of the key get.
        let version = object.version.map(|named| {
            left.filter(|_| !outcome.needs_a_look()).and_then(|left| left.version).unwrap_or(named)
        });
        let row =
            SourceRow { is_latest: version.is_none(), version, ..SourceRow::of_key(object.key) };
        self.claims.push(Claim { bucket: object.bucket, row, expected, before });
    }
}
