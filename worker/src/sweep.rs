//! The sweeper: the ledger is the truth, so whatever it holds open and nobody
//! works on is given back and gets a message again. Duplicates are harmless,
//! lost messages too.
//!
//! Two things go wrong on their own. A holder dies: its chunk shows no sign of
//! life, and is taken back, so that anybody may claim it at once. A message is
//! lost: its chunk stays pending although the queue has run dry. While the
//! queue has a backlog a pending chunk proves nothing, so that none is read.

use std::collections::BTreeMap;
use std::time::Duration;

use reseal_core::ports::{
    ChunkRecord, Clock, Ledger, LedgerError, LedgerErrorKind, Queue, Random, Release, WorkItem,
};
use reseal_core::{ChunkId, ChunkState, Epoch, JobId, WorkerId};

use crate::{LeaseSettings, Ports, Settings, retry, watch};

/// Chunks read from the ledger at a time.
const PAGE: u32 = 500;
/// Open chunks that are read, remembered and sent again in one sweep at most.
const WINDOW: usize = 1_000;

/// What one sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Chunks seen that are neither done nor quarantined: none only when there
    /// is none.
    pub open: u64,
    /// Chunks taken back from holders that showed no sign of life.
    pub taken_back: u64,
    /// Messages sent again.
    pub resent: u64,
}

impl SweepReport {
    fn add(&mut self, other: Self) {
        let Self { open, taken_back, resent } = other;
        self.open += open;
        self.taken_back += taken_back;
        self.resent += resent;
    }
}

/// Remembers what it saw of one job's open chunks.
pub struct Sweeper {
    lease: LeaseSettings,
    worker: WorkerId,
    /// By epoch and renewals.
    leased: Stillness<(Epoch, u64)>,
    pending: Stillness<Epoch>,
    /// Where the window of open chunks begins that is looked at now.
    after: Option<ChunkId>,
}

impl Sweeper {
    /// A sweeper that has seen nothing yet.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self::with(settings.worker.clone(), settings.lease)
    }

    pub(crate) fn with(worker: WorkerId, lease: LeaseSettings) -> Self {
        let (leased, pending) = (Stillness::default(), Stillness::default());
        Self { lease, worker, leased, pending, after: None }
    }

    /// Takes back every leased chunk of the job that showed no sign of life
    /// for a lease's time and a margin, and sends its message. Where the queue
    /// stayed empty for as long, sends one for the pending chunks, too.
    ///
    /// # Errors
    /// When the ledger can't be read. A queue that fails is tried at the next sweep.
    pub async fn sweep(&mut self, ports: &Ports, job: &JobId) -> Result<SweepReport, LedgerError> {
        let mut report = SweepReport::default();
        // First, so that neither what is given back below nor its messages are
        // taken for what waits.
        match ports.queue.backlog().await {
            Ok(0) => self.sweep_pending(ports, job, &mut report).await?,
            Ok(_) => self.pending.forget_all(),
            Err(error) => {
                tracing::warn!(error = %error, "queue out of reach, trying at the next sweep");
                self.pending.forget_all();
            }
        }
        let taken_back = self.take_back(ports, job).await?;
        report.add(taken_back);
        if report.open == 0 {
            report.open = open_page(ports, job, None, 1).await?.len() as u64;
        }
        Ok(report)
    }

    /// The leased chunks alone.
    pub(crate) async fn take_back(
        &mut self,
        ports: &Ports,
        job: &JobId,
    ) -> Result<SweepReport, LedgerError> {
        let mut report = SweepReport::default();
        let (clock, random) = (ports.clock.as_ref(), ports.random.as_ref());
        let patience = self.lease.ttl + self.lease.margin;
        let mut after = None;
        loop {
            let page =
                retry::ledger(clock, random, || ports.ledger.leased_chunks(job, after, PAGE));
            let page = page.await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            let now = clock.monotonic();
            let mut given_back = Vec::new();
            for chunk in &page {
                report.open += 1;
                let sign = (chunk.epoch, chunk.renewals);
                if self.leased.still(chunk.id, sign, now) >= patience
                    && take_back(ports, &self.worker, chunk).await?
                {
                    given_back.push(item(chunk));
                }
            }
            report.taken_back += given_back.len() as u64;
            report.resent += send(ports.queue.as_ref(), &given_back).await;
        }
        self.leased.forget_unseen();
        Ok(report)
    }

    /// Looks at a window of the open chunks, and stays there until each of its
    /// pending ones has moved or was sent again: a chunk must be seen twice.
    async fn sweep_pending(
        &mut self,
        ports: &Ports,
        job: &JobId,
        report: &mut SweepReport,
    ) -> Result<(), LedgerError> {
        let patience = self.lease.ttl + self.lease.margin;
        let (mut due, mut read, mut last) = (Vec::new(), 0, self.after);
        let mut is_whole = false;
        while read < WINDOW && !is_whole {
            let page = open_page(ports, job, last, PAGE).await?;
            read += page.len();
            is_whole = page.len() < PAGE as usize;
            last = page.last().map(|chunk| chunk.id).or(last);
            let now = ports.clock.monotonic();
            for chunk in page.iter().filter(|chunk| chunk.state == ChunkState::Pending) {
                report.open += 1;
                if self.pending.still(chunk.id, chunk.epoch, now) >= patience {
                    due.push(item(chunk));
                    self.pending.forget(chunk.id);
                }
            }
        }
        self.pending.forget_unseen();
        report.resent += send(ports.queue.as_ref(), &due).await;
        if self.pending.is_empty() {
            self.after = last.filter(|_| !is_whole);
        }
        Ok(())
    }
}

/// Since when each chunk shows the same sign.
struct Stillness<S> {
    seen: BTreeMap<ChunkId, Seen<S>>,
}

struct Seen<S> {
    sign: S,
    since: Duration,
    in_this_sweep: bool,
}

impl<S> Default for Stillness<S> {
    fn default() -> Self {
        Self { seen: BTreeMap::new() }
    }
}

impl<S: PartialEq> Stillness<S> {
    /// For how long the chunk has shown this sign.
    fn still(&mut self, chunk: ChunkId, sign: S, now: Duration) -> Duration {
        let since = match self.seen.get(&chunk) {
            Some(seen) if seen.sign == sign => seen.since,
            _ => now,
        };
        self.seen.insert(chunk, Seen { sign, since, in_this_sweep: true });
        now.saturating_sub(since)
    }

    fn forget(&mut self, chunk: ChunkId) {
        self.seen.remove(&chunk);
    }

    fn forget_all(&mut self) {
        self.seen.clear();
    }

    /// Forgets what a sweep that is through didn't see again.
    fn forget_unseen(&mut self) {
        self.seen.retain(|_, seen| std::mem::take(&mut seen.in_this_sweep));
    }

    fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }
}

/// Takes the chunk over and gives it back at once; false where somebody was
/// faster, or where it isn't known: the next sweep looks again.
async fn take_back(
    ports: &Ports,
    worker: &WorkerId,
    chunk: &ChunkRecord,
) -> Result<bool, LedgerError> {
    let (clock, random) = (ports.clock.as_ref(), ports.random.as_ref());
    let grounds = watch::takeover(chunk);
    let claimed = ports.ledger.claim(&chunk.job, chunk.id, grounds, worker, clock.now()).await;
    let lease = match claimed {
        Ok((lease, _)) => lease,
        Err(error) if error.kind == LedgerErrorKind::Unavailable => return Err(error),
        Err(_) => return Ok(false),
    };
    let released =
        retry::ledger(clock, random, || ports.ledger.release(&lease, Release::NoFault)).await;
    match released {
        Ok(()) => {
            tracing::info!(job = %chunk.job, chunk = %chunk.id, epoch = chunk.epoch.0, "chunk taken back: its holder showed no sign of life");
            Ok(true)
        }
        // Claimed again by now, or the echo of our own release.
        Err(error) if error.kind == LedgerErrorKind::Conflict => Ok(true),
        Err(error) => Err(error),
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
    limit: u32,
) -> Result<Vec<ChunkRecord>, LedgerError> {
    let (clock, random) = (ports.clock.as_ref(), ports.random.as_ref());
    retry::ledger(clock, random, || ports.ledger.open_chunks(job, after, limit)).await
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
