//! How many result files a chunk has.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reseal_core::ports::{Clock, FileError, ReportSink, SegmentName};
use reseal_core::{ChunkId, ChunkState, JobId, OutcomeRow, SegmentRef};

use crate::world::{World, settings};

#[tokio::test(start_paused = true)]
async fn a_chunk_of_a_thousand_rows_is_recorded_in_four_batches_of_250() {
    let world = World::new(1, 1_000, Duration::from_millis(1)).await;
    world.send_all().await;
    let mut settings = settings();
    (settings.concurrency, settings.batch_rows) = (64, 250);
    world.engine_until(&settings, world.until(0, |chunk| chunk.state == ChunkState::Done)).await;
    let segments = world.chunk(0).await.checkpoint.segments;
    let rows: Vec<_> = segments.iter().map(|segment| segment.rows).collect();
    assert_eq!(rows.len(), 4, "{rows:?}");
}

/// A sink that takes its time, as one on S3 does.
struct Slow(Arc<dyn ReportSink>, Arc<dyn Clock>);

#[async_trait]
impl ReportSink for Slow {
    async fn append(
        &self,
        name: &SegmentName,
        rows: &[OutcomeRow],
    ) -> Result<SegmentRef, FileError> {
        self.1.sleep(Duration::from_millis(80)).await;
        self.0.append(name, rows).await
    }

    async fn read(
        &self,
        job: &JobId,
        chunk: ChunkId,
        segment: &SegmentRef,
    ) -> Result<Vec<OutcomeRow>, FileError> {
        self.0.read(job, chunk, segment).await
    }
}

#[tokio::test(start_paused = true)]
async fn rows_that_are_settled_while_a_batch_is_recorded_make_no_batch_of_their_own() {
    let mut world = World::new(1, 1_000, Duration::from_millis(1)).await;
    let slow = Slow(world.ports.report.clone(), world.ports.clock.clone());
    world.ports.report = Arc::new(slow);
    world.send_all().await;
    let mut settings = settings();
    (settings.concurrency, settings.batch_rows) = (64, 250);
    world.engine_until(&settings, world.until(0, |chunk| chunk.state == ChunkState::Done)).await;
    let segments = world.chunk(0).await.checkpoint.segments;
    let rows: Vec<_> = segments.iter().map(|segment| segment.rows).collect();
    assert_eq!(rows.len(), 4, "{rows:?}");
}

/// A batch that can't be full before the window is would wait for the clock.
#[tokio::test(start_paused = true)]
async fn a_batch_larger_than_the_window_holds_nothing_up() {
    let world = World::new(1, 1_000, Duration::from_millis(1)).await;
    world.send_all().await;
    let mut settings = settings();
    (settings.window_rows, settings.batch_rows) = (100, 1_000);
    settings.checkpoint_every = Duration::from_secs(600);
    world.engine_until(&settings, world.until(0, |chunk| chunk.state == ChunkState::Done)).await;
    assert!(world.ports.clock.monotonic() < Duration::from_secs(60));
}
