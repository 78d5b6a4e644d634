//! Lanes whose ceiling moves.

use super::*;

fn ceiling(rate: f64, until: Duration) -> Ceiling {
    Ceiling { rate, until }
}

const LONG: Duration = Duration::MAX;

async fn admitted_within(clock: &Arc<dyn Clock>, lane: &Lane, time: Duration) -> u32 {
    let mut admitted = 0;
    let over = clock.sleep(time);
    tokio::pin!(over);
    loop {
        tokio::select! {
            biased;
            () = &mut over => return admitted,
            () = lane.admit() => admitted += 1,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_passes_without_a_ceiling_and_waiters_wake_when_it_rises() {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let lane = Lane::fixed(&clock, ceiling(0.0, LONG));
    assert_eq!(admitted_within(&clock, &lane, Duration::from_secs(60)).await, 0);
    let rising = async {
        clock.sleep(Duration::from_secs(1)).await;
        lane.set_ceiling(ceiling(100.0, LONG));
        clock.sleep(Duration::from_secs(1)).await;
    };
    let (admitted, ()) =
        tokio::join!(admitted_within(&clock, &lane, Duration::from_secs(2)), rising);
    assert!((98..=101).contains(&admitted), "{admitted}");
}

#[tokio::test(start_paused = true)]
async fn a_ceiling_that_ran_out_admits_nothing() {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let lane = Lane::fixed(&clock, ceiling(100.0, Duration::from_secs(3)));
    let admitted = admitted_within(&clock, &lane, Duration::from_secs(60)).await;
    assert!((298..=303).contains(&admitted), "{admitted}");
    lane.set_ceiling(ceiling(100.0, clock.monotonic() + Duration::from_secs(2)));
    let admitted = admitted_within(&clock, &lane, Duration::from_secs(60)).await;
    assert!((198..=202).contains(&admitted), "{admitted}");
}

/// A lane that rested has its burst. Moved ten times a second, it must not
/// have ten of them.
#[tokio::test(start_paused = true)]
async fn moving_a_ceiling_gives_no_token_away() {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let lane = Lane::fixed(&clock, ceiling(1_000.0, LONG));
    let moving = async {
        for n in 0..100 {
            clock.sleep(Duration::from_millis(100)).await;
            lane.set_ceiling(ceiling(1_000.0 + f64::from(n % 2), LONG));
        }
    };
    let (admitted, ()) =
        tokio::join!(admitted_within(&clock, &lane, Duration::from_secs(10)), moving);
    assert!((9_700..=10_050).contains(&admitted), "{admitted}");
}

#[tokio::test(start_paused = true)]
async fn what_a_lane_learnt_outlives_a_lost_share() {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let lane = Lane::looking(&clock, ceiling(1_000.0, LONG));
    lane.throttled();
    let learnt = lane.rate();
    assert!(learnt < 500.0);
    lane.set_ceiling(ceiling(0.0, LONG));
    // An answer to what was sent before.
    clock.sleep(Duration::from_secs(1)).await;
    lane.throttled();
    lane.set_ceiling(ceiling(1_000.0, LONG));
    assert!((lane.rate() - learnt).abs() < 1.0, "{}", lane.rate());
    lane.set_ceiling(ceiling(50.0, LONG));
    assert!((lane.rate() - 50.0).abs() < f64::EPSILON, "{}", lane.rate());
    lane.throttled();
    assert!(lane.rate() < 50.0, "slower still, where the server asks for it");
}

#[tokio::test(start_paused = true)]
async fn less_than_one_a_second_is_kept_too() {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let lane = Lane::fixed(&clock, ceiling(0.125, LONG));
    let admitted = admitted_within(&clock, &lane, Duration::from_secs(80)).await;
    assert!((9..=11).contains(&admitted), "{admitted}");
}

#[tokio::test(start_paused = true)]
async fn only_waiting_for_the_ceiling_counts_as_hunger() {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let second = Duration::from_secs(1);
    let lane = Lane::fixed(&clock, ceiling(100.0, LONG));
    admitted_within(&clock, &lane, second).await;
    assert!(lane.used().waited > second.mul_f64(0.9), "{:?}", lane.used());
    lane.count_anew();
    for _ in 0..50 {
        clock.sleep(Duration::from_millis(20)).await;
        lane.admit().await;
    }
    assert!(lane.used().waited < second.mul_f64(0.1), "{:?}", lane.used());
    assert_eq!(lane.used().admitted, 50);
    // As slow as the server wants it: a larger share would be of no use.
    let throttled = Lane::looking(&clock, ceiling(100.0, LONG));
    throttled.throttled();
    admitted_within(&clock, &throttled, second).await;
    assert!(throttled.used().waited < second.mul_f64(0.1), "{:?}", throttled.used());
}
