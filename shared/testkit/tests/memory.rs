//! The in-memory ports keep what the ports promise.

use std::sync::Arc;
use std::time::Duration;

use reseal_core::ports::{Budgets, ChunkStore, Clock, Ledger, Queue, ReportSink, Roster};
use reseal_testkit::{
    MemoryChunks, MemoryFleet, MemoryLedger, MemoryQueue, MemoryReport, SimClock, conformance,
};

#[tokio::test]
async fn ledger() {
    conformance::ledger(async || Arc::new(MemoryLedger::new()) as Arc<dyn Ledger>).await;
}

#[tokio::test(start_paused = true)]
async fn queue() {
    let clock = Arc::new(SimClock::new());
    let make = async || Arc::new(MemoryQueue::new(clock.clone())) as Arc<dyn Queue>;
    conformance::queue(&*clock, conformance::Windows::default(), make).await;
}

#[tokio::test]
async fn what_a_fleet_keeps() {
    conformance::budgets(async || Arc::new(MemoryFleet::new()) as Arc<dyn Budgets>).await;
    conformance::roster(async || Arc::new(MemoryFleet::new()) as Arc<dyn Roster>).await;
}

#[tokio::test]
async fn chunk_store() {
    conformance::chunk_store(async || Arc::new(MemoryChunks::new()) as Arc<dyn ChunkStore>).await;
}

#[tokio::test]
async fn report_sink() {
    conformance::report_sink(async || Arc::new(MemoryReport::new()) as Arc<dyn ReportSink>).await;
}

#[tokio::test(start_paused = true)]
async fn virtual_time_passes_only_in_sleep() {
    let clock = SimClock::new();
    let start = (clock.now(), clock.monotonic());
    clock.sleep(Duration::from_secs(86_400)).await;
    assert_eq!(clock.now().since(start.0), Duration::from_secs(86_400));
    assert_eq!(clock.monotonic() - start.1, Duration::from_secs(86_400));
    assert_eq!((clock.now(), clock.monotonic()), (clock.now(), clock.monotonic()));
}
