//! The local ports keep what the ports promise.

mod support;

use std::cell::RefCell;
use std::sync::Arc;

use reseal_core::Timestamp;
use reseal_core::ports::{ChunkStore, Ledger, Queue, ReportSink};
use reseal_local::{LocalPorts, StateDir};
use reseal_testkit::{SimClock, conformance};
use support::Scratch;

/// Fresh folders, kept until the suite is through.
#[derive(Default)]
struct Folders(RefCell<Vec<Scratch>>);

impl Folders {
    fn fresh(&self) -> LocalPorts {
        let scratch = Scratch::new();
        let ports = scratch.open();
        self.0.borrow_mut().push(scratch);
        ports
    }
}

#[tokio::test]
async fn ledger() {
    let folders = Folders::default();
    conformance::ledger(async || Arc::new(folders.fresh().ledger) as Arc<dyn Ledger>).await;
}

#[tokio::test(start_paused = true)]
async fn queue() {
    let clock = SimClock::new();
    let folders = Folders::default();
    let make = async || {
        let scratch = Scratch::new();
        let state = StateDir::open(scratch.path(), Timestamp::from_millis(0), "test");
        let ports = state.expect("the lock").work(Arc::new(clock)).expect("opens");
        folders.0.borrow_mut().push(scratch);
        Arc::new(ports.queue) as Arc<dyn Queue>
    };
    conformance::queue(&clock, conformance::Windows::default(), make).await;
}

#[tokio::test]
async fn chunk_store() {
    let folders = Folders::default();
    conformance::chunk_store(async || Arc::new(folders.fresh().chunks) as Arc<dyn ChunkStore>)
        .await;
}

#[tokio::test]
async fn report_sink() {
    let folders = Folders::default();
    conformance::report_sink(async || Arc::new(folders.fresh().report) as Arc<dyn ReportSink>)
        .await;
}
