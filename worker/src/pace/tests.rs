mod fleet;
mod holds;
mod shared_lanes;

use std::time::Duration;

use reseal_core::ObjectKey;
use reseal_testkit::SimClock;

use super::lane::Ceiling;
use super::*;

const SLOW_DOWN: Option<StoreErrorKind> = Some(StoreErrorKind::Throttled(Throttler::ObjectStore));

fn pacer(settings: PaceSettings) -> (Arc<dyn Clock>, Pacer) {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let pacer = Pacer::alone(&clock, settings);
    (clock, pacer)
}

fn lasting(rate: f64) -> Ceiling {
    Ceiling { rate, until: Duration::MAX }
}

fn object(key: &str) -> ObjectRef {
    ObjectRef {
        bucket: "bucket".parse().expect("a bucket"),
        key: ObjectKey::new(key).expect("a key"),
        version: None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_lane_holds_its_ceiling_and_uses_it_up() {
    let settings = PaceSettings { writes_per_prefix: 200.0, ..PaceSettings::default() };
    let (clock, pacer) = pacer(settings);
    let object = object("a/b");
    for _ in 0..2_000 {
        pacer.admit(&object, Cost::Write).await.answered(None);
    }
    let seconds = clock.monotonic().as_secs_f64();
    assert!((9.8..=10.1).contains(&seconds), "2,000 requests at 200/s took {seconds} s");
}

/// Slow lanes lose nothing to timers that come late, and fast ones neither.
#[tokio::test(start_paused = true)]
async fn a_lane_of_any_speed_is_used_up() {
    for rate in [0.7, 3.0, 19.9, 33.3, 49.9, 66.6, 99.9, 166.7, 999.0, 3_500.0] {
        let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
        let lane = Lane::fixed(&clock, lasting(rate));
        let tokens = (rate * 20.0) as u32;
        for _ in 0..tokens {
            lane.admit().await;
        }
        // The first one is there at once.
        let used = f64::from(tokens - 1) / clock.monotonic().as_secs_f64() / rate;
        assert!((0.98..=1.005).contains(&used), "{used:.3} of {rate}/s");
    }
}

#[tokio::test(start_paused = true)]
async fn prefixes_and_directions_do_not_share_a_lane() {
    let settings =
        PaceSettings { writes_per_prefix: 10.0, reads_per_prefix: 10.0, ..PaceSettings::default() };
    let (clock, pacer) = pacer(settings);
    let (a, b) = (object("a/x"), object("b/x"));
    for _ in 0..50 {
        pacer.admit(&a, Cost::Write).await.answered(None);
        pacer.admit(&b, Cost::Write).await.answered(None);
        pacer.admit(&a, Cost::Read).await.answered(None);
    }
    let seconds = clock.monotonic().as_secs_f64();
    assert!(seconds < 5.1, "three lanes of 10/s took {seconds} s for 50 requests each");
}

#[tokio::test(start_paused = true)]
async fn key_calls_are_counted_by_number() {
    let settings = PaceSettings { kms_per_second: Some(10.0), ..PaceSettings::default() };
    let (clock, pacer) = pacer(settings);
    for _ in 0..50 {
        pacer.admit(&object("a"), Cost::WriteWithKey(2)).await.answered(None);
    }
    let seconds = clock.monotonic().as_secs_f64();
    assert!((9.5..=10.5).contains(&seconds), "100 key calls at 10/s took {seconds} s");
}

#[tokio::test(start_paused = true)]
async fn the_rate_of_the_job_is_kept_whatever_the_server_says() {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let lane = Lane::fixed(&clock, lasting(100.0));
    lane.throttled();
    clock.sleep(Duration::from_secs(60)).await;
    lane.admit().await;
    assert!((lane.rate() - 100.0).abs() < f64::EPSILON);
}

/// A server that takes so many requests a second, counted in tenths.
struct Server {
    limit: u32,
    tenth: u128,
    taken: u32,
}

impl Server {
    fn takes(&mut self, now: Duration) -> bool {
        let tenth = now.as_millis() / 100;
        if tenth != self.tenth {
            (self.tenth, self.taken) = (tenth, 0);
        }
        self.taken += 1;
        self.taken <= self.limit / 10
    }
}

/// Sends for so long; the accepted requests per second after the first five
/// seconds, and the share of refusals over all.
async fn send_for(limit: u32, seconds: u64) -> (f64, f64) {
    let (clock, pacer) = pacer(PaceSettings::default());
    let mut server = Server { limit, tenth: 0, taken: 0 };
    let object = object("a/b");
    let (mut taken, mut late, mut refused) = (0u32, 0u32, 0u32);
    while clock.monotonic() < Duration::from_secs(seconds) {
        let admission = pacer.admit(&object, Cost::Write).await;
        let now = clock.monotonic();
        if server.takes(now) {
            admission.answered(None);
            taken += 1;
            late += u32::from(now >= Duration::from_secs(5));
        } else {
            admission.answered(SLOW_DOWN);
            refused += 1;
        }
    }
    let share = f64::from(refused) / f64::from(taken + refused);
    (f64::from(late) / (seconds - 5) as f64, share)
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_nobody_named_is_found_and_held() {
    for limit in [200, 1_000, 3_000] {
        let (rate, refused) = send_for(limit, 65).await;
        let share = rate / f64::from(limit);
        assert!(share >= 0.95, "{share:.3} of a limit of {limit}/s");
        assert!(refused <= 0.02, "{refused:.4} of the answers to {limit}/s were refusals");
    }
}

#[tokio::test(start_paused = true)]
async fn calm_brings_a_lane_back() {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let lane = Lane::looking(&clock, lasting(1_000.0));
    lane.throttled();
    assert!(lane.rate() < 500.0);
    for _ in 0..4_000 {
        clock.sleep(Duration::from_millis(50)).await;
        lane.admit().await;
        lane.accepted();
    }
    assert!((lane.rate() - 1_000.0).abs() < f64::EPSILON, "{}", lane.rate());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_throttles_slows_every_prefix() {
    let (_clock, pacer) = pacer(PaceSettings::default());
    let before = pacer.keys.rate();
    let kms = Some(StoreErrorKind::Throttled(Throttler::KeyService));
    let admission = pacer.admit(&object("a/b"), Cost::WriteWithKey(1)).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    admission.answered(kms);
    assert!(pacer.keys.rate() < before);
}

#[tokio::test(start_paused = true)]
async fn a_million_prefixes_do_not_cost_a_million_lanes() {
    let (_clock, pacer) = pacer(PaceSettings::default());
    for n in 0..10_000 {
        pacer.group(&object(&format!("p{n}/x")));
    }
    assert!(pacer.groups() <= GROUPS_PER_BUCKET + 1, "{}", pacer.groups());
}
