//! The preview of a job whose chunks are in the ledger: what it counts.

use std::sync::Arc;

use reseal_core::ports::AnyRoles;
use reseal_core::{ChunkId, Encryption, JobRecord, SourceRow};
use reseal_testkit::build::{ChunkBuilder, JobBuilder};
use reseal_testkit::{
    MemoryChunks, MemoryLedger, MemoryQueue, MemoryReport, SeededRandom, SimClock,
};

use super::*;
use crate::fakes::{FakeCloud, Quirks};
use crate::wiring::engine_settings;

const GIB: u64 = 1024 * 1024 * 1024;

struct World {
    cloud: Arc<FakeCloud>,
    ports: Ports,
    job: JobRecord,
}

impl World {
    fn new(quirks: Quirks) -> Self {
        let cloud = FakeCloud::new(quirks);
        let clock = Arc::new(SimClock::new());
        let ports = Ports {
            stores: AnyRoles::over(cloud.clone()),
            keys: cloud.clone(),
            queue: Arc::new(MemoryQueue::new(clock.clone())),
            ledger: Arc::new(MemoryLedger::new()),
            budgets: None,
            chunks: Arc::new(MemoryChunks::new()),
            report: Arc::new(MemoryReport::new()),
            clock,
            random: Arc::new(SeededRandom::new(7)),
        };
        let job = JobBuilder::new("job-1").spec(|spec| spec.target = Target::SseS3).build();
        Self { cloud, ports, job }
    }

    /// Chunks of these rows, and an object for each row.
    async fn with(quirks: Quirks, chunks: impl Iterator<Item = Vec<SourceRow>>) -> Self {
        let world = Self::new(quirks);
        let Self { cloud, ports, job } = &world;
        ports.ledger.create_job(job).await.expect("creates");
        for (sequence, rows) in (0..).zip(chunks) {
            for row in &rows {
                let size = row.size.unwrap_or_default();
                let head = HeadBuilder::new().size(size).encryption(Encryption::None).build();
                cloud.seed(row.key.as_str(), head);
            }
            let chunk = ChunkId { source: 0, sequence };
            let file = ChunkFile { job: job.id.clone(), chunk, bucket: bucket("bucket"), rows };
            let bytes = file.encode().expect("encodes");
            ports.chunks.put(&job.id, chunk, &bytes).await.expect("puts");
            ports.ledger.bind_chunk(&ChunkBuilder::of(&file).build()).await.expect("binds");
        }
        world
    }

    async fn preview(&self) -> (Census, u64) {
        let Self { ports, job, .. } = self;
        let settings = &engine_settings(&LIMITS);
        let planner = Planner { ports, settings, spec: &job.spec, terms: &job.buckets };
        planner.sample(&job.id).await.expect("looks")
    }
}

fn rows(count: usize, chunk: usize, size: u64) -> Vec<SourceRow> {
    (0..count).map(|n| RowBuilder::new(&format!("{chunk}-{n}")).size(size).build()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_seen_is_counted_for_what_it_stands_for() {
    let chunks = (0..120).map(|chunk| match chunk % 2 {
        0 => rows(50, chunk, 1_000),
        _ => rows(1, chunk, 6 * GIB),
    });
    let world = World::with(Quirks::default(), chunks).await;
    let (census, sampled) = world.preview().await;
    assert_eq!((sampled, census.total().objects), (1_000, 3_060));
    assert_eq!(census.acting().bytes, 3_000 * 1_000 + 60 * 6 * GIB);
    // A copy each, and twelve parts between Create and Complete.
    assert_eq!(census.bill().sum().writes, 3_000 + 60 * 14);
}
