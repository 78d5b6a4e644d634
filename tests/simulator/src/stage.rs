//! A world before anything happens in it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reseal_core::ports::{Clock, Ledger as _, Random as _};
use reseal_core::{
    AclTerms, BackupTo, BucketName, BucketTerms, Capabilities, JobRecord, JobState, KmsTarget,
    SourceSpec, Target, Versioning,
};
use reseal_sandbox::model::{
    Model, Moment, SeedEncryption, SeedKey, SeedObject, Settings, Versioning as Status,
};
use reseal_testkit::build::JobBuilder;
use reseal_testkit::{
    MemoryChunks, MemoryFleet, MemoryLedger, MemoryQueue, MemoryReport, SeededRandom, SimClock,
};

use crate::judge::{Judge, Scene};
use crate::mutants::Mutant;
use crate::nemesis::{Name, Nemesis};
use crate::node::{Node, long_ago};
use crate::plan::Plan;
use crate::wire::Net;

const BACKUPS: &str = "backups";
const GIB: u64 = 1 << 30;

/// The services, what lies in them, and who works there.
pub(crate) struct Stage {
    pub(crate) plan: Plan,
    pub(crate) net: Arc<Net>,
    pub(crate) model: Arc<Mutex<Model>>,
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) fleet: Arc<MemoryFleet>,
    pub(crate) queue: Arc<MemoryQueue>,
    pub(crate) chunks: Arc<MemoryChunks>,
    pub(crate) report: Arc<MemoryReport>,
    pub(crate) nemesis: Arc<Nemesis>,
    pub(crate) job: JobRecord,
    pub(crate) buckets: Vec<BucketName>,
    pub(crate) names: Vec<Name>,
    pub(crate) key: String,
    pub(crate) nodes: Vec<Node>,
}

impl Stage {
    pub(crate) async fn set(plan: &Plan, mutant: Mutant) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
        let random = Arc::new(SeededRandom::new(plan.seed));
        let mut model = Model::new(Settings::default());
        let hour_ago = Moment::from_millis(long_ago(clock.as_ref()).as_millis());
        let key = model.seed_key(SeedKey::default(), hour_ago).expect("a key").to_string();
        let buckets: Vec<BucketName> = (0..plan.buckets.len())
            .map(|n| format!("bucket-{n}").parse().expect("a bucket"))
            .collect();
        for (bucket, versioning) in buckets.iter().zip(&plan.buckets) {
            model.seed_bucket(bucket.as_str(), None, status(*versioning), hour_ago);
        }
        model.seed_bucket(BACKUPS, None, None, hour_ago);
        let names = populate(&mut model, plan, &buckets, &random, hour_ago);
        let model = Arc::new(Mutex::new(model));
        let job = job(plan, &buckets, &key);
        let nemesis = Arc::new(Nemesis::new(names.clone(), plan.seed, plan.edits));
        let ledger = Arc::new(MemoryLedger::new());
        let chunks = Arc::new(MemoryChunks::new());
        ledger.create_job(&job).await.expect("a job");
        let scene = Scene {
            plan: plan.clone(),
            job: job.id.clone(),
            versioning: buckets.iter().map(ToString::to_string).zip(plan.buckets.clone()).collect(),
            backups: BACKUPS.to_owned(),
            target: key.clone(),
            model: model.clone(),
            ledger: ledger.clone(),
            chunks: chunks.clone(),
            clock: clock.clone(),
            nemesis: nemesis.clone(),
            mutant,
        };
        let nodes = nodes(plan, &random);
        let net = Net::new(plan, clock.clone(), random.clone(), Judge::new(scene));
        Self {
            plan: plan.clone(),
            net: Arc::new(net),
            model,
            ledger,
            fleet: Arc::new(MemoryFleet::new()),
            queue: Arc::new(MemoryQueue::unruly(clock, random)),
            chunks,
            report: Arc::new(MemoryReport::new()),
            nemesis,
            job,
            buckets,
            names,
            key,
            nodes,
        }
    }
}

fn status(versioning: Versioning) -> Option<Status> {
    match versioning {
        Versioning::Never => None,
        Versioning::Enabled => Some(Status::Enabled),
        Versioning::Suspended => Some(Status::Suspended),
    }
}

fn nodes(plan: &Plan, random: &SeededRandom) -> Vec<Node> {
    let most = plan.skew.as_millis() as u64 + 1;
    let mut node = |name| Node::new(name, Duration::from_millis(random.next_u64() % most));
    let workers = (0..plan.workers).map(|n| format!("worker-{n}"));
    let coordinators = (0..plan.coordinators).map(|n| format!("coordinator-{n}"));
    workers.chain(coordinators).map(&mut node).collect()
}

fn job(plan: &Plan, buckets: &[BucketName], key: &str) -> JobRecord {
    let target = KmsTarget { key: key.parse().expect("an ARN"), bucket_key: true };
    let backups = BackupTo { bucket: BACKUPS.parse().expect("a bucket"), prefix: String::new() };
    let mut builder = JobBuilder::new("job-1").target(Target::SseKms(target));
    for (bucket, versioning) in buckets.iter().zip(&plan.buckets) {
        let capabilities = Capabilities { update: plan.updates, ..Capabilities::documented() };
        let terms = BucketTerms { capabilities, versioning: *versioning, acls: AclTerms::Ignored };
        builder = builder.terms(bucket.as_str(), terms);
    }
    let listing =
        |bucket: &BucketName| SourceSpec::Listing { bucket: bucket.clone(), prefix: String::new() };
    let mut job = builder
        .state(JobState::Planned)
        .spec(|spec| {
            spec.sources = buckets.iter().map(listing).collect();
            spec.chunk_rows = plan.chunk_rows;
            spec.behaviour.backup_to = plan.backups.then_some(backups);
        })
        .build();
    job.buckets.retain(|bucket, _| buckets.contains(bucket));
    job
}

/// Small objects of every encryption, and some for parts, in order.
fn populate(
    model: &mut Model,
    plan: &Plan,
    buckets: &[BucketName],
    random: &SeededRandom,
    now: Moment,
) -> Vec<Name> {
    let mut names = Vec::new();
    for n in 0..plan.objects {
        let bucket = buckets[random.next_u64() as usize % buckets.len()].to_string();
        let key = format!("p{}/object {n:04}", n % 3);
        let is_large = n < plan.large;
        let size = if is_large { 6 * GIB } else { random.next_u64() % 100_000 };
        let mut seed = SeedObject::new(&bucket, &key, size);
        seed.metadata.insert("n".to_owned(), n.to_string());
        seed.encryption = match random.next_u64() % 3 {
            0 => SeedEncryption::None,
            _ if is_large => SeedEncryption::None,
            _ => SeedEncryption::SseS3,
        };
        model.seed_object(seed, now).expect("seeded");
        names.push((bucket, key));
    }
    names.sort();
    names
}
