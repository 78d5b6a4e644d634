//! The rows of a chunk, many at a time.

use std::pin::pin;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use reseal_core::ports::LedgerErrorKind;
use reseal_core::{FailReason, ObjectKey, ObjectRef, Outcome, OutcomeRow, SourceRow};
use tokio::sync::SemaphorePermit;

use crate::chunk::ChunkContext;
use crate::object::{self, Halt};
use crate::record::Recorder;
use crate::shutdown::Stop;

/// How the rows ended, when nothing went wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RowsEnd {
    /// All of them are settled.
    AllSettled,
    /// A stop was asked for; what was in flight is settled or given up.
    Stopped,
}

/// Works all unsettled rows, as many at a time as the engine's permits and
/// the recorder's window allow. After a stop, lets what is in flight end
/// within the grace period.
pub(crate) async fn run(
    chunk: &ChunkContext<'_>,
    rows: &[SourceRow],
    recorder: &Recorder<'_>,
    stop: &Stop,
) -> Result<RowsEnd, Halt> {
    let mut waiting = chunk.unsettled();
    let mut next = waiting.next();
    let mut flying = FuturesUnordered::new();
    let mut stopped = pin!(stop.asked());
    // Kept across turns: what an unfinished admission was granted isn't lost.
    let mut admission = pin!(admit(chunk, recorder));
    while next.is_some() || !flying.is_empty() {
        tokio::select! {
            biased;
            Some(settled) = flying.next() => recorder.settle(settled?),
            () = &mut stopped => {
                drain(chunk, recorder, flying).await?;
                return Ok(RowsEnd::Stopped);
            }
            permit = &mut admission, if next.is_some() => {
                if let Some(index) = next {
                    flying.push(fly(chunk, rows, index, permit));
                }
                next = waiting.next();
                admission.set(admit(chunk, recorder));
            }
        }
    }
    Ok(RowsEnd::AllSettled)
}

/// Lets what is in flight end within the grace period; the rest is dropped,
/// and found again by HEAD.
async fn drain<F>(
    chunk: &ChunkContext<'_>,
    recorder: &Recorder<'_>,
    mut flying: FuturesUnordered<F>,
) -> Result<(), Halt>
where
    F: Future<Output = Result<OutcomeRow, Halt>>,
{
    let mut grace = pin!(chunk.context.ports.clock.sleep(chunk.context.settings.grace));
    loop {
        tokio::select! {
            biased;
            settled = flying.next() => match settled {
                Some(settled) => recorder.settle(settled?),
                None => return Ok(()),
            },
            () = &mut grace => return Ok(()),
        }
    }
}

/// Waits until one more object may be begun: room in the recorder's window,
/// a permit of the engine, and its turn at the job's rate.
async fn admit<'a>(
    chunk: &'a ChunkContext<'_>,
    recorder: &Recorder<'_>,
) -> Option<SemaphorePermit<'a>> {
    recorder.reserve().await;
    // The semaphore is never closed, so there is always a permit to wait for.
    let permit = chunk.context.permits.acquire().await.ok();
    chunk.context.pacer.admit_object().await;
    permit
}

async fn fly(
    chunk: &ChunkContext<'_>,
    rows: &[SourceRow],
    index: u32,
    _permit: Option<SemaphorePermit<'_>>,
) -> Result<OutcomeRow, Halt> {
    match rows.get(index as usize) {
        Some(row) => object::settle(chunk, index, row).await,
        // The file was found to have as many rows as the ledger says.
        None => Err(Halt::broken(LedgerErrorKind::Unavailable, "a row beyond its chunk")),
    }
}

/// The rows of a chunk that is given up: by their names as far as its file
/// could be read, else by their place, since nothing else is known of them.
pub(crate) fn given_up<'a>(
    chunk: &'a ChunkContext<'_>,
    named: &'a [SourceRow],
    why: &'a str,
) -> impl Iterator<Item = OutcomeRow> + 'a {
    let settled_at = chunk.context.ports.clock.now();
    chunk.unsettled().filter_map(move |index| {
        let object = match named.get(index as usize) {
            Some(row) => row.object(chunk.bucket()),
            None => by_place(chunk, index)?,
        };
        Some(OutcomeRow {
            index,
            object,
            outcome: Outcome::Failed(FailReason::Quarantined),
            action: None,
            before: None,
            after: None,
            proof: None,
            recovered: false,
            backup: None,
            drift: false,
            attempts: 0,
            detail: Some(why.to_owned()),
            settled_at,
        })
    })
}

fn by_place(chunk: &ChunkContext<'_>, index: u32) -> Option<ObjectRef> {
    let key = ObjectKey::new(format!("(row {index} of chunk {})", chunk.lease.chunk)).ok()?;
    Some(ObjectRef { bucket: chunk.bucket().clone(), key, version: None })
}
