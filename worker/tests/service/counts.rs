//! What an engine counts of itself.

use std::time::Duration;

use reseal_worker::{Meter, PaceSettings, Settings, stop_channel};

use crate::world::{World, settings};

const TRAVEL: Duration = Duration::from_millis(20);

/// Works for so long, with whoever watches, and drops the engine.
async fn work(world: &World, settings: &Settings, meter: &Meter, watching: impl Future) {
    let (_stopper, stop) = stop_channel();
    tokio::select! {
        biased;
        ended = reseal_worker::run(&world.ports, settings, meter, &stop) => ended.expect("runs"),
        _ = watching => {}
        () = world.ports.clock.sleep(Duration::from_secs(3_600)) => panic!("watched in vain"),
    }
}

#[tokio::test(start_paused = true)]
async fn chunks_are_held_while_they_are_worked_and_counted_when_they_are_not() {
    let world = World::new(TRAVEL).await.objects(12).await;
    let meter = Meter::default();
    let mut held = meter.held();
    let watching = async {
        held.any().await;
        held.none().await;
        world.ports.clock.sleep(world.long_enough()).await;
    };
    work(&world, &settings(), &meter, watching).await;
    let counts = meter.read();
    assert_eq!((counts.chunks_done, counts.chunks_released), (3, 0));
    assert_eq!(counts.re_encrypted, 12);
    assert_eq!(meter.held().now(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_engine_holds_nothing() {
    let world = World::new(TRAVEL).await.objects(12).await;
    let meter = Meter::default();
    let mut held = meter.held();
    work(&world, &settings(), &meter, held.any()).await;
    assert_eq!(meter.held().now(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_gives_back_what_is_held() {
    let world = World::new(TRAVEL).await.objects(100).await;
    let (meter, settings) = (Meter::default(), settings());
    let (stopper, stop) = stop_channel();
    let stopping = async {
        world.ports.clock.sleep(TRAVEL * 10).await;
        stopper.stop();
    };
    let engine = reseal_worker::run(&world.ports, &settings, &meter, &stop);
    let (ended, ()) = tokio::join!(engine, stopping);
    ended.expect("drains");
    let counts = meter.read();
    assert!(counts.chunks_released > 0, "{counts:?}");
    assert!(!world.open_chunks().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn latency_is_what_the_answer_took_and_not_the_wait_before_it() {
    let world = World::new(TRAVEL).await.objects(12).await;
    let meter = Meter::default();
    let mut slow = settings();
    slow.pace = PaceSettings { objects_per_second: Some(1.0), ..PaceSettings::default() };
    slow.pace.writes_per_prefix = 1.0;
    work(&world, &slow, &meter, world.ports.clock.sleep(world.long_enough())).await;
    let counts = meter.read();
    assert_eq!(counts.re_encrypted, 12);
    assert_eq!(counts.reads.count() + counts.writes.count(), counts.requests);
    assert!(counts.writes.count() >= 12, "{counts:?}");
    for reading in [counts.reads, counts.writes] {
        let each = reading.sum_seconds() / reading.count() as f64;
        assert!((0.02..0.06).contains(&each), "{each} s: a round trip, and no more");
    }
}
