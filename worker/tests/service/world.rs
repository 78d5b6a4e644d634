//! A job with objects on the model, and ports to work it through.

use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use reseal_core::ports::{AnyRoles, Clock, Ledger as _, Random};
use reseal_core::{
    BucketName, ChunkFile, ChunkId, JobId, KmsTarget, ObjectKey, SourceRow, Target, WorkerId,
};
use reseal_sandbox::SandboxPorts;
use reseal_sandbox::model::{
    KeyState, Model, Moment, SeedEncryption, SeedKey, SeedObject, Settings as ModelSettings,
};
use reseal_testkit::build::{ChunkBuilder, JobBuilder, job_id};
use reseal_testkit::{
    MemoryChunks, MemoryLedger, MemoryQueue, MemoryReport, SeededRandom, SimClock,
};
use reseal_worker::{Ports, Settings, resend_open};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

const BUCKET: &str = "bucket";
const ROWS: usize = 5;

/// Objects of one job, which wait to be worked on.
pub(crate) struct World {
    pub(crate) ports: Ports,
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) queue: Arc<MemoryQueue>,
    pub(crate) model: Arc<Mutex<Model>>,
    pub(crate) job: JobId,
    bucket: BucketName,
    sequence: Mutex<u64>,
    travel: Duration,
}

/// Whether a log line is worth making is found out once for all threads, when
/// it is first come by. Somebody must want every line by then: a test that
/// listens would miss those that another test came by just before.
fn everything_may_be_logged() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let everything = tracing_subscriber::registry().with(LevelFilter::TRACE);
        tracing::subscriber::set_global_default(everything).expect("the first");
    });
}

impl World {
    /// An empty job whose requests to S3 travel for so long.
    pub(crate) async fn new(travel: Duration) -> Self {
        everything_may_be_logged();
        let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(1));
        let mut model = Model::new(ModelSettings::default());
        let now = an_hour_ago(clock.as_ref());
        model.seed_bucket(BUCKET, None, None, now);
        let key = model.seed_key(SeedKey::default(), now).expect("a key").to_string();
        let model = Arc::new(Mutex::new(model));
        let sandbox = SandboxPorts::new(model.clone(), clock.clone()).travelling(travel);
        let ledger = Arc::new(MemoryLedger::new());
        let queue = Arc::new(MemoryQueue::new(clock.clone()));
        let ports = Ports {
            stores: AnyRoles::over(Arc::new(sandbox.clone())),
            keys: Arc::new(sandbox),
            budgets: None,
            queue: queue.clone(),
            ledger: ledger.clone(),
            chunks: Arc::new(MemoryChunks::new()),
            report: Arc::new(MemoryReport::new()),
            clock,
            random,
        };
        let target = KmsTarget { key: key.parse().expect("an ARN"), bucket_key: true };
        let job = JobBuilder::new("j1").target(Target::SseKms(target)).build();
        ledger.create_job(&job).await.expect("a job");
        let (job, bucket) = (job_id("j1"), BUCKET.parse().expect("a bucket"));
        World { ports, ledger, queue, model, job, bucket, sequence: Mutex::new(0), travel }
    }

    /// Adds so many plain objects.
    pub(crate) async fn objects(self, objects: usize) -> Self {
        let keys: Vec<String> = (0..objects).map(|n| format!("p/object {n}")).collect();
        for key in &keys {
            self.seed(SeedObject::new(BUCKET, key, 1_000));
        }
        self.bind(&keys).await;
        self
    }

    /// Adds an object under a key that can't be used any more.
    pub(crate) async fn unreadable(self, key: &str) -> Self {
        let old = {
            let now = an_hour_ago(self.ports.clock.as_ref());
            let mut model = self.model.lock().expect("not poisoned");
            model.seed_key(SeedKey::default(), now).expect("a key").to_string()
        };
        let encryption = SeedEncryption::Kms { key: old.clone(), bucket_key: false };
        self.seed(SeedObject::new(BUCKET, key, 1_000).encrypted(encryption));
        let disabled = Some(KeyState::Disabled);
        self.model.lock().expect("not poisoned").set_key(&old, disabled, None).expect("the key");
        self.bind(&[key.to_owned()]).await;
        self
    }

    fn seed(&self, object: SeedObject) {
        let now = an_hour_ago(self.ports.clock.as_ref());
        self.model.lock().expect("not poisoned").seed_object(object, now).expect("seeded");
    }

    async fn bind(&self, keys: &[String]) {
        for keys in keys.chunks(ROWS) {
            let row = |key: &String| SourceRow::of_key(ObjectKey::new(key.clone()).expect("a key"));
            let rows = keys.iter().map(row).collect();
            let sequence = {
                let mut sequence = self.sequence.lock().expect("not poisoned");
                *sequence += 1;
                *sequence - 1
            };
            let (job, id) = (self.job.clone(), ChunkId { source: 0, sequence });
            let file = ChunkFile { job, chunk: id, bucket: self.bucket.clone(), rows };
            let chunk = ChunkBuilder::of(&file).build();
            let bytes = file.encode().expect("encodes");
            self.ports.chunks.put(&self.job, chunk.id, &bytes).await.expect("stored");
            self.ledger.bind_chunk(&chunk).await.expect("bound");
        }
        resend_open(&self.ports, &self.job).await.expect("sent");
    }

    /// The chunks that nobody has finished.
    pub(crate) async fn open_chunks(&self) -> Vec<ChunkId> {
        let open = self.ledger.open_chunks(&self.job, None, 10_000).await.expect("chunks");
        open.into_iter().map(|chunk| chunk.id).collect()
    }

    /// Long enough for everything to be worked on.
    pub(crate) fn long_enough(&self) -> Duration {
        Duration::from_secs(60) + self.travel * 100
    }
}

/// Settings of a small engine.
pub(crate) fn settings() -> Settings {
    Settings::new(WorkerId::new("w-1"), 4)
}

fn an_hour_ago(clock: &dyn Clock) -> Moment {
    Moment::from_millis(clock.now().as_millis() - 3_600_000)
}
