//! `census`: counts what there is, or what a job made of it.

use std::cell::Cell;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use reseal_core::{
    BucketName, BucketTerms, Cursor, JobId, Outcome, Selection, SkipReason, SourceRow,
    StoreErrorKind, Target, Versions,
};
use reseal_worker::{Examiner, Meter, Verdict};

use super::ground::Ground;
use super::{Passing, Surroundings};
use crate::census::{Census, Seal, Shown, write_csv};
use crate::cli::{CensusRequest, Counted, SourceRequest};
use crate::exit::{CommandError, Exit};
use crate::inventory::LeftOut;
use crate::plan::blocked;
use crate::report::{RowStream, find_job};
use crate::retry::Patience;
use crate::sources::{Prepared, Source, SourceError};
use crate::start::gather;
use crate::wiring;

/// How often the count is shown.
const SHOW_EVERY: Duration = Duration::from_secs(2);

pub(super) async fn census(
    request: CensusRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { console, stop, .. } = *surroundings;
    let counted = async {
        match &request.what {
            Counted::Job(job) => of_job(job, &request, surroundings).await,
            Counted::Sources { sources, versions, look } => {
                of_sources(sources, *versions, *look, &request, surroundings).await
            }
        }
    };
    let counted = tokio::select! {
        biased;
        () = stop.asked() => None,
        counted = counted => Some(counted?),
    };
    let Some((shown, is_whole)) = counted else {
        console.warn("interrupted: not everything was counted");
        return Ok(Exit::Interrupted);
    };
    if let Some(path) = &request.out {
        write(&shown, path)?;
    }
    console.result(&shown, &shown.text())?;
    Ok(if is_whole { Exit::Done } else { Exit::NeedsALook })
}

fn write(shown: &Shown, path: &Path) -> Result<(), CommandError> {
    let file = File::create(path)
        .map_err(|error| CommandError::refused(format!("--out {}: {error}", path.display())))?;
    Ok(write_csv(shown, file).context("writing the groups (--out)")?)
}

/// Before and after, as the job's report tells them.
async fn of_job(
    job: &JobId,
    request: &CensusRequest,
    surroundings: &Surroundings<'_>,
) -> Result<(Shown, bool), CommandError> {
    let patience = surroundings.machine.patience();
    let view = wiring::look_at(&request.place, &request.connection).await?;
    let job = find_job(view.ledger.as_ref(), Some(job), patience).await?;
    let mut rows = RowStream::new(view.ledger.as_ref(), view.report.as_ref(), &job.id);
    let (mut census, progress) = (Census::default(), Progress::new(surroundings));
    while let Some((chunk, rows)) = rows.next(patience).await? {
        census.not_settled += u64::from(chunk.rows).saturating_sub(rows.len() as u64);
        rows.iter().for_each(|row| census.settled(row));
        progress.tell(&census);
    }
    let is_whole = census.not_settled == 0;
    Ok((Shown::new(Some(job.id), Vec::new(), 0, census), is_whole))
}

/// What the sources name; S3 is asked where they don't tell the encryption.
async fn of_sources(
    named: &[SourceRequest],
    versions: Versions,
    look: bool,
    request: &CensusRequest,
    surroundings: &Surroundings<'_>,
) -> Result<(Shown, bool), CommandError> {
    let Surroundings { machine, .. } = *surroundings;
    let CensusRequest { connection, state, .. } = request;
    let (prepared, cloud) = gather(machine, named, None, connection, state).await?;
    // A look needs some target to compare with; what it says of that is not used.
    let ground = Ground::to_look(cloud, &prepared, Target::SseS3, Selection::default(), versions);
    // The engine's eyes come with a ledger: one that passes with this command.
    let folder = format!("reseal-census-{:016x}", machine.random.next_u64());
    let folder = Passing(std::env::temp_dir().join(folder));
    let own = wiring::lock(machine, &folder.0, "census")?;
    let ports = wiring::engine_ports(machine, &ground.cloud, own)?;
    let settings = wiring::engine_settings(&request.limits);
    let meter = Meter::default();
    let looker = Looker {
        ground: &ground,
        examiner: Examiner::new(&ports, Arc::clone(&ground.cloud.store), &settings, &meter),
        concurrency: request.limits.concurrency as usize,
        look_at_all: look,
        without_denied: named.contains(&SourceRequest::AllBuckets),
        asked: Cell::new(0),
    };
    let (mut census, mut left_out) = (Census::default(), Vec::new());
    let progress = Progress::new(surroundings);
    let described = prepared.iter().map(Prepared::describe).collect();
    for source in prepared {
        // A report was read to its last row already, to verify it.
        if let Prepared::Inventory(report) = &source
            && !look
            && let Some(counts) = report.counts()
        {
            counts.for_each(|counts| census.report(report.bucket(), counts));
            continue;
        }
        let source: Box<dyn Source> = source.open(&ground.cloud.lister, versions);
        left_out.extend(looker.count(source.as_ref(), &mut census, &progress).await?);
    }
    let is_whole = census.not_seen == 0 && left_out.is_empty();
    let shown = Shown::new(None, described, looker.asked.get(), census);
    Ok((shown.without(left_out), is_whole))
}

/// Asks S3.
struct Looker<'a> {
    ground: &'a Ground,
    examiner: Examiner<'a>,
    concurrency: usize,
    /// Of the rows whose source tells the encryption, too.
    look_at_all: bool,
    /// Whether a bucket that may not be listed leaves the others counted.
    without_denied: bool,
    /// Objects that S3 was asked about.
    asked: Cell<u64>,
}

impl Looker<'_> {
    /// Counts all of a source, or says which bucket of it is shut to us.
    async fn count(
        &self,
        source: &dyn Source,
        census: &mut Census,
        progress: &Progress<'_>,
    ) -> Result<Option<LeftOut>, CommandError> {
        let mut from = Some(Cursor::default());
        while let Some(cursor) = from {
            let batch = match progress.patience().retry(|| source.pull(&cursor)).await {
                Err(SourceError::Listing { bucket, error })
                    if self.without_denied && error.kind == StoreErrorKind::Denied =>
                {
                    return Ok(Some(LeftOut::untold(&bucket, format!("listing it: {error}"))));
                }
                batch => batch?,
            };
            from = batch.next;
            let rows = batch.rows.into_iter().map(|pulled| (pulled.bucket, pulled.row));
            let untold = |(bucket, row): &(BucketName, SourceRow)| {
                (self.look_at_all && !row.is_delete_marker) || !census.told(bucket, row)
            };
            let rows: Vec<_> = rows.filter(untold).collect();
            self.asked.set(self.asked.get() + rows.len() as u64);
            self.look(rows, census).await?;
            progress.tell(census);
        }
        Ok(None)
    }

    async fn look(
        &self,
        rows: Vec<(BucketName, SourceRow)>,
        census: &mut Census,
    ) -> Result<(), CommandError> {
        let Ground { spec, terms, .. } = self.ground;
        let verdicts = futures_util::stream::iter(rows).map(|(bucket, row)| async move {
            // A list of keys may name buckets as it goes.
            let unknown = BucketTerms::unknown();
            let terms = terms.get(&bucket).unwrap_or(&unknown);
            let verdict = self.examiner.examine(spec, terms, &bucket, &row).await;
            (bucket, row, verdict)
        });
        let mut verdicts = std::pin::pin!(verdicts.buffer_unordered(self.concurrency));
        while let Some((bucket, row, verdict)) = verdicts.next().await {
            match verdict {
                Verdict::Decided(head, _) => census.seen(&bucket, &row, &head),
                Verdict::Ends(Outcome::Skipped(SkipReason::Gone), _) => census.gone += 1,
                Verdict::Ends(Outcome::Skipped(SkipReason::SseC), _) => {
                    census.add(&bucket, &row, Seal::sse_c());
                }
                Verdict::Ends(..) => {
                    census.not_seen += 1;
                    census.add(&bucket, &row, Seal::unknown());
                }
                Verdict::Blocked(reason) => return Err(blocked(&bucket, reason)),
            }
        }
        Ok(())
    }
}

/// Tells the count as it grows.
struct Progress<'a> {
    surroundings: &'a Surroundings<'a>,
    shown_at: Cell<Duration>,
}

impl<'a> Progress<'a> {
    fn new(surroundings: &'a Surroundings<'a>) -> Self {
        let shown_at = Cell::new(surroundings.machine.clock.monotonic());
        Self { surroundings, shown_at }
    }

    fn patience(&self) -> Patience<'_> {
        self.surroundings.machine.patience()
    }

    fn tell(&self, census: &Census) {
        let Surroundings { machine, console, .. } = self.surroundings;
        let now = machine.clock.monotonic();
        if now.saturating_sub(self.shown_at.get()) >= SHOW_EVERY {
            self.shown_at.set(now);
            console.progress(&format!("{} objects counted", census.total().objects));
        }
    }
}
