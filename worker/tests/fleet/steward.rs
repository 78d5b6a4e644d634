//! What the steward does for jobs.

use std::sync::Arc;
use std::time::Duration;

use reseal_core::ports::{
    Budgets as _, JobLimits, Lease, Ledger as _, OpenUpload, Queue, Release, UploadRequest,
};
use reseal_core::{
    Attributes, BucketRoles, ChunkState, FailReason, JobState, Outcome, PauseReason, Priority,
    Protection, StorageClass, TagSet, WorkerId,
};
use reseal_testkit::build::{JobBuilder, checkpoint, object, open_upload};
use reseal_testkit::{Dice, FaultRates, FaultyLedger, MemoryQueue, SeededRandom};
use reseal_worker::steward::{StewardPorts, StewardSettings};
use reseal_worker::{Home, LeaseSettings, Ports, stop_channel};

use crate::world::{BUCKET, World, name, settings};

impl World {
    pub(crate) fn steward_ports(&self) -> StewardPorts {
        let queue: Arc<dyn Queue> = self.queue.clone();
        StewardPorts {
            roster: self.fleet.clone(),
            budgets: self.fleet.clone(),
            queue_of: Arc::new(move |_| queue.clone()),
        }
    }

    /// Works until `done` is with a steward of this name, then drops it.
    pub(crate) async fn steward_until<T>(
        &self,
        name: &str,
        ports: &Ports,
        fleet: &StewardPorts,
        done: impl Future<Output = T>,
    ) -> T {
        let (_stopper, stop) = stop_channel();
        let (worker, settings) =
            (WorkerId::new(name), StewardSettings::new(LeaseSettings::default(), None));
        tokio::select! {
            biased;
            ended = done => ended,
            () = reseal_worker::steward::run(ports, fleet, &worker, &settings, &stop) => {
                panic!("the steward ended by itself")
            }
        }
    }

    async fn stewarded<T>(&self, done: impl Future<Output = T>) -> T {
        self.steward_until("steward", &self.ports, &self.steward_ports(), done).await
    }

    async fn limit(&self, failed_share: f64) {
        let limits = JobLimits {
            objects_per_second: None,
            writes_per_prefix: 3_500.0,
            reads_per_prefix: 5_500.0,
            kms_per_second: None,
            failed_share,
        };
        self.fleet.set_limits(&self.job, &limits).await.expect("limits");
    }

    /// Settles a chunk of 100 rows as somebody would, so many of them failed.
    async fn settle(&self, sequence: u64, failed: usize) {
        let (lease, _) = self.claim_of(sequence).await;
        let outcomes: Vec<_> = (0..100)
            .map(|n| match n < failed {
                true => Outcome::Failed(FailReason::Denied),
                false => Outcome::ReEncrypted,
            })
            .collect();
        let checkpoint = checkpoint(100, lease.epoch, &outcomes);
        self.ledger.complete(&lease, &checkpoint).await.expect("completed");
    }

    /// Begins an upload of the first object and puts it on record.
    async fn begin_upload(&self, lease: &Lease) {
        let to = object(BUCKET, &name(0));
        let request = UploadRequest {
            to: &to,
            target: &self.target(),
            attributes: &Attributes::of_class(StorageClass::standard()),
            protection: &Protection::default(),
            tags: &TagSet::new(),
        };
        let id = self
            .ports
            .stores
            .through(&BucketRoles::default())
            .await
            .create_upload(&request)
            .await
            .expect("an upload");
        let upload = OpenUpload { id, to, ..open_upload("x") };
        self.ledger.open_upload(lease, 0, &upload).await.expect("recorded");
    }
}

/// No message was ever sent, a worker is dead, a job must end all the same.
#[tokio::test(start_paused = true)]
async fn a_job_comes_to_its_end() {
    let world = World::new(3, 20, Duration::from_millis(10)).await;
    world.limit(0.5).await;
    world.claim().await;
    let over = world.until_job(|state| state == JobState::Finished);
    world.engine_until(&settings(), world.stewarded(over)).await;
    for sequence in 0..3 {
        assert_eq!(world.chunk(sequence).await.state, ChunkState::Done);
    }
    assert!(world.ports.clock.monotonic() < Duration::from_secs(180), "it took its time");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_still_being_split_is_not_over() {
    let world = World::new(0, 0, Duration::from_millis(10)).await;
    let more = |spec: &mut reseal_core::JobSpec| spec.sources.push(spec.sources[0].clone());
    let job = JobBuilder::new("job-2").spec(more).build();
    let world = World { job: job.id.clone(), ..world };
    world.submit(&job, 0, 0).await;
    world.stewarded(world.seconds(600)).await;
    assert_eq!(world.state().await, JobState::Running, "its second source isn't closed");
    world.ledger.close_source(&job.id, 1).await.expect("closed");
    world.stewarded(world.until_job(|state| state == JobState::Finished)).await;
}

#[tokio::test(start_paused = true)]
async fn a_job_that_mostly_fails_pauses_once_for_what_it_failed() {
    let world = World::new(6, 100, Duration::from_millis(10)).await;
    world.limit(0.5).await;
    world.settle(0, 50).await;
    world.stewarded(world.seconds(60)).await;
    assert_eq!(world.state().await, JobState::Running, "half of it isn't more than half");
    world.settle(1, 51).await;
    let paused = JobState::Paused(PauseReason::Failures);
    world.stewarded(world.until_job(|state| state == paused)).await;

    world.set_state(JobState::Running).await;
    let over_again = async {
        world.seconds(120).await;
        assert_eq!(world.state().await, JobState::Running, "that was known when it was resumed");
        world.settle(2, 99).await;
        world.until_job(|state| state == paused).await;
    };
    world.stewarded(over_again).await;
}

#[tokio::test(start_paused = true)]
async fn a_job_that_was_given_up_leaves_no_upload_behind_once_nobody_works_on_it() {
    let world = World::new(2, 4, Duration::from_millis(10)).await;
    let (lease, _) = world.claim().await;
    world.begin_upload(&lease).await;
    world
        .stewarded(async {
            world.seconds(20).await;
            world.set_state(JobState::Cancelled).await;
            world.seconds(40).await;
            assert_eq!(world.uploads(), 1, "somebody may still be at it");
            world.ledger.release(&lease, Release::NoFault).await.expect("released");
            world.seconds(30).await;
            assert_eq!(world.uploads(), 0);
        })
        .await;
}

/// Its worker died with it.
#[tokio::test(start_paused = true)]
async fn a_dead_workers_upload_of_a_cancelled_job_is_removed_too() {
    let world = World::new(2, 4, Duration::from_millis(10)).await;
    let (lease, _) = world.claim().await;
    world.begin_upload(&lease).await;
    world
        .stewarded(async {
            world.seconds(20).await;
            world.set_state(JobState::Cancelled).await;
            world.seconds(120).await;
        })
        .await;
    assert_eq!(world.uploads(), 0);
}

/// Whoever read the job just before it was cancelled claims of it just after.
#[tokio::test(start_paused = true)]
async fn an_upload_begun_just_after_its_job_was_cancelled_is_removed_too() {
    let world = World::new(2, 4, Duration::from_millis(10)).await;
    world
        .stewarded(async {
            world.seconds(20).await;
            world.set_state(JobState::Cancelled).await;
            // Long enough for the steward to find nobody at work.
            world.seconds(30).await;
            let (lease, _) = world.claim().await;
            world.begin_upload(&lease).await;
            world.seconds(240).await;
        })
        .await;
    assert_eq!(world.uploads(), 0);
}

/// Aborting it failed when its object was settled.
#[tokio::test(start_paused = true)]
async fn an_upload_that_was_left_open_is_removed_before_its_job_is_finished() {
    let world = World::new(1, 4, Duration::from_millis(10)).await;
    let (lease, _) = world.claim().await;
    world.begin_upload(&lease).await;
    let checkpoint = checkpoint(4, lease.epoch, &[Outcome::ReEncrypted; 4]);
    world.ledger.complete(&lease, &checkpoint).await.expect("completed");
    let over = world.until_job(|state| state == JobState::Finished);
    world.stewarded(over).await;
    assert_eq!(world.uploads(), 0);
}

/// Cancelled while nobody held the office: its next holder cleans up.
#[tokio::test(start_paused = true)]
async fn a_job_that_was_cancelled_before_leaves_no_upload_either() {
    let world = World::new(1, 4, Duration::from_millis(10)).await;
    let (lease, _) = world.claim().await;
    world.begin_upload(&lease).await;
    world.set_state(JobState::Cancelled).await;
    world.stewarded(world.seconds(60)).await;
    assert_eq!(world.uploads(), 1, "somebody may still work on it");
    world.stewarded(world.seconds(180)).await;
    assert_eq!(world.uploads(), 0);
}

/// I13: the bucket of that name that our connection reaches is another.
#[tokio::test(start_paused = true)]
async fn uploads_of_a_job_out_of_reach_are_left_alone() {
    let world = World::new(1, 4, Duration::from_millis(10)).await;
    let (lease, _) = world.claim().await;
    world.begin_upload(&lease).await;
    let owner = "999999999999".parse().expect("an account");
    let home = Home { region: "us-east-1".to_owned(), endpoint: None, owner };
    let settings = StewardSettings::new(LeaseSettings::default(), Some(home));
    let (_stopper, stop) = stop_channel();
    let (fleet, worker) = (world.steward_ports(), WorkerId::new("steward"));
    tokio::select! {
        () = reseal_worker::steward::run(&world.ports, &fleet, &worker, &settings, &stop) => {}
        () = async {
            world.seconds(20).await;
            world.set_state(JobState::Cancelled).await;
            world.seconds(120).await;
        } => {}
    }
    assert_eq!(world.uploads(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_jobs_messages_go_to_the_queue_of_its_priority() {
    let world = World::without_job(4, Duration::from_millis(10));
    let mut job = JobBuilder::new("job-1").target(world.target()).build();
    job.priority = Priority::Low;
    world.submit(&job, 1, 4).await;
    let low = Arc::new(MemoryQueue::new(world.ports.clock.clone()));
    let (others, of_low): (Arc<dyn Queue>, Arc<dyn Queue>) = (world.queue.clone(), low.clone());
    let queue_of = move |priority| match priority {
        Priority::Low => of_low.clone(),
        Priority::Normal | Priority::High => others.clone(),
    };
    let fleet = StewardPorts { queue_of: Arc::new(queue_of), ..world.steward_ports() };
    world.steward_until("steward", &world.ports, &fleet, world.seconds(120)).await;
    assert_eq!((low.depth(), world.queue.depth()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_fails_every_other_call_ends_no_steward() {
    for seed in 0..5 {
        let world = World::new(3, 20, Duration::from_millis(10)).await;
        world.limit(0.5).await;
        world.claim().await;
        let dice = Dice::new(Arc::new(SeededRandom::new(seed)), FaultRates::evenly(0.1));
        let ledger = Arc::new(FaultyLedger::new(world.ledger.clone(), dice));
        let faulty = Ports { ledger, ..world.ports.clone() };
        let over = world.until_job(|state| state == JobState::Finished);
        let fleet = world.steward_ports();
        let stewarded = world.steward_until("steward", &faulty, &fleet, over);
        world.engine_until(&settings(), stewarded).await;
    }
}
