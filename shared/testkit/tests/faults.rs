//! The faults do what they say, and no more.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use reseal_core::JobId;
use reseal_core::ports::{Ledger, LedgerErrorKind, Queue, WorkItem};
use reseal_testkit::build::{JobBuilder, chunk_id, job_id};
use reseal_testkit::{
    Dice, FaultRates, FaultyLedger, MemoryLedger, MemoryQueue, SeededRandom, SimClock, conformance,
};

fn dice(seed: u64, rates: FaultRates) -> Dice {
    Dice::new(Arc::new(SeededRandom::new(seed)), rates)
}

/// Whether the call failed with that kind, and whether it took effect.
async fn create_under(rates: FaultRates) -> (Option<LedgerErrorKind>, bool) {
    let inner = Arc::new(MemoryLedger::new());
    let faulty = FaultyLedger::new(inner.clone(), dice(1, rates));
    let job = JobBuilder::new("job-1").build();
    let failed = faulty.create_job(&job).await.err().map(|error| error.kind);
    (failed, inner.job(&job.id).await.expect("reads").is_some())
}

#[tokio::test]
async fn a_fault_comes_before_the_effect_or_after_it() {
    let none = FaultRates::default();
    let throttled = FaultRates { throttled: 1.0, ..none };
    let unavailable = FaultRates { unavailable: 1.0, ..none };
    let conflict = FaultRates { conflict: 1.0, ..none };
    let request = FaultRates { lost_request: 1.0, ..none };
    let reply = FaultRates { lost_reply: 1.0, ..none };
    assert_eq!(create_under(none).await, (None, true));
    assert_eq!(create_under(throttled).await, (Some(LedgerErrorKind::Throttled), false));
    assert_eq!(create_under(unavailable).await, (Some(LedgerErrorKind::Unavailable), false));
    assert_eq!(create_under(conflict).await, (Some(LedgerErrorKind::Conflict), false));
    assert_eq!(create_under(request).await, (Some(LedgerErrorKind::Ambiguous), false));
    assert_eq!(create_under(reply).await, (Some(LedgerErrorKind::Ambiguous), true));
}

#[tokio::test]
async fn a_seed_replays_and_a_stop_ends_it() {
    let run = async |seed| {
        let dice = dice(seed, FaultRates::evenly(0.1));
        let faulty = FaultyLedger::new(Arc::new(MemoryLedger::new()), dice.clone());
        let job = |index: u32| JobBuilder::new(&format!("job-{index}")).build();
        let mut kinds = Vec::new();
        for index in 0..200 {
            kinds.push(faulty.create_job(&job(index)).await.err().map(|error| error.kind));
        }
        dice.stop();
        for index in 200..400 {
            faulty.create_job(&job(index)).await.expect("no faults any more");
        }
        kinds
    };
    let trace = run(7).await;
    assert_eq!(trace, run(7).await);
    assert_ne!(trace, run(8).await);
    let faults = trace.iter().flatten().count();
    assert!((60..140).contains(&faults), "{faults} faults at five times one in ten");
}

#[tokio::test]
async fn without_faults_the_wrapper_is_the_ledger() {
    let dice = dice(1, FaultRates::default());
    let make = async || {
        let faulty = FaultyLedger::new(Arc::new(MemoryLedger::new()), dice.clone());
        Arc::new(faulty) as Arc<dyn Ledger>
    };
    conformance::ledger(make).await;
}

#[tokio::test(start_paused = true)]
async fn an_unruly_queue_reorders_and_repeats_but_loses_nothing() {
    let clock = Arc::new(SimClock::new());
    let queue = MemoryQueue::unruly(clock, Arc::new(SeededRandom::new(3)));
    let job: JobId = job_id("job-1");
    let items: Vec<WorkItem> =
        (0..40).map(|n| WorkItem { job: job.clone(), chunk: chunk_id(0, n) }).collect();
    queue.send(&items).await.expect("sends");
    queue.send_raw("not ours");
    let mut bodies = Vec::new();
    for _ in 0..200 {
        let page = queue.receive(3, Duration::from_secs(30)).await.expect("receives");
        bodies.extend(page.into_iter().map(|delivery| delivery.body));
    }
    let once: BTreeSet<&String> = bodies.iter().collect();
    assert_eq!(once.len(), 41, "each at least once");
    assert!(bodies.len() > 41, "some again, within the window");
    let sent: Vec<String> = items.iter().map(WorkItem::encode).collect();
    assert_ne!(bodies[..40], sent, "in another order");
    assert_eq!(queue.depth(), 41);
    queue.purge();
    assert_eq!(queue.depth(), 0);
}
