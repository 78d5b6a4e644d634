//! Real signals to this very process: a test binary of its own.

#![cfg(unix)]

use std::process::Command;
use std::time::Duration;

use reseal_core::ports::Clock as _;
use reseal_worker::process::{Manners, SystemClock, obey};
use reseal_worker::stop_channel;

/// Ends what hangs.
const LONG: Duration = Duration::from_secs(120);

fn signal(name: &str) {
    let us = std::process::id().to_string();
    let sent = Command::new("kill").args([name, &us]).status().expect("kill runs");
    assert!(sent.success(), "kill {name}");
}

async fn moment() {
    SystemClock::new().sleep(Duration::from_millis(100)).await;
}

/// Waits until it is so: a signal needs time to arrive, on a busy machine more.
async fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let clock = SystemClock::new();
    let end = clock.monotonic() + LONG;
    while !is_so() {
        assert!(clock.monotonic() < end, "{what}");
        moment().await;
    }
}

#[tokio::test]
async fn a_service_stops_gently_however_often_it_is_told_to_terminate() {
    let (clock, (stopper, stop)) = (SystemClock::new(), stop_channel());
    let script = async {
        // Its handlers are in place by now: before, a signal would end us.
        moment().await;
        assert!(!stop.is_asked());
        for _ in 0..3 {
            signal("-TERM");
            wait_until("it is told to stop", || stop.is_asked()).await;
            moment().await;
        }
        signal("-INT");
        moment().await;
    };
    let obeying = obey(&stopper, Manners::Service);
    tokio::pin!(obeying);
    tokio::select! {
        biased;
        ended = &mut obeying => panic!("it must not end yet: {ended:?}"),
        () = script => {}
    }
    // Again and again: one that comes before the last was heard is one with it.
    let insisting = async {
        loop {
            signal("-INT");
            moment().await;
        }
    };
    tokio::select! {
        biased;
        ended = &mut obeying => ended.expect("signals are heard"),
        () = clock.sleep(LONG) => panic!("the second Ctrl-C ends it"),
        never = insisting => never,
    }
}
