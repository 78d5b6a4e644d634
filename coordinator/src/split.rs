//! Source rows → filter → chunk file → ledger → queue.
//!
//! Splitting is deterministic: a chunk's name is its source and its ordinal,
//! and it begins where the ledger says that the one before it ended. So two
//! coordinators, or one that was killed at any instruction and started again,
//! give the same name to the same place. Where a source stood still the bytes
//! are the same too; where it moved (a live listing), the first writer of the
//! file wins, the ledger binds its digest, and everybody goes on from there.
//!
//! Order, and why: the file first (a bound digest must never dangle), then the
//! ledger (from here on the chunk exists), then the message (which may be
//! lost: the sweeper sends it again).

mod cutter;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};

use reseal_core::ports::{Binding, ChunkRecord, FileError, LedgerError, LedgerErrorKind, WorkItem};
use reseal_core::{
    ChunkDigest, ChunkError, ChunkFile, ChunkId, ChunkState, Cursor, JobRecord, SourceRow,
};
use reseal_worker::{Ports, Stop};

use crate::retry::Patience;
use crate::sources::{Source, SourceError};
use cutter::{Cut, Cutter};

/// Why a source could not be split to its end. The messages say what the
/// fields are.
#[expect(missing_docs, reason = "each field stands in its message")]
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("chunk file {0}")]
    File(#[from] FileError),
    #[error(
        "chunk {chunk}: {error}; remove the file while no other command submits this job, and the same command goes on"
    )]
    Damaged { chunk: ChunkId, error: ChunkError },
    #[error("chunk {chunk}: {error}")]
    Encode { chunk: ChunkId, error: serde_json::Error },
    /// A list is bound by its digest, so this can't come from the list.
    #[error(
        "chunk {chunk}: the file in its place isn't what its source says; was it edited or exchanged? \
         Remove it while no other command submits this job, and the same command goes on"
    )]
    Differs { chunk: ChunkId },
}

/// Whether splitting came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitEnd {
    /// Every source is closed.
    Whole,
    /// A stop was asked for; the ledger knows where to go on.
    Stopped,
}

/// What this process took in, for whoever watches.
#[derive(Debug, Default)]
pub struct SplitCounts {
    rows: AtomicU64,
    bytes: AtomicU64,
    unsized_rows: AtomicU64,
    filtered: AtomicU64,
}

/// One reading of [`SplitCounts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SplitReading {
    /// Rows put into chunks.
    pub rows: u64,
    /// Their bytes, as far as the source tells.
    pub bytes: u64,
    /// Rows whose size the source doesn't tell.
    pub unsized_rows: u64,
    /// Rows that the selection left out.
    pub filtered: u64,
}

impl SplitCounts {
    /// What was counted so far.
    pub fn read(&self) -> SplitReading {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        SplitReading {
            rows: get(&self.rows),
            bytes: get(&self.bytes),
            unsized_rows: get(&self.unsized_rows),
            filtered: get(&self.filtered),
        }
    }

    fn took(&self, rows: &[SourceRow]) {
        let known: u64 = rows.iter().filter_map(|row| row.size).sum();
        let unknown = rows.iter().filter(|row| row.size.is_none() && !row.is_delete_marker);
        self.rows.fetch_add(rows.len() as u64, Ordering::Relaxed);
        self.bytes.fetch_add(known, Ordering::Relaxed);
        self.unsized_rows.fetch_add(unknown.count() as u64, Ordering::Relaxed);
    }

    fn left_out(&self, rows: u64) {
        self.filtered.fetch_add(rows, Ordering::Relaxed);
    }
}

/// Splits the sources of one job.
pub struct Splitter<'a> {
    /// Where chunks, files and messages go.
    pub ports: &'a Ports,
    /// Whose sources they are.
    pub job: &'a JobRecord,
    /// In the order in which the job names them.
    pub sources: &'a [Box<dyn Source>],
    /// Counts what is taken in.
    pub counts: &'a SplitCounts,
}

/// What became of a cut.
enum Written {
    /// The chunk is as it was cut.
    AsCut,
    /// Somebody else's chunk has that name: go on from its end.
    Elsewhere(Cursor),
}

impl Splitter<'_> {
    /// Splits every source from where the ledger says it stands.
    ///
    /// # Errors
    /// When a source, the ledger or the chunk store fails for good.
    pub async fn split(&self, stop: &Stop) -> Result<SplitEnd, SplitError> {
        for (index, source) in (0u32..).zip(self.sources) {
            if self.split_source(index, source.as_ref(), stop).await? == SplitEnd::Stopped {
                return Ok(SplitEnd::Stopped);
            }
        }
        Ok(SplitEnd::Whole)
    }

    async fn split_source(
        &self,
        index: u32,
        source: &dyn Source,
        stop: &Stop,
    ) -> Result<SplitEnd, SplitError> {
        let ledger = self.ports.ledger.as_ref();
        let state = self.patience().retry(|| ledger.source(&self.job.id, index)).await?;
        if state.closed {
            return Ok(SplitEnd::Whole);
        }
        // Whoever bound it may have been killed before it sent the message.
        if let Some(last) = state.last.as_ref().filter(|last| last.state == ChunkState::Pending) {
            self.send(last).await;
        }
        let sequence = state.last.as_ref().map_or(0, |last| last.id.sequence + 1);
        let mut next = ChunkId { source: index, sequence };
        let mut cutter = Cutter::new(self.job.spec.chunk_rows);
        let mut from = Some(state.last.map_or_else(Cursor::default, |last| last.next));
        while let Some(cursor) = from {
            if stop.is_asked() {
                return Ok(SplitEnd::Stopped);
            }
            let batch = self.patience().retry(|| source.pull(&cursor)).await?;
            from = batch.next;
            let mut cuts = Vec::new();
            for pulled in batch.rows {
                if self.job.spec.may_take(source.spec(), &pulled.row) {
                    cuts.extend(cutter.push(pulled));
                } else {
                    cutter.leave_out();
                }
            }
            if from.is_none() {
                cuts.extend(cutter.rest());
            }
            for cut in cuts {
                let written = match self.write(next, source, cut).await {
                    Err(SplitError::Ledger(error)) if error.kind == LedgerErrorKind::Conflict => {
                        // Another coordinator came to the source's end before us.
                        let patience = self.patience();
                        let now = patience.retry(|| ledger.source(&self.job.id, index)).await?;
                        if now.closed {
                            return Ok(SplitEnd::Whole);
                        }
                        return Err(error.into());
                    }
                    written => written?,
                };
                next.sequence += 1;
                if let Written::Elsewhere(cursor) = written {
                    cutter = Cutter::new(self.job.spec.chunk_rows);
                    from = Some(cursor);
                    break;
                }
            }
        }
        self.counts.left_out(cutter.left_out());
        self.patience().retry(|| ledger.close_source(&self.job.id, index)).await?;
        Ok(SplitEnd::Whole)
    }

    async fn write(
        &self,
        id: ChunkId,
        source: &dyn Source,
        cut: Cut,
    ) -> Result<Written, SplitError> {
        let Cut { bucket, rows, next, left_out } = cut;
        let file = ChunkFile { job: self.job.id.clone(), chunk: id, bucket, rows };
        let bytes = file.encode().map_err(|error| SplitError::Encode { chunk: id, error })?;
        let (job, chunks) = (&self.job.id, self.ports.chunks.as_ref());
        let there = self.patience().retry(|| chunks.put(job, id, &bytes)).await?;
        let (file, digest, after) = match there {
            Some(other) if other != bytes => adopt(&file, source, &other)?,
            _ => (file, ChunkDigest::of(&bytes), next.clone()),
        };
        let (bucket, count) = (file.bucket.clone(), file.len());
        let record = ChunkRecord::pending(job.clone(), id, bucket, count, digest, after);
        let bound = self.bind(record).await?;
        self.send(&bound).await;
        self.counts.took(&file.rows);
        if bound.next == next {
            self.counts.left_out(left_out);
            Ok(Written::AsCut)
        } else {
            Ok(Written::Elsewhere(bound.next))
        }
    }

    /// The chunk as the ledger holds it, whoever bound it.
    async fn bind(&self, record: ChunkRecord) -> Result<ChunkRecord, SplitError> {
        let ledger = self.ports.ledger.as_ref();
        match self.patience().retry(|| ledger.bind_chunk(&record)).await {
            Ok(Binding::Bound) => Ok(record),
            Ok(Binding::Adopted(other)) => Ok(*other),
            Err(error) if error.kind == LedgerErrorKind::Conflict => {
                let read = self.patience().retry(|| ledger.chunk(&record.job, record.id)).await?;
                read.ok_or_else(|| error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A message that can't be sent is no loss: the sweeper sends it again.
    async fn send(&self, chunk: &ChunkRecord) {
        let items = [WorkItem { job: chunk.job.clone(), chunk: chunk.id }];
        let queue = self.ports.queue.as_ref();
        if let Err(error) = self.patience().retry(|| queue.send(&items)).await {
            tracing::warn!(chunk = %chunk.id, error = %error, "no message sent, the sweeper will");
        }
    }

    fn patience(&self) -> Patience<'_> {
        Patience { clock: self.ports.clock.as_ref(), random: self.ports.random.as_ref() }
    }
}

/// Somebody was first with other rows of the same chunk: theirs stand.
fn adopt(
    ours: &ChunkFile,
    source: &dyn Source,
    bytes: &[u8],
) -> Result<(ChunkFile, ChunkDigest, Cursor), SplitError> {
    let (chunk, digest) = (ours.chunk, ChunkDigest::of(bytes));
    let file =
        ChunkFile::decode(bytes, &digest).map_err(|error| SplitError::Damaged { chunk, error })?;
    if (&file.job, file.chunk, &file.bucket) != (&ours.job, chunk, &ours.bucket) {
        return Err(SplitError::Differs { chunk });
    }
    let after = file.rows.last().and_then(|last| source.cursor_after(last));
    after.map(|after| (file, digest, after)).ok_or(SplitError::Differs { chunk })
}
