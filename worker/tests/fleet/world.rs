//! A job over objects of the model, and engines that may be dropped.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reseal_core::ports::{
    AnyRoles, ChunkRecord, Claim, Clock, Lease, Ledger as _, ReportSink as _,
};
use reseal_core::{
    ChunkFile, ChunkId, JobId, JobRecord, JobState, ObjectKey, OutcomeRow, SourceRow, WorkerId,
};
use reseal_sandbox::SandboxPorts;
use reseal_sandbox::model::{Model, Moment, SeedKey, SeedObject, Settings as Rules};
use reseal_testkit::build::{ChunkBuilder, JobBuilder, chunk_id, job_id};
use reseal_testkit::{
    MemoryChunks, MemoryFleet, MemoryLedger, MemoryQueue, MemoryReport, SeededRandom, SimClock,
};
use reseal_worker::{Meter, Ports, Settings, resend_open, stop_channel};

pub(crate) const BUCKET: &str = "bucket";

/// What a fleet shares, and the buckets that it works on.
pub(crate) struct World {
    pub(crate) ports: Ports,
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) queue: Arc<MemoryQueue>,
    pub(crate) report: Arc<MemoryReport>,
    pub(crate) fleet: Arc<MemoryFleet>,
    pub(crate) model: Arc<Mutex<Model>>,
    pub(crate) job: JobId,
    pub(crate) key: String,
}

impl World {
    /// A running job of so many chunks of so many rows, every call to S3
    /// taking this long. Nothing is in the queue yet.
    pub(crate) async fn new(chunks: u64, rows: u64, latency: Duration) -> Self {
        let world = Self::without_job(chunks * rows, latency);
        let target = world.target();
        let job = JobBuilder::new("job-1").target(target).build();
        world.submit(&job, chunks, rows).await;
        world
    }

    /// So many objects, and no job yet.
    pub(crate) fn without_job(objects: u64, latency: Duration) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
        let mut model = Model::new(Rules::default());
        let hour_ago = Moment::from_millis(clock.now().as_millis() - 3_600_000);
        model.seed_bucket(BUCKET, None, None, hour_ago);
        let key = model.seed_key(SeedKey::default(), hour_ago).expect("a key").to_string();
        for n in 0..objects {
            model.seed_object(SeedObject::new(BUCKET, name(n), 10), hour_ago).expect("seeded");
        }
        let model = Arc::new(Mutex::new(model));
        let sandbox = SandboxPorts::new(model.clone(), clock.clone());
        let sandbox = sandbox.travelling(latency);
        let ledger = Arc::new(MemoryLedger::new());
        let queue = Arc::new(MemoryQueue::new(clock.clone()));
        let report = Arc::new(MemoryReport::new());
        let ports = Ports {
            stores: AnyRoles::over(Arc::new(sandbox.clone())),
            keys: Arc::new(sandbox),
            queue: queue.clone(),
            ledger: ledger.clone(),
            budgets: None,
            chunks: Arc::new(MemoryChunks::new()),
            report: report.clone(),
            clock,
            random: Arc::new(SeededRandom::new(7)),
        };
        let (fleet, job) = (Arc::new(MemoryFleet::new()), job_id("job-1"));
        Self { ports, ledger, queue, report, fleet, model, job, key }
    }

    pub(crate) fn target(&self) -> reseal_core::Target {
        let key = self.key.parse().expect("an ARN");
        reseal_core::Target::SseKms(reseal_core::KmsTarget { key, bucket_key: true })
    }

    pub(crate) async fn submit(&self, job: &JobRecord, chunks: u64, rows: u64) {
        self.ledger.create_job(job).await.expect("a job");
        for sequence in 0..chunks {
            let of_chunk =
                |n| SourceRow::of_key(ObjectKey::new(name(sequence * rows + n)).expect("a key"));
            let rows = (0..rows).map(of_chunk).collect();
            let id = ChunkId { source: 0, sequence };
            let bucket = BUCKET.parse().expect("a bucket");
            let file = ChunkFile { job: job.id.clone(), chunk: id, bucket, rows };
            let chunk = ChunkBuilder::of(&file).build();
            let bytes = file.encode().expect("encodes");
            self.ports.chunks.put(&job.id, chunk.id, &bytes).await.expect("stored");
            self.ledger.bind_chunk(&chunk).await.expect("bound");
        }
        self.ledger.close_source(&job.id, 0).await.expect("closed");
    }

    pub(crate) async fn send_all(&self) {
        resend_open(&self.ports, &self.job).await.expect("sent");
    }

    /// Runs an engine until `done` is, then drops it as a killed process would be.
    pub(crate) async fn engine_until<T>(
        &self,
        settings: &Settings,
        done: impl Future<Output = T>,
    ) -> (T, Meter) {
        let (_stopper, stop) = stop_channel();
        let meter = Meter::default();
        let ended = tokio::select! {
            biased;
            ended = done => ended,
            ended = reseal_worker::run(&self.ports, settings, &meter, &stop) => {
                panic!("the engine ended by itself: {ended:?}")
            }
        };
        (ended, meter)
    }

    /// Looks every 100 ms until the chunk is as wanted.
    pub(crate) async fn until(&self, sequence: u64, wanted: impl Fn(&ChunkRecord) -> bool) {
        for _ in 0..36_000 {
            if wanted(&self.chunk(sequence).await) {
                return;
            }
            self.ports.clock.sleep(Duration::from_millis(100)).await;
        }
        panic!("an hour later: {:?}", self.chunk(sequence).await);
    }

    pub(crate) async fn chunk(&self, sequence: u64) -> ChunkRecord {
        self.chunk_by_id(chunk_id(0, sequence)).await
    }

    async fn chunk_by_id(&self, id: ChunkId) -> ChunkRecord {
        self.ledger.chunk(&self.job, id).await.expect("a ledger").expect("a chunk")
    }

    pub(crate) async fn rows_of(&self, sequence: u64) -> Vec<OutcomeRow> {
        let chunk = self.chunk(sequence).await;
        let mut rows = Vec::new();
        for segment in &chunk.checkpoint.segments {
            rows.extend(self.report.read(&self.job, chunk.id, segment).await.expect("rows"));
        }
        rows
    }

    /// Claims the first chunk for somebody who isn't an engine.
    pub(crate) async fn claim(&self) -> (Lease, ChunkRecord) {
        self.claim_of(0).await
    }

    pub(crate) async fn claim_of(&self, sequence: u64) -> (Lease, ChunkRecord) {
        let (chunk, somebody) = (chunk_id(0, sequence), WorkerId::new("somebody"));
        let now = self.ports.clock.now();
        let claimed = self.ledger.claim(&self.job, chunk, Claim::Pending, &somebody, now);
        claimed.await.expect("claimed")
    }

    pub(crate) async fn state(&self) -> JobState {
        self.ledger.job(&self.job).await.expect("a ledger").expect("a job").state
    }

    /// Looks every 100 ms until the job is as wanted.
    pub(crate) async fn until_job(&self, wanted: impl Fn(JobState) -> bool) {
        for _ in 0..36_000 {
            if wanted(self.state().await) {
                return;
            }
            self.ports.clock.sleep(Duration::from_millis(100)).await;
        }
        panic!("an hour later: {:?}", self.state().await);
    }

    pub(crate) fn uploads(&self) -> usize {
        self.model.lock().expect("not poisoned").unfinished_uploads(BUCKET)
    }

    pub(crate) async fn set_state(&self, state: JobState) {
        let job = self.ledger.job(&self.job).await.expect("a ledger").expect("a job");
        self.ledger.set_job_state(&self.job, job.revision, state).await.expect("a state");
    }

    pub(crate) async fn seconds(&self, seconds: u64) {
        self.ports.clock.sleep(Duration::from_secs(seconds)).await;
    }
}

pub(crate) fn name(n: u64) -> String {
    format!("p/object {n:04}")
}

pub(crate) fn settings() -> Settings {
    Settings::new(WorkerId::new("worker-1"), 4)
}
