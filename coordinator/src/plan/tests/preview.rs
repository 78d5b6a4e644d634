//! The preview of a job whose chunks are in the ledger: what it counts.

use std::sync::Arc;

use reseal_core::ports::AnyRoles;
use reseal_core::{
    BackupTo, ChunkId, Encryption, JobRecord, SourceRow, StorageClass, StoreErrorKind,
};
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
                let class = row.storage_class.clone().unwrap_or_else(StorageClass::standard);
                let head = HeadBuilder::new().size(size).class(class.as_str());
                let head = head.encryption(Encryption::None).build();
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

/// What the plan says, and why a limit of a million dollars refuses it, now or
/// at all.
fn told(census: &Census) -> (String, Option<String>) {
    let list = PriceList::built_in();
    let priced = Priced { list: &list, region: "us-east-1", fleet: false };
    let target = "SSE-S3".to_owned();
    let shown = Shown::new(Vec::new(), target, census, 0, Vec::new(), &LIMITS, priced);
    let caps = Caps { max_cost_usd: Some(1e6), ..Caps::NONE };
    let estimate = shown.estimate();
    (text(&shown), caps.put_off_cost(estimate).or_else(|| caps.refuse_cost(estimate)))
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

#[tokio::test(start_paused = true)]
async fn a_limit_is_refused_where_a_class_has_no_price() {
    let odd = |name: &str| {
        let class = Some(StorageClass::new("OUTPOSTS"));
        RowBuilder::new(name).size(2_048).with(|row| row.storage_class = class).build()
    };
    let mut chunk = rows(3, 0, 1_000);
    let world = World::with(Quirks::default(), [chunk.clone()].into_iter()).await;
    assert_eq!(told(&world.preview().await.0).1, None);
    chunk.extend([odd("one"), odd("other")]);
    let world = World::with(Quirks::default(), [chunk].into_iter()).await;
    let (text, refused) = told(&world.preview().await.0);
    assert!(text.contains("no price of OUTPOSTS is known: 2 objects, 4.0 KiB"), "{text}");
    let refused = refused.expect("a refusal");
    for word in ["--max-cost-usd 1000000: ", "OUTPOSTS", "--prices FILE"] {
        assert!(refused.contains(word), "no {word} in {refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_waits_for_objects_about_which_s3_did_not_answer() {
    let failing = |kind| Quirks { fails: Some(("head", kind)), ..Quirks::default() };
    // Each object that is looked at stands for two.
    let chunk = || [rows(2_000, 0, 1_000)].into_iter();
    let world = World::with(failing(StoreErrorKind::Unavailable), chunk()).await;
    let (census, sampled) = world.preview().await;
    let (text, refused) = told(&census);
    assert_eq!(sampled, 1_000);
    assert!(text.contains("without what 2000 objects cost"), "{text}");
    let refused = refused.expect("a refusal");
    for word in ["--max-cost-usd 1000000: ", "2000 objects", "try again"] {
        assert!(refused.contains(word), "no {word} in {refused}");
    }
    // What may not be read fails in the work as well, for one HEAD.
    let world = World::with(failing(StoreErrorKind::Denied), chunk()).await;
    let (census, _) = world.preview().await;
    assert_eq!((census.bill().sum().reads, told(&census).1), (2_000, None));
    // What is gone by now costs nothing more, and no secret is made of it.
    let gone = World::with(Quirks::default(), [rows(3, 0, 1_000)].into_iter()).await;
    gone.cloud.forget("0-1");
    let (census, _) = gone.preview().await;
    assert_eq!((census.acting().objects, told(&census).1), (2, None));
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_refused_where_the_target_costs_by_the_byte_and_the_price_is_not_known() {
    let mut world = World::with(Quirks::default(), [rows(3, 0, 1_024)].into_iter()).await;
    world.job.spec.target = Target::DsseKms { key: key_arn("k") };
    let (text, refused) = told(&world.preview().await.0);
    assert!(text.contains("without what DSSE-KMS costs by the byte for 3.0 KiB"), "{text}");
    assert!(refused.expect("a refusal").contains("dsse_per_gib"));
}

#[tokio::test(start_paused = true)]
async fn what_backups_cost_a_month_is_told() {
    let mut world = World::with(Quirks::default(), [rows(2, 0, GIB)].into_iter()).await;
    let place = BackupTo { bucket: bucket("backups"), prefix: String::new() };
    world.job.spec.behaviour.backup_to = Some(place);
    let (text, _) = told(&world.preview().await.0);
    assert!(text.contains("backups that stay: 2.0 GiB, $0.05 a month"), "{text}");
}
