//! One chunk under one lease: claim, work its rows, complete, acknowledge.
//!
//! Three futures run side by side and end together: the rows, the recorder
//! that makes their outcomes durable, and the heartbeat that keeps the lease
//! alive. Whichever meets trouble ends the chunk; what is settled by then is
//! recorded, what is in flight is dropped and found again by HEAD.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reseal_core::ports::{
    ChunkRecord, Claim, FileErrorKind, Lease, LedgerError, LedgerErrorKind, OpenUpload, Receipt,
    Release,
};
use reseal_core::{
    AclTerms, BucketName, BucketTerms, Capabilities, ChunkFile, ChunkState, Encryption, JobRecord,
    MarkerTag, SourceRow, Timestamp, Versioning,
};

use crate::context::Context;
use crate::heartbeat;
use crate::meter::HoldEnd;
use crate::object::Halt;
use crate::record::Recorder;
use crate::retry;
use crate::rows::{self, RowsEnd};
use crate::shutdown::{Stop, Stopper, stop_channel};
use crate::standstill::Standstill;

/// What an object needs to know of its chunk.
pub(crate) struct ChunkContext<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) job: Arc<JobRecord>,
    pub(crate) lease: Lease,
    /// Before the claim was asked for: a lease lives from then on.
    pub(crate) claimed_at_latest: Duration,
    record: ChunkRecord,
    terms: BucketTerms,
    uploads: Mutex<BTreeMap<u32, OpenUpload>>,
    /// Rows whose upload is over, and on record until the row is.
    ended_uploads: Mutex<BTreeSet<u32>>,
}

impl ChunkContext<'_> {
    pub(crate) fn bucket(&self) -> &BucketName {
        &self.record.bucket
    }

    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.terms.capabilities
    }

    pub(crate) fn versioning(&self) -> Versioning {
        self.terms.versioning
    }

    pub(crate) fn acls(&self) -> &AclTerms {
        &self.terms.acls
    }

    /// The tag that every object gets which is at the target, where one is wanted.
    pub(crate) fn marker(&self) -> Option<&MarkerTag> {
        self.job.spec.behaviour.tag.as_ref()
    }

    pub(crate) fn is_met_by(&self, encryption: &Encryption) -> bool {
        self.terms.capabilities.meets(&self.job.spec.target, encryption)
    }

    /// Whether an earlier claim may have worked rows that it never recorded.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.record.epoch.0 > 1
    }

    /// When the chunk was first claimed, to S3's precision of a second.
    pub(crate) fn claimed_at(&self) -> Option<Timestamp> {
        self.record.first_claimed_at.map(|at| Timestamp::from_millis(at.as_secs() * 1000))
    }

    pub(crate) fn open_upload_of(&self, row: u32) -> Option<OpenUpload> {
        self.uploads().get(&row).cloned()
    }

    pub(crate) async fn open_upload(&self, row: u32, upload: &OpenUpload) -> Result<(), Halt> {
        let ledger = &self.context.ports.ledger;
        self.ledger(|| ledger.open_upload(&self.lease, row, upload)).await?;
        self.uploads().insert(row, upload.clone());
        self.ended_uploads().remove(&row);
        Ok(())
    }

    pub(crate) async fn close_upload(&self, row: u32) -> Result<(), Halt> {
        let ledger = &self.context.ports.ledger;
        self.ledger(|| ledger.close_upload(&self.lease, row)).await?;
        self.uploads().remove(&row);
        Ok(())
    }

    /// A ledger write under the lease, repeated while that may help.
    pub(crate) async fn ledger<F, Fut>(&self, call: F) -> Result<(), Halt>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<(), LedgerError>>,
    {
        let ports = self.context.ports;
        retry::ledger(ports.clock.as_ref(), ports.random.as_ref(), call).await.map_err(Halt::from)
    }

    /// The row's upload was completed. The ledger keeps it until the row is
    /// recorded: whoever takes the chunk over before that compares what it led
    /// to once more.
    pub(crate) fn upload_ended(&self, row: u32) {
        self.uploads().remove(&row);
        self.ended_uploads().insert(row);
    }

    /// These rows are recorded: what was kept for whoever takes over may go.
    pub(crate) async fn forget_ended_uploads(&self, rows: &[u32]) -> Result<(), Halt> {
        for row in rows {
            let ended = self.ended_uploads().remove(row);
            if ended {
                self.close_upload(*row).await?;
            }
        }
        Ok(())
    }

    fn has_ended_uploads(&self) -> bool {
        !self.ended_uploads().is_empty()
    }

    fn ended_uploads(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.ended_uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn uploads(&self) -> MutexGuard<'_, BTreeMap<u32, OpenUpload>> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<LedgerError> for Halt {
    fn from(error: LedgerError) -> Self {
        match error.kind {
            LedgerErrorKind::Conflict => Self::Fenced,
            LedgerErrorKind::Throttled
            | LedgerErrorKind::Ambiguous
            | LedgerErrorKind::Unavailable => Self::Ledger(error),
        }
    }
}

/// How a chunk ended under this lease.
#[derive(Debug)]
pub(crate) enum ChunkEnd {
    /// Every row is settled and recorded.
    Done,
    /// Given back with what is settled recorded: a stop was asked for.
    Released,
    /// Given back because the chunk itself can't be processed.
    Faulty(String),
    /// Given up, its rows accounted for (I18).
    Quarantined(String),
    /// It didn't end by itself.
    Halted(Halt),
}

impl ChunkEnd {
    pub(crate) fn hold_end(&self) -> HoldEnd {
        match self {
            Self::Done => HoldEnd::Done,
            Self::Quarantined(_) => HoldEnd::Quarantined,
            Self::Released | Self::Faulty(_) | Self::Halted(_) => HoldEnd::Released,
        }
    }
}

/// Claims the chunk on these grounds and works it.
pub(crate) async fn work(
    context: &Context<'_>,
    job: Arc<JobRecord>,
    record: &ChunkRecord,
    grounds: Claim,
    receipt: &Receipt,
    stops: (&Stop, &Standstill),
) -> Result<ChunkEnd, LedgerError> {
    let ports = context.ports;
    let worker = &context.settings.worker;
    // A claim isn't repeated when its outcome is unknown: the message comes
    // again, and the epoch tells which claim stands.
    let asked_at = ports.clock.monotonic();
    let claimed =
        ports.ledger.claim(&job.id, record.id, grounds, worker, ports.clock.now()).await?;
    let (lease, record) = claimed;
    tracing::Span::current().record("epoch", lease.epoch.0);
    let end = match open(context, job, lease.clone(), record, asked_at).await {
        Ok((chunk, rows)) if chunk.is_poison() => {
            quarantine(&chunk, &rows, chunk.fruitless_claims()).await
        }
        Ok((chunk, rows)) => run(&chunk, &rows, receipt, stops).await,
        Err((chunk, Unreadable::Damaged(why))) => give_back_faulty(&chunk, why).await,
        // Not the chunk's fault, and no better with the next one.
        Err((chunk, Unreadable::OutOfReach(why))) => {
            let release = || ports.ledger.release(&chunk.lease, Release::NoFault);
            let _ = chunk.ledger(release).await;
            ChunkEnd::Halted(Halt::broken(LedgerErrorKind::Unavailable, &why))
        }
    };
    Ok(end)
}

/// Why a chunk can't be worked on.
enum Unreadable {
    /// Trying again won't mend it.
    Damaged(String),
    /// Its file may be fine.
    OutOfReach(String),
}

async fn open<'a>(
    context: &'a Context<'a>,
    job: Arc<JobRecord>,
    lease: Lease,
    record: ChunkRecord,
    claimed_at_latest: Duration,
) -> Result<(ChunkContext<'a>, Vec<SourceRow>), (Box<ChunkContext<'a>>, Unreadable)> {
    let named = job.buckets.get(&record.bucket).cloned();
    let uploads = Mutex::new(record.uploads.clone());
    let ended_uploads = Mutex::default();
    let is_named = named.is_some();
    let terms = named.unwrap_or_else(BucketTerms::unknown);
    let chunk = ChunkContext {
        context,
        job,
        lease,
        claimed_at_latest,
        record,
        terms,
        uploads,
        ended_uploads,
    };
    if !is_named {
        let why = format!("the job doesn't name bucket {}", chunk.bucket());
        return Err((Box::new(chunk), Unreadable::Damaged(why)));
    }
    match read_file(&chunk).await {
        Ok(rows) => Ok((chunk, rows)),
        Err(why) => Err((Box::new(chunk), why)),
    }
}

async fn read_file(chunk: &ChunkContext<'_>) -> Result<Vec<SourceRow>, Unreadable> {
    let ChunkContext { context, lease, record, .. } = chunk;
    let ports = context.ports;
    let (clock, random) = (ports.clock.as_ref(), ports.random.as_ref());
    let read = retry::file(clock, random, || ports.chunks.get(&lease.job, lease.chunk)).await;
    let bytes = read.map_err(|error| match error.kind {
        FileErrorKind::Broken => Unreadable::Damaged(error.to_string()),
        FileErrorKind::Transient | FileErrorKind::OutOfReach => {
            Unreadable::OutOfReach(error.to_string())
        }
    })?;
    let file = ChunkFile::decode(&bytes, &record.digest);
    let file = file.map_err(|error| Unreadable::Damaged(error.to_string()))?;
    if file.bucket != record.bucket || file.len() != record.rows {
        let why = "the chunk file isn't the one that the ledger describes";
        return Err(Unreadable::Damaged(why.to_owned()));
    }
    Ok(file.rows)
}

async fn run(
    chunk: &ChunkContext<'_>,
    rows: &[SourceRow],
    receipt: &Receipt,
    (stop, standstill): (&Stop, &Standstill),
) -> ChunkEnd {
    let recorder = Recorder::new(chunk, chunk.record.checkpoint.clone());
    let (chunk_stopper, chunk_stop) = stop_channel();
    let halted = tokio::select! {
        biased;
        halt = recorder.run() => Err(halt),
        halt = heartbeat::run(chunk, receipt, &chunk_stopper) => Err(halt),
        never = pass_on(stop, standstill, &chunk_stopper) => match never {},
        end = rows::run(chunk, rows, &recorder, &chunk_stop) => end,
    };
    match halted {
        Ok(RowsEnd::AllSettled) => finish(chunk, &recorder).await,
        Ok(RowsEnd::Stopped) => give_back(chunk, &recorder).await,
        Err(halt @ Halt::Pause(_)) => {
            standstill.call();
            // What stops the job is true even where the chunk can't be given
            // back, or is another's by now.
            let _ = give_back(chunk, &recorder).await;
            ChunkEnd::Halted(halt)
        }
        Err(halt) => ChunkEnd::Halted(halt),
    }
}

/// Hands the engine's stop, or the job's standstill, to the chunk, and then
/// waits for the others.
async fn pass_on(stop: &Stop, standstill: &Standstill, chunk: &Stopper) -> Infallible {
    tokio::select! {
        biased;
        () = stop.asked() => {}
        () = standstill.called() => {}
    }
    chunk.stop();
    std::future::pending().await
}

async fn finish(chunk: &ChunkContext<'_>, recorder: &Recorder<'_>) -> ChunkEnd {
    // Nothing can be forgotten once the chunk is done.
    if chunk.has_ended_uploads()
        && let Err(halt) = recorder.flush().await
    {
        return ChunkEnd::Halted(halt);
    }
    let checkpoint = match recorder.finish().await {
        Ok(checkpoint) => checkpoint,
        Err(halt) => return ChunkEnd::Halted(halt),
    };
    let ledger = &chunk.context.ports.ledger;
    match chunk.ledger(|| ledger.complete(&chunk.lease, &checkpoint)).await {
        Ok(()) => ChunkEnd::Done,
        Err(Halt::Fenced) if is_done_by_us(chunk).await => ChunkEnd::Done,
        Err(halt) => ChunkEnd::Halted(halt),
    }
}

/// A Conflict may be the echo of our own completion, whose reply was lost.
async fn is_done_by_us(chunk: &ChunkContext<'_>) -> bool {
    let ports = chunk.context.ports;
    let read = retry::ledger(ports.clock.as_ref(), ports.random.as_ref(), || {
        ports.ledger.chunk(&chunk.lease.job, chunk.lease.chunk)
    });
    read.await
        .ok()
        .flatten()
        .is_some_and(|record| record.state == ChunkState::Done && record.epoch == chunk.lease.epoch)
}

async fn give_back(chunk: &ChunkContext<'_>, recorder: &Recorder<'_>) -> ChunkEnd {
    if let Err(halt) = recorder.flush().await {
        return ChunkEnd::Halted(halt);
    }
    let ledger = &chunk.context.ports.ledger;
    match chunk.ledger(|| ledger.release(&chunk.lease, Release::NoFault)).await {
        // Fenced: whoever holds it now has the checkpoint, too.
        Ok(()) | Err(Halt::Fenced) => ChunkEnd::Released,
        Err(halt) => ChunkEnd::Halted(halt),
    }
}

/// The chunk's own fault: counted, and quarantined when it happens too often.
async fn give_back_faulty(chunk: &ChunkContext<'_>, why: String) -> ChunkEnd {
    if chunk.record.attempts + 1 >= chunk.context.settings.max_chunk_attempts {
        return quarantine(chunk, &[], why).await;
    }
    let ledger = &chunk.context.ports.ledger;
    match chunk.ledger(|| ledger.release(&chunk.lease, Release::Fault)).await {
        Ok(()) => ChunkEnd::Faulty(why),
        Err(halt) => ChunkEnd::Halted(halt),
    }
}

/// Gives the chunk up, its unsettled rows accounted for by name where their
/// names are known.
async fn quarantine(chunk: &ChunkContext<'_>, named: &[SourceRow], why: String) -> ChunkEnd {
    let recorder = Recorder::new(chunk, chunk.record.checkpoint.clone());
    for row in rows::given_up(chunk, named, &why) {
        recorder.settle(row);
    }
    let checkpoint = match recorder.finish().await {
        Ok(checkpoint) => checkpoint,
        Err(halt) => return ChunkEnd::Halted(halt),
    };
    let ledger = &chunk.context.ports.ledger;
    match chunk.ledger(|| ledger.quarantine(&chunk.lease, &checkpoint)).await {
        Ok(()) => ChunkEnd::Quarantined(why),
        Err(halt) => ChunkEnd::Halted(halt),
    }
}

impl ChunkContext<'_> {
    /// The rows that no claim has settled yet, as this claim found them.
    pub(crate) fn unsettled(&self) -> impl Iterator<Item = u32> + '_ {
        let settled = &self.record.checkpoint.settled;
        (0..self.record.rows).filter(|row| !settled.contains(*row))
    }
    /// Whether it used up its claims before this one: those who worked it died
    /// of it, as far as anybody can tell. Worked once more, it might kill us.
    fn is_poison(&self) -> bool {
        let used_up = self.record.attempts >= self.context.settings.max_chunk_attempts;
        used_up && self.unsettled().next().is_some()
    }

    fn fruitless_claims(&self) -> String {
        format!("given up after {} claims that recorded nothing", self.record.attempts)
    }
}
