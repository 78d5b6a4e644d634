//! The sweeper: the ledger is the truth, so whatever it holds open and nobody
//! works on gets a message again. Duplicates are harmless, lost messages too.

use std::collections::BTreeMap;
use std::time::Duration;

use reseal_core::ports::{ChunkRecord, Clock, Ledger, LedgerError, Queue, Random, WorkItem};
use reseal_core::{ChunkId, ChunkState, Epoch, JobId};

use crate::{LeaseSettings, Ports, Settings, retry};

/// Chunks read from the ledger at a time.
const PAGE: u32 = 500;

/// What one sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Chunks that are neither done nor quarantined.
    pub open: u64,
    /// Messages sent again.
    pub resent: u64,
}

/// Remembers what it saw of one job's open chunks.
pub struct Sweeper {
    lease: LeaseSettings,
    seen: BTreeMap<ChunkId, (Sign, Duration)>,
}

type Sign = (ChunkState, Epoch, u64);

impl Sweeper {
    /// A sweeper that has seen nothing yet.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self { lease: settings.lease, seen: BTreeMap::new() }
    }

    /// Sends a message for every open chunk of the job that showed no sign of
    /// life for a lease's time and a margin.
    ///
    /// # Errors
    /// When the ledger can't be read. A queue that fails is tried at the next sweep.
    pub async fn sweep(&mut self, ports: &Ports, job: &JobId) -> Result<SweepReport, LedgerError> {
        let now = ports.clock.monotonic();
        let patience = self.lease.ttl + self.lease.margin;
        let mut before = std::mem::take(&mut self.seen);
        let mut report = SweepReport::default();
        let mut after = None;
        loop {
            let page = open_page(ports, job, after).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            let mut due = Vec::new();
            for chunk in &page {
                report.open += 1;
                let sign = (chunk.state, chunk.epoch, chunk.renewals);
                let since = match before.remove(&chunk.id) {
                    Some((seen, since)) if seen == sign => since,
                    _ => now,
                };
                if now.saturating_sub(since) >= patience {
                    due.push(item(chunk));
                    self.seen.insert(chunk.id, (sign, now));
                } else {
                    self.seen.insert(chunk.id, (sign, since));
                }
            }
            report.resent += send(ports.queue.as_ref(), &due).await;
        }
        Ok(report)
    }
}

/// Sends a message for every open chunk of the job at once: when a job is
/// started or resumed, and nothing is known of the queue.
///
/// # Errors
/// When the ledger can't be read. A queue that fails is the sweeper's to mend.
pub async fn resend_open(ports: &Ports, job: &JobId) -> Result<SweepReport, LedgerError> {
    let Ports { ledger, queue, clock, random, .. } = ports;
    resend(ledger.as_ref(), queue.as_ref(), clock.as_ref(), random.as_ref(), job).await
}

/// The same for who has no more than a ledger and a queue: a command beside
/// the work.
///
/// # Errors
/// As [`resend_open`].
pub async fn resend(
    ledger: &dyn Ledger,
    queue: &dyn Queue,
    clock: &dyn Clock,
    random: &dyn Random,
    job: &JobId,
) -> Result<SweepReport, LedgerError> {
    let mut report = SweepReport::default();
    let mut after = None;
    loop {
        let page = retry::ledger(clock, random, || ledger.open_chunks(job, after, PAGE)).await?;
        let Some(last) = page.last() else { return Ok(report) };
        after = Some(last.id);
        let items: Vec<WorkItem> = page.iter().map(item).collect();
        report.open += items.len() as u64;
        report.resent += send(queue, &items).await;
    }
}

async fn open_page(
    ports: &Ports,
    job: &JobId,
    after: Option<ChunkId>,
) -> Result<Vec<ChunkRecord>, LedgerError> {
    let (clock, random) = (ports.clock.as_ref(), ports.random.as_ref());
    retry::ledger(clock, random, || ports.ledger.open_chunks(job, after, PAGE)).await
}

async fn send(queue: &dyn Queue, items: &[WorkItem]) -> u64 {
    if items.is_empty() {
        return 0;
    }
    match queue.send(items).await {
        Ok(()) => items.len() as u64,
        Err(error) => {
            tracing::warn!(error = %error, "messages not sent again, trying at the next sweep");
            0
        }
    }
}

fn item(chunk: &ChunkRecord) -> WorkItem {
    WorkItem { job: chunk.job.clone(), chunk: chunk.id }
}
