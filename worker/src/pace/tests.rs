use reseal_core::ObjectKey;
use reseal_testkit::SimClock;

use super::*;

fn pacer(settings: PaceSettings) -> (Arc<dyn Clock>, Pacer) {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let pacer = Pacer::new(&clock, settings);
    (clock, pacer)
}

fn object(key: &str) -> ObjectRef {
    ObjectRef {
        bucket: "bucket".parse().expect("a bucket"),
        key: ObjectKey::new(key).expect("a key"),
        version: None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_lane_holds_its_rate_and_uses_it_up() {
    let settings = PaceSettings { writes_per_prefix: 200.0, ..PaceSettings::default() };
    let (clock, pacer) = pacer(settings);
    let object = object("a/b");
    for _ in 0..2_000 {
        pacer.admit(&object, Cost::Write).await;
    }
    let seconds = clock.monotonic().as_secs_f64();
    assert!((9.8..=10.1).contains(&seconds), "2,000 requests at 200/s took {seconds} s");
}

#[tokio::test(start_paused = true)]
async fn prefixes_and_directions_do_not_share_a_lane() {
    let settings =
        PaceSettings { writes_per_prefix: 10.0, reads_per_prefix: 10.0, ..PaceSettings::default() };
    let (clock, pacer) = pacer(settings);
    let (a, b) = (object("a/x"), object("b/x"));
    for _ in 0..50 {
        pacer.admit(&a, Cost::Write).await;
        pacer.admit(&b, Cost::Write).await;
        pacer.admit(&a, Cost::Read).await;
    }
    let seconds = clock.monotonic().as_secs_f64();
    assert!(seconds < 5.1, "three lanes of 10/s took {seconds} s for 50 requests each");
}

#[tokio::test(start_paused = true)]
async fn key_calls_are_counted_by_number() {
    let settings = PaceSettings { kms_per_second: Some(10.0), ..PaceSettings::default() };
    let (clock, pacer) = pacer(settings);
    for _ in 0..50 {
        pacer.admit(&object("a"), Cost::WriteWithKey(2)).await;
    }
    let seconds = clock.monotonic().as_secs_f64();
    assert!((9.5..=10.5).contains(&seconds), "100 key calls at 10/s took {seconds} s");
}

#[tokio::test(start_paused = true)]
async fn throttling_slows_a_lane_gently_and_calm_brings_it_back() {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let lane = Lane::new(&clock, 1_000.0);
    for _ in 0..100 {
        lane.slow_down();
    }
    assert!((lock(&lane.state).rate - 950.0).abs() < 0.1, "one bad interval counts once");
    for _ in 0..200 {
        clock.sleep(BAD_INTERVAL).await;
        lane.slow_down();
    }
    assert!(lock(&lane.state).rate >= SLOWEST);
    clock.sleep(Duration::from_secs(120)).await;
    lane.admit().await;
    assert!((lock(&lane.state).rate - 1_000.0).abs() < f64::EPSILON);
}

#[tokio::test(start_paused = true)]
async fn a_million_prefixes_do_not_cost_a_million_lanes() {
    let (_clock, pacer) = pacer(PaceSettings::default());
    for n in 0..10_000 {
        pacer.lane(&object(&format!("p{n}/x")), Direction::Write);
    }
    let lanes: usize = lock(&pacer.prefixes).values().map(BTreeMap::len).sum();
    assert!(lanes <= 2 * GROUPS_PER_BUCKET + 2, "{lanes}");
}
