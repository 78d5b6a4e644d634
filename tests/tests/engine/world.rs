//! A job, its objects on the model, and an engine that may be dropped.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reseal_core::ports::{AnyRoles, Clock, Ledger, Random, ReportSink as _};
use reseal_core::{
    AclTerms, BackupTo, BucketTerms, Capabilities, ChunkFile, ChunkId, JobEvent, JobId, JobState,
    KmsTarget, ObjectKey, ObjectRef, OutcomeRow, PauseReason, SourceRow, Tally, Target, Versioning,
    WorkerId,
};
use reseal_sandbox::SandboxPorts;
use reseal_sandbox::model::{
    KeyState, Model, Moment, SeedEncryption, SeedKey, SeedObject, Settings, Versioning as Status,
};
use reseal_simulator::nemesis::{Name, Nemesis, Told};
use reseal_testkit::build::{ChunkBuilder, JobBuilder, job_id};
use reseal_testkit::{
    Dice, FaultRates, FaultyLedger, FaultyStore, MemoryChunks, MemoryLedger, MemoryQueue,
    MemoryReport, SeededRandom, SimClock,
};
use reseal_worker::{Meter, Ports, Sweeper, resend_open, set_job_state, stop_channel};

use crate::forgetful::{Forgetful, Forgets};
use crate::trace::{Trace, Traced};

const BUCKET: &str = "bucket";
const BACKUPS: &str = "backups";
const ROWS: usize = 25;
const GIB: u64 = 1 << 30;

/// What a world shall be like.
pub(crate) struct World {
    seed: u64,
    objects: usize,
    rates: FaultRates,
    crashes: u32,
    disable_key_after: Option<u64>,
    edits: u32,
    versioning: Versioning,
    backups: bool,
    forgets: Forgets,
}

/// How it ended.
pub(crate) struct Ending {
    pub(crate) state: JobState,
    pub(crate) objects: usize,
    pub(crate) rows: Vec<OutcomeRow>,
    pub(crate) tally: Tally,
    pub(crate) versions: BTreeMap<String, usize>,
    pub(crate) at_target: usize,
    pub(crate) same_content: bool,
    pub(crate) unfinished_uploads: usize,
    /// Uploads that S3 began and that never got a part: their id was lost
    /// before it could be recorded.
    pub(crate) partless_uploads: usize,
    pub(crate) paused_for_key: bool,
    pub(crate) trace: Vec<String>,
    /// What somebody else's edits came to, where it isn't what it should be.
    pub(crate) grievances: Vec<String>,
    /// What the backups hold, by the key that was backed up.
    pub(crate) backups: BTreeMap<String, String>,
    /// What the objects held before the run.
    pub(crate) before: BTreeMap<String, String>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let rates = FaultRates::default();
        Self {
            seed,
            objects: 50,
            rates,
            crashes: 0,
            disable_key_after: None,
            edits: 0,
            versioning: Versioning::Enabled,
            backups: false,
            forgets: Forgets::Nothing,
        }
    }

    pub(crate) fn objects(self, objects: usize) -> Self {
        Self { objects, ..self }
    }

    pub(crate) fn faults(self, rates: FaultRates) -> Self {
        Self { rates, ..self }
    }

    /// Drops the engine so many times, each at a random moment.
    pub(crate) fn crashes(self, crashes: u32) -> Self {
        Self { crashes, ..self }
    }

    /// Disables the target key once so many objects are settled, and enables
    /// it again once the job has paused.
    pub(crate) fn disable_key_after(self, settled: u64) -> Self {
        Self { disable_key_after: Some(settled), ..self }
    }

    /// Lets somebody else edit the objects so many times meanwhile.
    pub(crate) fn edits(self, edits: u32) -> Self {
        Self { edits, ..self }
    }

    /// With another versioning than Enabled.
    pub(crate) fn versioning(self, versioning: Versioning) -> Self {
        Self { versioning, ..self }
    }

    /// Copies what is replaced into a bucket of its own first.
    pub(crate) fn backups(self) -> Self {
        Self { backups: true, ..self }
    }

    /// Leaves this out of what is copied in parts.
    pub(crate) fn forgetting(self, forgets: Forgets) -> Self {
        Self { forgets, ..self }
    }

    pub(crate) fn run(self) -> Ending {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(async { Stage::set(&self).await.play(&self).await })
    }
}

struct Stage {
    model: Arc<Mutex<Model>>,
    ports: Ports,
    ledger: Arc<MemoryLedger>,
    report: Arc<MemoryReport>,
    random: Arc<SeededRandom>,
    dice: Dice,
    trace: Trace,
    job: JobId,
    key: String,
    before: BTreeMap<String, String>,
    nemesis: Arc<Nemesis>,
}

impl Stage {
    async fn set(world: &World) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
        let random = Arc::new(SeededRandom::new(world.seed));
        let mut model = Model::new(Settings::default());
        let now = Moment::from_millis(clock.now().as_millis() - 3_600_000);
        let status = match world.versioning {
            Versioning::Never => None,
            Versioning::Enabled => Some(Status::Enabled),
            Versioning::Suspended => Some(Status::Suspended),
        };
        model.seed_bucket(BUCKET, None, status, now);
        model.seed_bucket(BACKUPS, None, None, now);
        let key = model.seed_key(SeedKey::default(), now).expect("a key").to_string();
        let keys = populate(&mut model, world.objects, &random, now);
        let model = Arc::new(Mutex::new(model));
        let before = fingerprints(&model, BUCKET);
        let names = keys.iter().map(|key| name(key)).collect();
        let nemesis = Arc::new(Nemesis::new(names, world.seed, world.edits));

        let dice = Dice::new(random.clone(), world.rates);
        let sandbox =
            SandboxPorts::new(model.clone(), clock.clone()).travelling(Duration::from_millis(15));
        let store = Forgetful { inner: sandbox.clone(), forgets: world.forgets };
        let trace = Trace::default();
        let strike = {
            let (nemesis, model, clock) = (nemesis.clone(), model.clone(), clock.clone());
            move |call: &str, object: &ObjectRef| {
                let told = match call {
                    "tags" => Told::Tags,
                    "head" => Told::Head,
                    _ => Told::Else,
                };
                if object.bucket.as_str() == BUCKET {
                    let mut model = model.lock().expect("not poisoned");
                    nemesis.strike(&mut model, clock.as_ref(), told, &name(object.key.as_str()));
                }
            }
        };
        let store = Traced {
            inner: FaultyStore::new(Arc::new(store), dice.clone()),
            clock: clock.clone(),
            trace: trace.clone(),
            answered: Box::new(strike),
        };
        let ledger = Arc::new(MemoryLedger::new());
        let report = Arc::new(MemoryReport::new());
        let ports = Ports {
            stores: AnyRoles::over(Arc::new(store)),
            keys: Arc::new(sandbox),
            queue: Arc::new(MemoryQueue::unruly(clock.clone(), random.clone())),
            ledger: Arc::new(FaultyLedger::new(ledger.clone(), dice.clone())),
            budgets: None,
            chunks: Arc::new(MemoryChunks::new()),
            report: report.clone(),
            clock,
            random: random.clone(),
        };
        let job = job_id("j1");
        let stage =
            Self { model, ports, ledger, report, random, dice, trace, job, key, before, nemesis };
        stage.submit(world, keys).await;
        stage
    }

    async fn submit(&self, world: &World, keys: Vec<String>) {
        let target = KmsTarget { key: self.key.parse().expect("an ARN"), bucket_key: true };
        let capabilities = Capabilities::documented();
        let terms =
            BucketTerms { capabilities, versioning: world.versioning, acls: AclTerms::Ignored };
        let bucket = BACKUPS.parse().expect("a bucket");
        let backup_to = world.backups.then(|| BackupTo { bucket, prefix: String::new() });
        let job = JobBuilder::new("j1")
            .target(Target::SseKms(target))
            .terms(BUCKET, terms)
            .spec(|spec| spec.behaviour.backup_to = backup_to)
            .build();
        self.ledger.create_job(&job).await.expect("a job");
        for (sequence, keys) in keys.chunks(ROWS).enumerate() {
            let rows = keys
                .iter()
                .map(|key| SourceRow::of_key(ObjectKey::new(key.clone()).expect("a key")))
                .collect();
            let id = ChunkId { source: 0, sequence: sequence as u64 };
            let bucket = BUCKET.parse().expect("a bucket");
            let file = ChunkFile { job: self.job.clone(), chunk: id, bucket, rows };
            let chunk = ChunkBuilder::of(&file).build();
            let bytes = file.encode().expect("encodes");
            self.ports.chunks.put(&self.job, chunk.id, &bytes).await.expect("stored");
            self.ledger.bind_chunk(&chunk).await.expect("bound");
        }
        self.ledger.close_source(&self.job, 0).await.expect("closed");
        while resend_open(&self.ports, &self.job).await.is_err() {}
    }

    async fn play(self, world: &World) -> Ending {
        for _ in 0..world.crashes {
            let moment = Duration::from_millis(20 + self.random.next_u64() % 400);
            self.work(Some(moment)).await;
        }
        let mut paused_for_key = false;
        if let Some(settled) = world.disable_key_after {
            paused_for_key = self.work_until_key_trouble(settled).await;
        }
        // From here on nothing fails any more, so the job must end (I16).
        self.work_until_finished().await;
        self.ending(world, paused_for_key).await
    }

    /// One engine, dropped at this moment if it doesn't end before.
    async fn work(&self, crash_at: Option<Duration>) {
        let (stopper, stop) = stop_channel();
        let meter = Meter::default();
        let settings = settings();
        let crash = crash_at.unwrap_or(Duration::from_secs(36_000));
        tokio::select! {
            biased;
            ended = reseal_worker::run(&self.ports, &settings, &meter, &stop) => {
                // Out of patience with the ledger: as good as a crash.
                drop(ended);
            }
            () = self.track(&stopper) => {}
            () = self.ports.clock.sleep(crash) => {}
            () = self.rage() => {}
        }
    }

    async fn rage(&self) {
        let pause = Duration::from_millis(100);
        self.nemesis.rage(&self.model, self.ports.clock.as_ref(), pause).await;
        std::future::pending::<()>().await;
    }

    /// Sweeps, and finishes the job when nothing is open.
    async fn track(&self, stopper: &reseal_worker::Stopper) {
        let mut sweeper = Sweeper::new(&settings());
        loop {
            self.ports.clock.sleep(Duration::from_secs(5)).await;
            let Ok(report) = sweeper.sweep(&self.ports, &self.job).await else { continue };
            if report.open == 0 {
                let finished = set_job_state(&self.ports, &self.job, JobEvent::Finish).await;
                if finished.is_ok() {
                    stopper.stop();
                    return;
                }
            }
        }
    }

    async fn work_until_key_trouble(&self, settled: u64) -> bool {
        let (_stopper, stop) = stop_channel();
        let meter = Meter::default();
        let settings = settings();
        let trouble = async {
            while meter.read().settled() < settled {
                self.ports.clock.sleep(Duration::from_millis(1)).await;
            }
            self.set_key(KeyState::Disabled);
            loop {
                self.ports.clock.sleep(Duration::from_millis(100)).await;
                if let JobState::Paused(PauseReason::Key(_)) = self.state().await {
                    return;
                }
            }
        };
        let paused = tokio::select! {
            biased;
            _ = reseal_worker::run(&self.ports, &settings, &meter, &stop) => false,
            () = trouble => true,
            () = self.ports.clock.sleep(Duration::from_secs(600)) => false,
        };
        self.set_key(KeyState::Enabled);
        set_job_state(&self.ports, &self.job, JobEvent::Start).await.expect("starts again");
        paused
    }

    async fn work_until_finished(&self) {
        for round in 0..50 {
            if self.state().await.is_terminal() {
                return;
            }
            if round == 1 {
                self.dice.stop();
            }
            self.work(None).await;
        }
    }

    async fn state(&self) -> JobState {
        self.ledger.job(&self.job).await.expect("a ledger").expect("a job").state
    }

    fn set_key(&self, state: KeyState) {
        let mut model = self.model.lock().expect("not poisoned");
        model.set_key(&self.key, Some(state), None).expect("the key");
    }

    async fn ending(self, world: &World, paused_for_key: bool) -> Ending {
        let mut rows = Vec::new();
        for chunk in self.ledger.chunks(&self.job, None, 10_000).await.expect("chunks") {
            for segment in &chunk.checkpoint.segments {
                rows.extend(self.report.read(&self.job, chunk.id, segment).await.expect("rows"));
            }
        }
        let tallies = self.ledger.tallies(&self.job).await.expect("tallies");
        let mut tally = Tally::default();
        tallies.values().for_each(|bucket| tally += bucket);
        let state = self.state().await;
        let model = self.model.lock().expect("not poisoned");
        let lines = model.dump(BUCKET, None, usize::MAX).expect("the bucket");
        let mut versions: BTreeMap<String, usize> = BTreeMap::new();
        for line in &lines {
            *versions.entry(line.key.clone()).or_default() += 1;
        }
        let met = |line: &&reseal_sandbox::model::DumpLine| {
            line.is_latest
                && line.kms_key.as_deref() == Some(self.key.as_str())
                && line.bucket_key == Some(true)
        };
        let at_target = lines.iter().filter(met).count();
        let unfinished_uploads = model.unfinished_uploads(BUCKET);
        let begun = model.stats().operations.get("CreateMultipartUpload");
        let begun = begun.map_or(0, |counts| counts.requests - counts.refused) as usize;
        let lines = self.trace.lines();
        let upload =
            |line: &String| line.split_once("part of ")?.1.split(' ').next().map(str::to_owned);
        let with_parts: std::collections::BTreeSet<_> = lines.iter().filter_map(upload).collect();
        let partless_uploads = begun - with_parts.len();
        let grievances = self.nemesis.grievances(&model, &rows);
        for (key, count) in &mut versions {
            *count = count.saturating_sub(self.nemesis.versions_of(&name(key)) as usize);
        }
        drop(model);
        let folder = format!("{}/{BUCKET}/", self.job);
        let backups = fingerprints(&self.model, BACKUPS)
            .into_iter()
            .map(|(key, held)| (key.trim_start_matches(&folder).to_owned(), held))
            .collect();
        let untouched = |contents: BTreeMap<String, String>| -> BTreeMap<String, String> {
            contents.into_iter().filter(|(key, _)| !self.nemesis.touched(&name(key))).collect()
        };
        let after = untouched(fingerprints(&self.model, BUCKET));
        Ending {
            state,
            objects: world.objects,
            rows,
            tally,
            versions,
            at_target,
            same_content: untouched(self.before.clone()) == after,
            grievances,
            backups,
            before: self.before.clone(),
            unfinished_uploads,
            partless_uploads,
            paused_for_key,
            trace: self.trace.lines(),
        }
    }
}

fn name(key: &str) -> Name {
    (BUCKET.to_owned(), key.to_owned())
}

fn settings() -> reseal_worker::Settings {
    let mut settings = reseal_worker::Settings::new(WorkerId::new("w"), 16);
    (settings.window_rows, settings.batch_rows) = (8, 4);
    settings.checkpoint_every = Duration::from_millis(200);
    settings
}

/// Mostly small objects of every encryption, and now and then one for parts.
fn populate(model: &mut Model, objects: usize, random: &SeededRandom, now: Moment) -> Vec<String> {
    let keys: Vec<String> = (0..objects).map(|n| format!("p{}/object {n:04}", n % 5)).collect();
    for (n, key) in keys.iter().enumerate() {
        let encryption = match random.next_u64() % 3 {
            0 => SeedEncryption::None,
            _ => SeedEncryption::SseS3,
        };
        let size = if n % 40 == 7 { 6 * GIB } else { random.next_u64() % 100_000 };
        let mut seed = SeedObject::new(BUCKET, key, size);
        seed.metadata.insert("n".to_owned(), n.to_string());
        seed.encryption = if n % 40 == 7 { SeedEncryption::None } else { encryption };
        model.seed_object(seed, now).expect("seeded");
    }
    keys
}

fn fingerprints(model: &Arc<Mutex<Model>>, bucket: &str) -> BTreeMap<String, String> {
    let model = model.lock().expect("not poisoned");
    let lines = model.dump(bucket, None, usize::MAX).expect("the bucket");
    let current = lines.into_iter().filter(|line| line.is_latest);
    current.map(|line| (line.key, line.fingerprint.unwrap_or_default())).collect()
}
