//! The service's life: through a ledger that goes away, stops and idleness.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reseal_core::ports::{FileError, FileErrorKind, ReportSink, Roster as _, SegmentName};
use reseal_core::{ChunkId, JobId, OutcomeRow, SegmentRef};
use serde_json::Value;

use crate::stage::Stage;

fn within(at: Duration, from: u64, to: u64) -> bool {
    (Duration::from_secs(from)..=Duration::from_secs(to)).contains(&at)
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_comes_back_is_worked_with_again() {
    let stage = Stage::new(200).await.drain_after(120);
    let (ended, _) = stage
        .serve(|_stopper| async {
            stage.sleep(1).await;
            assert!(!stage.world.open_chunks().await.is_empty(), "in the middle of it");
            stage.cut.set(true);
            stage.sleep(30).await;
            let done = stage.meter.read().chunks_done;
            stage.cut.set(false);
            assert_eq!(stage.meter.held().now(), 0, "nothing is done that can't be recorded");
            stage.sleep(40).await;
            assert!(stage.meter.read().chunks_done > done, "it went on");
        })
        .await;
    ended.expect("went on and ended");
    assert!(stage.world.open_chunks().await.is_empty(), "all of it is done");
    assert_eq!(stage.meter.read().failed, 0, "nothing is marked failed for it");
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_stays_away_ends_the_service_when_patience_does() {
    let stage = Stage::new(200).await.drain_after(60);
    let (ended, at) = stage
        .serve(|_stopper| async {
            stage.sleep(1).await;
            stage.cut.set(true);
        })
        .await;
    let error = ended.expect_err("out of patience, and not out of work");
    assert!(error.to_string().contains("900 s"), "{error}");
    assert!(within(at, 900, 960), "{at:?}");
}

/// A report that can't be written, where the ledger answers all the same.
#[derive(Clone, Copy)]
enum Sink {
    Broken,
    Silent,
}

impl Sink {
    async fn fail<T>(self) -> Result<T, FileError> {
        match self {
            Self::Broken => Err(FileError {
                what: "report".to_owned(),
                message: "injected".to_owned(),
                kind: FileErrorKind::Broken,
            }),
            Self::Silent => std::future::pending().await,
        }
    }
}

#[async_trait]
impl ReportSink for Sink {
    async fn append(&self, _: &SegmentName, _: &[OutcomeRow]) -> Result<SegmentRef, FileError> {
        self.fail().await
    }

    async fn read(
        &self,
        _: &JobId,
        _: ChunkId,
        _: &SegmentRef,
    ) -> Result<Vec<OutcomeRow>, FileError> {
        self.fail().await
    }
}

#[tokio::test(start_paused = true)]
async fn answers_alone_do_not_renew_anybodys_patience() {
    let mut stage = Stage::new(20).await;
    stage.ports.report = Arc::new(Sink::Broken);
    let (ended, at) = stage.serve(|_stopper| async {}).await;
    ended.expect_err("it answers, but nothing can be recorded");
    assert!(within(at, 900, 1_100), "{at:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_heard_while_the_ledger_is_away() {
    let stage = Stage::new(20).await;
    stage.cut.set(true);
    let (ended, at) = stage
        .serve(|stopper| async move {
            tokio::time::advance(Duration::from_secs(100)).await;
            stopper.stop();
        })
        .await;
    ended.expect("stopped");
    assert!(within(at, 100, 101), "{at:?}");
}

#[tokio::test(start_paused = true)]
async fn a_worker_without_work_ends_after_a_while_and_not_before() {
    let stage = Stage::new(0).await.drain_after(30);
    let (ended, at) = stage.serve(|_stopper| async {}).await;
    ended.expect("ended by itself");
    assert!(within(at, 30, 31), "{at:?}");

    let stage = Stage::new(50).await.drain_after(30);
    let (ended, at) = stage.serve(|_stopper| async {}).await;
    ended.expect("ended by itself");
    assert!(stage.world.open_chunks().await.is_empty());
    assert!(within(at, 31, 40), "counted from the last chunk: {at:?}");
}

/// A killed worker's chunk can be taken over only once its lease ran out:
/// whoever left before that would leave nobody.
#[tokio::test(start_paused = true)]
async fn a_worker_does_not_leave_while_somebody_elses_chunk_is_open() {
    let stage = Stage::new(4).await.drain_after(5);
    let dead = reseal_core::WorkerId::new("dead");
    let open = stage.world.open_chunks().await;
    let (ledger, now) = (&stage.ports.ledger, stage.ports.clock.now());
    let grounds = reseal_core::ports::Claim::Pending;
    for chunk in &open {
        ledger.claim(&stage.world.job, *chunk, grounds, &dead, now).await.expect("claimed");
    }
    let (ended, _) = stage.serve(|_stopper| async {}).await;
    ended.expect("ended by itself");
    assert!(!open.is_empty() && stage.world.open_chunks().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn two_stops_are_as_good_as_one() {
    let stage = Stage::new(500).await;
    let (ended, at) = stage
        .serve(|stopper| async move {
            tokio::time::advance(Duration::from_secs(1)).await;
            stopper.stop();
            stopper.stop();
            tokio::time::advance(Duration::from_millis(1)).await;
            stopper.stop();
        })
        .await;
    ended.expect("drained");
    assert!(within(at, 1, 3), "what was in flight ended soon: {at:?}");
    let counts = stage.meter.read();
    assert!(counts.chunks_released > 0 && counts.settled() > 0, "{counts:?}");
    let open = stage.ports.ledger.leased_chunks(&stage.world.job, None, 10).await.expect("chunks");
    assert!(open.is_empty(), "whatever was held is given back: {open:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_may_not_outlast_the_grace() {
    let stage = Stage::travelling(Duration::from_secs(3_600), 50).await;
    let (ended, at) = stage
        .serve(|stopper| async move {
            tokio::time::advance(Duration::from_secs(1)).await;
            stopper.stop();
        })
        .await;
    ended.expect("a stop is no failure");
    assert!(within(at, 1, 26), "{at:?}");
    let open = stage.ports.ledger.leased_chunks(&stage.world.job, None, 10).await.expect("chunks");
    assert!(open.is_empty(), "given back with time to spare: {open:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_in_time_even_where_nothing_can_be_given_back() {
    let mut stage = Stage::new(50).await;
    stage.ports.report = Arc::new(Sink::Silent);
    let (ended, at) = stage
        .serve(|stopper| async move {
            tokio::time::advance(Duration::from_secs(10)).await;
            stopper.stop();
        })
        .await;
    ended.expect("a stop is no failure");
    assert!(within(at, 10, 35), "{at:?}");
}

#[tokio::test(start_paused = true)]
async fn the_roster_hears_of_it_and_metrics_add_up() {
    let stage = Stage::new(50).await.drain_after(200);
    stage.world.queue.send_raw("forged");
    let (ended, _) = stage
        .serve(|_stopper| async {
            stage.sleep(65).await;
            let workers = stage.fleet.workers().await.expect("workers");
            let [beat] = workers.as_slice() else { panic!("one worker: {workers:?}") };
            assert_eq!(beat.worker.as_str(), "w-1");
            assert_eq!((beat.settled, beat.refused_messages), (50, 1));
            assert!(beat.seen_at.since(beat.started_at) == Duration::from_secs(60));
        })
        .await;
    ended.expect("ended by itself");
    let lines = stage.lines();
    let sum = |name: &str| -> u64 {
        lines.iter().map(|line| line.get(name).and_then(Value::as_u64).expect("a count")).sum()
    };
    assert_eq!(lines.len(), 4, "each minute of three and a bit, and at the end");
    assert_eq!(sum("ObjectsReEncrypted"), 50);
    assert_eq!(sum("RefusedMessages"), 1);
    assert_eq!(sum("ChunksDone"), 10);
    assert!(lines.iter().all(|line| line.get("Fleet") == Some(&"prod".into())));
}
