//! Processes: a worker with its steward, a coordinator that splits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reseal_coordinator::{Listing, Source, SplitCounts, SplitEnd, SplitError, Splitter};
use reseal_core::ports::{AnyRoles, Budgets, Clock, JobLimits, Random as _, Roster};
use reseal_core::{JobEvent, Timestamp, Versions, WorkerId};
use reseal_sandbox::SandboxPorts;
use reseal_testkit::SimClock;
use reseal_worker::service::{self, Parts, ServiceSettings};
use reseal_worker::steward::{self, StewardPorts, StewardSettings};
use reseal_worker::{
    LeaseSettings, Meter, Ports, Settings, Stopper, resend_open, set_job_state, stop_channel,
};

use crate::adapters::{WiredChunks, WiredFleet, WiredLedger, WiredQueue, WiredReport, WiredStore};
use crate::stage::Stage;
use crate::wire::{Line, Wire, lock};

/// How often a chunk may fail before it is given up.
pub(crate) const CHUNK_TRIES: u32 = 12;

/// Objects in flight in each worker.
pub(crate) const CONCURRENCY: u32 = 6;

/// One process of the fleet, over all of its lives.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) line: Arc<Line>,
    clock: Arc<dyn Clock>,
    stopper: Mutex<Option<Stopper>>,
    lives: Mutex<u32>,
}

impl Node {
    /// A node whose wall clock is this much ahead.
    pub(crate) fn new(name: String, ahead: Duration) -> Self {
        let clock = SimClock::starting_at(SimClock::new().now().plus(ahead));
        Self {
            name,
            line: Arc::default(),
            clock: Arc::new(clock),
            stopper: Mutex::default(),
            lives: Mutex::default(),
        }
    }

    /// Asks its present life to stop, as SIGTERM does.
    pub(crate) fn stop(&self) {
        if let Some(stopper) = lock(&self.stopper).as_ref() {
            stopper.stop();
        }
    }

    fn next_life(&self) -> String {
        let mut lives = lock(&self.lives);
        *lives += 1;
        format!("{}-{}", self.name, *lives)
    }
}

/// Everything that one process reaches, over its wire.
struct Reach {
    ports: Ports,
    fleet: Arc<WiredFleet>,
    store: Arc<WiredStore>,
    queue: Arc<WiredQueue>,
}

fn reach(stage: &Stage, node: &Node, who: &str) -> Reach {
    let wire = Wire { net: stage.net.clone(), line: node.line.clone(), who: who.into() };
    let inner = SandboxPorts::new(stage.model.clone(), stage.net.clock.clone());
    let store = Arc::new(WiredStore { wire: wire.clone(), inner });
    let queue = Arc::new(WiredQueue { wire: wire.clone(), inner: stage.queue.clone() });
    let fleet = Arc::new(WiredFleet { wire: wire.clone(), inner: stage.fleet.clone() });
    let ports = Ports {
        stores: AnyRoles::over(store.clone()),
        keys: store.clone(),
        queue: queue.clone(),
        ledger: Arc::new(WiredLedger { wire: wire.clone(), inner: stage.ledger.clone() }),
        budgets: Some(fleet.clone()),
        chunks: Arc::new(WiredChunks { wire: wire.clone(), inner: stage.chunks.clone() }),
        report: Arc::new(WiredReport { wire, inner: stage.report.clone() }),
        clock: node.clock.clone(),
        random: stage.net.random.clone(),
    };
    Reach { ports, fleet, store, queue }
}

/// The node of this place in the plan.
pub(crate) async fn live(stage: &Stage, index: usize, node: &Node) {
    if index < stage.plan.workers {
        worker(stage, node).await;
    } else {
        coordinator(stage, node).await;
    }
}

/// A worker, again and again, however it ends.
async fn worker(stage: &Stage, node: &Node) {
    loop {
        let who = node.next_life();
        let Reach { ports, fleet, queue, .. } = reach(stage, node, &who);
        let lease = LeaseSettings::living(stage.plan.lease);
        let mut engine = Settings { lease, ..Settings::new(WorkerId::new(&*who), CONCURRENCY) };
        (engine.window_rows, engine.batch_rows) = (8, 4);
        engine.max_chunk_attempts = CHUNK_TRIES;
        let settings = ServiceSettings::new("sim", engine);
        let (stopper, stop) = stop_channel();
        *lock(&node.stopper) = Some(stopper);
        let roster: Arc<dyn Roster> = fleet.clone();
        let budgets: Arc<dyn Budgets> = fleet;
        let steward_ports = StewardPorts {
            roster: roster.clone(),
            budgets,
            queue_of: Arc::new(move |_| queue.clone() as _),
        };
        let meter = Arc::new(Meter::default());
        let parts = Parts {
            ports: ports.clone(),
            roster,
            shares: {
                let meter = meter.clone();
                Arc::new(move || meter.budget_shares())
            },
            meter,
            listener: None,
            agent: None,
            emf: None,
        };
        let rounds = StewardSettings::new(lease, None);
        let id = WorkerId::new(&*who);
        let steward = steward::run(&ports, &steward_ports, &id, &rounds, &stop);
        tokio::select! {
            biased;
            () = node.line.blown.notified() => {}
            ended = service::serve(parts, &settings, steward, &stop) => {
                stage.net.note(&format!("{who} ended: {ended:?}"));
            }
        }
        rest(stage).await;
    }
}

/// A coordinator, again until it has come to the end.
async fn coordinator(stage: &Stage, node: &Node) {
    loop {
        let who = node.next_life();
        let reach = reach(stage, node, &who);
        tokio::select! {
            biased;
            () = node.line.blown.notified() => {}
            ended = submit(stage, &reach) => {
                stage.net.note(&format!("{who} ended: {ended:?}"));
                if ended.is_ok() {
                    return;
                }
            }
        }
        rest(stage).await;
    }
}

/// What `submit` does, once it has its job.
async fn submit(stage: &Stage, reach: &Reach) -> Result<SplitEnd, String> {
    let Reach { ports, fleet, store, .. } = reach;
    let job = &stage.job;
    fleet.set_limits(&job.id, &limits(stage.plan.rate)).await.map_err(|e| e.to_string())?;
    match set_job_state(ports, &job.id, JobEvent::Start).await {
        Ok(_) | Err(reseal_worker::JobError::Illegal(..)) => {}
        Err(error) => return Err(error.to_string()),
    }
    resend_open(ports, &job.id).await.map_err(|e| e.to_string())?;
    let source = |bucket: &reseal_core::BucketName| -> Box<dyn Source> {
        Box::new(Listing::new(store.clone(), bucket.clone(), String::new(), Versions::Current))
    };
    let sources: Vec<_> = stage.buckets.iter().map(source).collect();
    let counts = SplitCounts::default();
    let splitter = Splitter { ports, job, sources: &sources, counts: &counts };
    let (_stopper, stop) = stop_channel();
    splitter.split(&stop).await.map_err(|error| {
        heed(stage, &error);
        error.to_string()
    })
}

/// Somebody reads why it stopped, and does what it says.
fn heed(stage: &Stage, error: &SplitError) {
    if let SplitError::Damaged { chunk, .. } | SplitError::Differs { chunk } = error {
        stage.net.note(&format!("somebody removes the file of {chunk}"));
        stage.chunks.remove(&stage.job.id, *chunk);
    }
}

pub(crate) fn limits(rate: Option<f64>) -> JobLimits {
    JobLimits {
        objects_per_second: rate,
        writes_per_prefix: 3_500.0,
        reads_per_prefix: 5_500.0,
        kms_per_second: None,
        failed_share: 1.0,
    }
}

/// Until somebody, or something, starts it again.
async fn rest(stage: &Stage) {
    let pause = Duration::from_millis(200 + stage.net.random.next_u64() % 20_000);
    stage.net.clock.sleep(pause).await;
}

/// Where virtual time begins, less some.
pub(crate) fn long_ago(clock: &dyn Clock) -> Timestamp {
    Timestamp::from_millis(clock.now().as_millis() - 3_600_000)
}
