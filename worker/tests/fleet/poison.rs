//! Chunks that end worker after worker (I18).

use std::time::Duration;

use reseal_core::{ChunkState, FailReason, Outcome};

use crate::world::{World, name, settings};

/// Whoever works it is dropped before it settled a row.
#[tokio::test(start_paused = true)]
async fn a_chunk_that_ends_every_worker_is_quarantined_with_its_rows_by_name() {
    let world = World::new(1, 20, Duration::from_secs(3_600)).await;
    world.send_all().await;
    let mut settings = settings();
    settings.max_chunk_attempts = 3;
    for life in 1..=3 {
        let claimed = world.until(0, |chunk| chunk.epoch.0 == life);
        world.engine_until(&settings, claimed).await;
        assert_eq!(world.chunk(0).await.state, ChunkState::Leased, "life {life}");
    }
    let over = world.until(0, |chunk| chunk.state == ChunkState::Quarantined);
    world.engine_until(&settings, over).await;
    assert_eq!(world.chunk(0).await.attempts, 3);
    let rows = world.rows_of(0).await;
    let given_up = Outcome::Failed(FailReason::Quarantined);
    assert!(rows.iter().all(|row| row.outcome == given_up), "{rows:?}");
    let keys: Vec<_> = rows.iter().map(|row| row.object.key.as_str().to_owned()).collect();
    assert_eq!(keys, (0..20).map(name).collect::<Vec<_>>());
    let tallies = world.ports.ledger.tallies(&world.job).await.expect("tallies");
    assert_eq!(tallies.values().map(|tally| tally.total()).sum::<u64>(), 20);
}

/// Its workers die as often, but never of it: each got further.
#[tokio::test(start_paused = true)]
async fn a_chunk_that_gets_further_each_time_is_no_poison() {
    let world = World::new(1, 40, Duration::from_millis(50)).await;
    world.send_all().await;
    let mut settings = settings();
    settings.max_chunk_attempts = 3;
    (settings.window_rows, settings.batch_rows) = (2, 1);
    for life in 1..=8 {
        let further = world.until(0, |chunk| {
            chunk.checkpoint.segments.iter().any(|segment| segment.epoch.0 == life)
        });
        world.engine_until(&settings, further).await;
    }
    assert_eq!(world.chunk(0).await.state, ChunkState::Leased);
    let over = world.until(0, |chunk| chunk.state == ChunkState::Done);
    world.engine_until(&settings, over).await;
    assert_eq!(world.chunk(0).await.attempts, 0);
    let rows = world.rows_of(0).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::ReEncrypted), "{rows:?}");
    assert_eq!(rows.len(), 40);
}

/// A worker that died after the last row, and before the completion, is no
/// reason to call settled rows failed.
#[tokio::test(start_paused = true)]
async fn a_chunk_whose_rows_are_all_settled_is_completed_however_often_it_was_claimed() {
    let world = World::new(1, 4, Duration::from_millis(10)).await;
    let (lease, record) = world.claim().await;
    let mut checkpoint = record.checkpoint.clone();
    let rows: Vec<_> = (0..4)
        .map(|row| {
            reseal_testkit::build::OutcomeBuilder::new(row, Outcome::AlreadyCompliant).build()
        })
        .collect();
    let segment = reseal_core::ports::SegmentName {
        job: world.job.clone(),
        chunk: record.id,
        epoch: lease.epoch,
        ordinal: 0,
    };
    checkpoint.segments.push(world.ports.report.append(&segment, &rows).await.expect("stored"));
    for row in &rows {
        checkpoint.settled.insert(row.index);
        checkpoint.tally.count(row);
    }
    world.ports.ledger.checkpoint(&lease, &checkpoint).await.expect("recorded");
    world.ports.ledger.release(&lease, reseal_core::ports::Release::Fault).await.expect("released");
    world.send_all().await;
    let mut settings = settings();
    settings.max_chunk_attempts = 1;
    let over = world.until(0, |chunk| chunk.state != ChunkState::Pending);
    world
        .engine_until(&settings, async {
            over.await;
            world.until(0, |chunk| chunk.state != ChunkState::Leased).await;
        })
        .await;
    assert_eq!(world.chunk(0).await.state, ChunkState::Done);
}
