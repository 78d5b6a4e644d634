//! What the sweeper gives back and sends again, and what it leaves alone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reseal_core::ChunkState;
use reseal_core::ports::{Delivery, Ledger as _, Queue, QueueError, Receipt, WorkItem};
use reseal_testkit::build::ChunkBuilder;
use reseal_worker::{Ports, SweepReport, Sweeper};

use crate::world::{World, settings};

const EVERY: u64 = 15;

/// A minute of sweeps proves nothing yet; a minute and a half does.
#[tokio::test(start_paused = true)]
async fn a_dead_holders_chunk_is_taken_back_and_can_be_claimed_at_once() {
    let world = World::new(1, 4, Duration::from_millis(1)).await;
    let (lease, _) = world.claim().await;
    let mut sweeper = Sweeper::new(&settings());
    for _ in 0..5 {
        let report = sweep(&world, &mut sweeper).await;
        assert_eq!(report, SweepReport { open: 1, taken_back: 0, resent: 0 });
        world.seconds(EVERY).await;
    }
    let report = sweep(&world, &mut sweeper).await;
    assert_eq!(report, SweepReport { open: 1, taken_back: 1, resent: 1 });
    let chunk = world.chunk(0).await;
    assert_eq!((chunk.state, chunk.attempts), (ChunkState::Pending, 1), "and counted");
    assert!(world.ports.ledger.renew(&lease).await.is_err(), "its old holder is fenced");
    let before = world.ports.clock.monotonic();
    world.engine_until(&settings(), world.until(0, |chunk| chunk.state == ChunkState::Done)).await;
    assert!(world.ports.clock.monotonic() - before < Duration::from_secs(5), "nobody waits");
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_renews_keeps_its_chunk() {
    let world = World::new(1, 4, Duration::from_millis(1)).await;
    let (lease, _) = world.claim().await;
    let mut sweeper = Sweeper::new(&settings());
    for _ in 0..40 {
        // Slower than any real one, and within the time that it has.
        if world.ports.clock.monotonic().as_secs() % 60 == 0 {
            world.ports.ledger.renew(&lease).await.expect("still its own");
        }
        assert_eq!(sweep(&world, &mut sweeper).await.taken_back, 0);
        world.seconds(EVERY).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_backlog_is_left_to_itself_and_a_lost_one_is_sent_again_once() {
    let world = World::new(3, 1, Duration::from_millis(1)).await;
    let mut sweeper = Sweeper::new(&settings());
    assert_eq!(sweep(&world, &mut sweeper).await.resent, 0, "just split");
    world.send_all().await;
    for _ in 0..40 {
        assert_eq!(sweep(&world, &mut sweeper).await.resent, 0, "they wait, that is all");
        world.seconds(EVERY).await;
    }
    world.queue.purge();
    for _ in 0..5 {
        assert_eq!(sweep(&world, &mut sweeper).await.resent, 0, "perhaps on their way");
        world.seconds(EVERY).await;
    }
    assert_eq!(sweep(&world, &mut sweeper).await.resent, 3);
    world.seconds(EVERY).await;
    assert_eq!(sweep(&world, &mut sweeper).await.resent, 0);
    assert_eq!(world.queue.depth(), 3);
}

/// With a million chunks open, a sweep reads and sends no more than with a
/// thousand, and comes to each in its turn.
#[tokio::test(start_paused = true)]
async fn a_sweep_is_bounded_and_comes_to_every_chunk() {
    let world = World::new(0, 0, Duration::from_millis(1)).await;
    for sequence in 0..2_600 {
        let chunk = ChunkBuilder::new(&world.job, 1, sequence).build();
        world.ledger.bind_chunk(&chunk).await.expect("bound");
    }
    let mut sweeper = Sweeper::new(&settings());
    let mut sent = BTreeSet::new();
    for _ in 0..40 {
        let report = sweep(&world, &mut sweeper).await;
        assert!(report.open <= 1_000 && report.resent <= 1_000, "{report:?}");
        // Lost again, every one of them: nobody ever claims.
        while let Some(lost) = world.queue.receive(1, Duration::ZERO).await.expect("a queue").pop()
        {
            world.queue.acknowledge(&lost.receipt).await.expect("a queue");
            sent.insert(lost.body);
        }
        world.seconds(EVERY).await;
    }
    assert_eq!(sent.len(), 2_600);
}

/// A queue whose depth nobody can tell.
struct Deaf(Arc<dyn Queue>);

#[async_trait]
impl Queue for Deaf {
    async fn send(&self, items: &[WorkItem]) -> Result<(), QueueError> {
        self.0.send(items).await
    }

    async fn receive(&self, max: u32, visibility: Duration) -> Result<Vec<Delivery>, QueueError> {
        self.0.receive(max, visibility).await
    }

    async fn extend(&self, receipt: &Receipt, visibility: Duration) -> Result<(), QueueError> {
        self.0.extend(receipt, visibility).await
    }

    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), QueueError> {
        self.0.acknowledge(receipt).await
    }

    async fn release(&self, receipt: &Receipt, delay: Duration) -> Result<(), QueueError> {
        self.0.release(receipt, delay).await
    }

    async fn backlog(&self) -> Result<u64, QueueError> {
        Err(QueueError("no answer".to_owned()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_does_not_tell_its_depth_keeps_no_dead_lease_alive() {
    let world = World::new(2, 4, Duration::from_millis(1)).await;
    world.claim().await;
    let ports = Ports { queue: Arc::new(Deaf(world.queue.clone())), ..world.ports.clone() };
    let mut sweeper = Sweeper::new(&settings());
    let mut total = SweepReport::default();
    for _ in 0..10 {
        let report = sweeper.sweep(&ports, &world.job).await.expect("a ledger");
        total.taken_back += report.taken_back;
        total.resent += report.resent;
        world.seconds(EVERY).await;
    }
    assert_eq!((total.taken_back, total.resent), (1, 1), "the dead one's, no more");
}

async fn sweep(world: &World, sweeper: &mut Sweeper) -> SweepReport {
    sweeper.sweep(&world.ports, &world.job).await.expect("a ledger")
}
