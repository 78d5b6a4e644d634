//! When protection is asked for, and what an agent does to that.

use reseal_testkit::SeededRandom;
use serde_json::{Value, json};

use super::stub::{Mood, Stub};
use super::*;
use crate::Meter;
use crate::process::{SystemClock, SystemRandom};

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn plan() -> Plan {
    Plan::new(ProtectionTimes::default(), at(0))
}

#[test]
fn it_is_asked_for_with_the_first_chunk_and_renewed_before_it_expires() {
    let mut plan = plan();
    assert_eq!(plan.next(at(1), true), Next::Ask(true));
    plan.succeeded(true, at(1));
    assert_eq!(plan.next(at(2), true), Next::Wait(Some(at(1_201))));
    assert_eq!(plan.next(at(1_201), true), Next::Ask(true));
    assert!(at(1_201) < at(1) + plan.times.expires / 2);
}

#[test]
fn it_does_not_flap() {
    let mut plan = plan();
    plan.succeeded(true, at(1));
    assert_eq!(plan.next(at(100), false), Next::Wait(Some(at(110))));
    assert_eq!(plan.next(at(105), true), Next::Wait(Some(at(1_201))), "the next chunk came");
    assert_eq!(plan.next(at(106), false), Next::Wait(Some(at(116))), "and the count begins anew");
    assert_eq!(plan.next(at(116), false), Next::Ask(false));
    plan.succeeded(false, at(116));
    assert_eq!(plan.next(at(9_999), false), Next::Wait(None));
}

#[test]
fn what_a_former_container_left_behind_is_given_up() {
    let mut plan = plan();
    assert_eq!(plan.next(at(0), false), Next::Wait(Some(at(10))));
    assert_eq!(plan.next(at(10), false), Next::Ask(false));
}

#[test]
fn a_failure_is_repeated_with_pauses_and_another_wish_is_not_held_up() {
    let (mut plan, random) = (plan(), SeededRandom::new(1));
    plan.failed(true, at(1), "no".to_owned(), &random);
    let Next::Wait(Some(again)) = plan.next(at(1), true) else { panic!("a pause") };
    assert!(again > at(1) && again <= at(2), "{again:?}");
    assert_eq!(plan.next(again, true), Next::Ask(true));
    for _ in 0..20 {
        plan.failed(true, at(1), "no".to_owned(), &random);
    }
    let Next::Wait(Some(again)) = plan.next(at(1), true) else { panic!("a pause") };
    assert!(again >= at(31) && again <= at(61), "{again:?}");
    plan.idle_since = Some(at(1));
    assert_eq!(plan.next(at(12), false), Next::Ask(false), "a new wish is tried at once");
}

/// Far longer than an exchange takes on a machine that does other things too.
const LONG: Duration = Duration::from_secs(60);

/// Real sockets need real time: little of it where nothing goes wrong.
fn quick() -> ProtectionTimes {
    ProtectionTimes {
        linger: Duration::from_millis(150),
        patience: LONG,
        first_pause: Duration::from_millis(10),
        longest_pause: Duration::from_millis(50),
        ..ProtectionTimes::default()
    }
}

fn on() -> Value {
    json!({ "ProtectionEnabled": true, "ExpiresInMinutes": 60 })
}

fn off() -> Value {
    json!({ "ProtectionEnabled": false })
}

/// Lets `script` go on beside a task that is protected through this stub, and
/// then ends the protection within so long.
async fn protected<T>(
    stub: &Stub,
    (times, end): (ProtectionTimes, Duration),
    meter: &Meter,
    script: impl Future<Output = T>,
) -> T {
    let agent = EcsAgent::at(&stub.uri()).expect("an agent");
    let clock = SystemClock::new();
    let mut protection = Protection::new(&agent, &clock, &SystemRandom, times);
    let work = async {
        let done = tokio::select! {
            biased;
            never = protection.run(meter.held()) => match never {},
            done = script => done,
        };
        protection.end(end).await;
        done
    };
    tokio::select! {
        biased;
        never = stub.serve() => match never {},
        done = work => done,
        () = clock.sleep(LONG * 2) => panic!("heard only {:?}", stub.heard()),
    }
}

/// Waits until the stub heard so many requests.
async fn heard(stub: &Stub, count: usize) {
    while stub.heard().len() < count {
        SystemClock::new().sleep(Duration::from_millis(2)).await;
    }
}

/// Waits until it obliged so many times.
async fn obliged(stub: &Stub, count: usize) {
    while stub.obliged() < count {
        SystemClock::new().sleep(Duration::from_millis(2)).await;
    }
    // For the answer to be read: without it the end would ask again.
    SystemClock::new().sleep(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn a_task_is_protected_from_its_first_chunk_until_a_while_after_the_last() {
    let (stub, meter) = (Stub::new(&[]).await, Meter::default());
    let times = ProtectionTimes { linger: Duration::from_secs(1), ..quick() };
    let clock = SystemClock::new();
    let script = async {
        for _ in 0..3 {
            let _held = meter.hold();
            heard(&stub, 1).await;
        }
        let began = clock.monotonic();
        heard(&stub, 2).await;
        let lingered = clock.monotonic() - began;
        obliged(&stub, 2).await;
        lingered
    };
    let lingered = protected(&stub, (times, LONG), &meter, script).await;
    assert_eq!(stub.heard(), [on(), off()], "and nothing more at the end");
    assert!(lingered >= Duration::from_millis(900), "{lingered:?}");
}

#[tokio::test]
async fn it_is_renewed_while_anything_is_held_and_given_up_at_the_end() {
    let (stub, meter) = (Stub::new(&[]).await, Meter::default());
    let times = ProtectionTimes { renew_every: Duration::from_millis(30), ..quick() };
    let _held = meter.hold();
    protected(&stub, (times, LONG), &meter, heard(&stub, 3)).await;
    let heard = stub.heard();
    let (last, before) = heard.split_last().expect("requests");
    assert_eq!(*last, off());
    assert!(before.len() >= 3 && before.iter().all(|wish| *wish == on()), "{before:?}");
}

#[tokio::test]
async fn whatever_an_agent_does_it_is_asked_again_until_it_obliges() {
    let moods = [Mood::Failure, Mood::Denied, Mood::Silent, Mood::Gone];
    let (stub, meter) = (Stub::new(&moods).await, Meter::default());
    let script = async {
        let _held = meter.hold();
        obliged(&stub, 1).await;
        // Long enough for it to ask again, were it not content.
        SystemClock::new().sleep(Duration::from_millis(120)).await;
    };
    let times = ProtectionTimes { patience: Duration::from_secs(3), ..quick() };
    protected(&stub, (times, LONG), &meter, script).await;
    let expected: Vec<Value> = std::iter::repeat_n(on(), 5).chain([off()]).collect();
    assert_eq!(stub.heard(), expected, "five times, and then it was content");
}

#[tokio::test]
async fn an_agent_that_is_silent_or_not_there_does_not_hold_up_the_end() {
    let (stub, meter) = (Stub::new(&[Mood::Silent; 9]).await, Meter::default());
    let clock = SystemClock::new();
    let began = clock.monotonic();
    let _held = meter.hold();
    let soon = Duration::from_millis(200);
    protected(&stub, (quick(), soon), &meter, heard(&stub, 1)).await;
    let took = clock.monotonic() - began;
    assert!(took < LONG / 2, "{took:?}");

    let agent = EcsAgent::at("http://127.0.0.1:1/api").expect("an agent");
    let mut protection = Protection::new(&agent, &clock, &SystemRandom, quick());
    tokio::select! {
        biased;
        never = protection.run(meter.held()) => match never {},
        () = clock.sleep(Duration::from_millis(100)) => {}
    }
    let began = clock.monotonic();
    protection.end(soon).await;
    let took = clock.monotonic() - began;
    assert!(took < LONG / 2, "{took:?}");
}
