//! In-memory ports that stop answering at a chosen effect.

use std::time::Duration;

use reseal_core::ports::{AnyRoles, Delivery, QueueError, Receipt};

use super::*;
use crate::fakes::{FakeCloud, Quirks};

/// No effect is too many.
const NEVER: u32 = u32::MAX;

/// Counts effects down; at zero whoever asks waits for ever, as a process
/// does that was killed.
#[derive(Clone)]
struct Fuse(Arc<AtomicU32>);

impl Fuse {
    async fn burn(&self) {
        let left = self.0.load(Ordering::Relaxed);
        match left {
            NEVER => {}
            0 => std::future::pending().await,
            left => self.0.store(left - 1, Ordering::Relaxed),
        }
    }
}

struct Fragile<P: ?Sized> {
    inner: Arc<P>,
    fuse: Fuse,
}

#[async_trait]
impl ChunkStore for Fragile<MemoryChunks> {
    async fn put(
        &self,
        job: &JobId,
        chunk: ChunkId,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, FileError> {
        self.fuse.burn().await;
        let put = self.inner.put(job, chunk, bytes).await;
        self.fuse.burn().await;
        put
    }

    async fn get(&self, job: &JobId, chunk: ChunkId) -> Result<Vec<u8>, FileError> {
        self.inner.get(job, chunk).await
    }
}

#[async_trait]
impl Queue for Fragile<MemoryQueue> {
    async fn send(&self, items: &[WorkItem]) -> Result<(), QueueError> {
        self.fuse.burn().await;
        let sent = self.inner.send(items).await;
        self.fuse.burn().await;
        sent
    }

    async fn receive(&self, max: u32, hidden: Duration) -> Result<Vec<Delivery>, QueueError> {
        self.inner.receive(max, hidden).await
    }

    async fn extend(&self, receipt: &Receipt, hidden: Duration) -> Result<(), QueueError> {
        self.inner.extend(receipt, hidden).await
    }

    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), QueueError> {
        self.inner.acknowledge(receipt).await
    }

    async fn release(&self, receipt: &Receipt, delay: Duration) -> Result<(), QueueError> {
        self.inner.release(receipt, delay).await
    }

    async fn backlog(&self) -> Result<u64, QueueError> {
        self.inner.backlog().await
    }
}

/// One job and everything that it is split into.
pub(super) struct World {
    pub(super) job: JobRecord,
    pub(super) counts: SplitCounts,
    pub(super) chunks: Arc<MemoryChunks>,
    pub(super) queue: Arc<MemoryQueue>,
    ports: Ports,
    fuse: Fuse,
}

impl World {
    pub(super) fn new(chunk_rows: u32) -> Self {
        let clock = Arc::new(SimClock::new());
        let fuse = Fuse(Arc::new(AtomicU32::new(NEVER)));
        let chunks = Arc::new(MemoryChunks::new());
        let queue = Arc::new(MemoryQueue::new(clock.clone()));
        let cloud = FakeCloud::new(Quirks::default());
        let ports = Ports {
            stores: AnyRoles::over(cloud.clone()),
            keys: cloud,
            queue: Arc::new(Fragile { inner: queue.clone(), fuse: fuse.clone() }),
            ledger: Arc::new(MemoryLedger::new()),
            budgets: None,
            chunks: Arc::new(Fragile { inner: chunks.clone(), fuse: fuse.clone() }),
            report: Arc::new(reseal_testkit::MemoryReport::new()),
            clock,
            random: Arc::new(SeededRandom::new(7)),
        };
        let job = JobBuilder::new("job").spec(|spec| spec.chunk_rows = chunk_rows).build();
        Self { job, counts: SplitCounts::default(), chunks, queue, ports, fuse }
    }

    pub(super) fn splitter<'a>(&'a self, sources: &'a [Box<dyn Source>]) -> Splitter<'a> {
        let Self { job, counts, ports, .. } = self;
        Splitter { ports, job, sources, counts }
    }

    pub(super) async fn split(&self, sources: &[Box<dyn Source>]) -> SplitEnd {
        let known = self.ports.ledger.job(&self.job.id).await.expect("reads");
        if known.is_none() {
            self.ports.ledger.create_job(&self.job).await.expect("creates");
        }
        let (_stopper, stop) = stop_channel();
        self.splitter(sources).split(&stop).await.expect("splits")
    }

    /// Dies at this effect, counted from now.
    pub(super) fn crash_after(&self, effects: u32) {
        self.fuse.0.store(effects, Ordering::Relaxed);
    }

    pub(super) fn never_crash(&self) {
        self.fuse.0.store(NEVER, Ordering::Relaxed);
    }

    /// The files that the ledger binds, in order, checked against their digests.
    pub(super) async fn files(&self) -> Vec<ChunkFile> {
        let records = self.ports.ledger.chunks(&self.job.id, None, 1_000).await.expect("reads");
        let mut files = Vec::new();
        for record in records {
            let bytes = self.chunks.get(&self.job.id, record.id).await.expect("is there");
            files.push(ChunkFile::decode(&bytes, &record.digest).expect("is bound"));
        }
        files
    }

    pub(super) async fn is_closed(&self) -> bool {
        self.ports.ledger.source(&self.job.id, 0).await.expect("reads").closed
    }
}
