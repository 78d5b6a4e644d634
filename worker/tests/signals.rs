//! Real signals to this very process: a test binary of its own.

#![cfg(unix)]

use std::process::Command;
use std::time::Duration;

use reseal_core::ports::Clock as _;
use reseal_worker::process::{Manners, SystemClock, obey};
use reseal_worker::stop_channel;

fn signal(name: &str) {
    let us = std::process::id().to_string();
    let sent = Command::new("kill").args([name, &us]).status().expect("kill runs");
    assert!(sent.success(), "kill {name}");
}

async fn moment() {
    SystemClock::new().sleep(Duration::from_millis(100)).await;
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
            moment().await;
            assert!(stop.is_asked());
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
    signal("-INT");
    tokio::select! {
        biased;
        ended = &mut obeying => ended.expect("signals are heard"),
        () = clock.sleep(Duration::from_secs(10)) => panic!("the second Ctrl-C ends it"),
    }
}
