//! When a budget is used, and when it is given up.

use reseal_core::ports::WHOLE;
use reseal_testkit::build::job_id;

use super::super::hold::Grant;
use super::*;

fn hold(clock: &Arc<dyn Clock>, needs: &Arc<Needs>) -> Arc<Hold> {
    let key = BudgetKey::Bucket(job_id("job-1"), "bucket".parse().expect("a bucket"));
    Arc::new(Hold::shared(key, clock, Some(PaceSettings::default()), needs.clone()))
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_nobody_asks_for_is_given_up_and_asked_for_anew() {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let needs = Arc::new(Needs::default());
    let hold = hold(&clock, &needs);
    let lane = hold.lane(Kind::Writes);
    let using = hold.using();
    assert_eq!(needs.take().len(), 1);
    hold.grant(Grant { share: WHOLE / 2, until: Duration::MAX });
    clock.sleep(Duration::from_secs(3_600)).await;
    assert!(!hold.retires(), "somebody waits");
    drop(using);
    drop(hold.using());
    assert_eq!(needs.take().len(), 0, "kept already");
    clock.sleep(Duration::from_secs(29)).await;
    assert!(!hold.retires(), "just used");
    clock.sleep(Duration::from_secs(2)).await;
    assert!(hold.retires());
    assert_eq!((hold.share(), lane.rate()), (0, 0.0), "and nothing is used any more");
    let _using = hold.using();
    assert_eq!(needs.take().len(), 1);
}

/// A renewal that was under way when the job's last chunk went.
#[tokio::test(start_paused = true)]
async fn what_is_closed_stays_closed() {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let hold = hold(&clock, &Arc::default());
    let lane = hold.lane(Kind::Writes);
    hold.close();
    hold.grant(Grant { share: WHOLE, until: Duration::MAX });
    assert_eq!((hold.share(), lane.rate()), (0, 0.0));
    assert!(hold.retires());
}

/// An unlimited lane has no share of infinity: all or nothing.
#[tokio::test(start_paused = true)]
async fn no_limit_is_no_limit_with_any_share_and_nothing_without() {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let hold = hold(&clock, &Arc::default());
    let lane = hold.lane(Kind::Objects);
    assert!(lane.rate() <= 0.0);
    hold.grant(Grant { share: 1, until: Duration::MAX });
    assert!(lane.rate().is_infinite());
    for _ in 0..10_000 {
        lane.admit().await;
    }
    let limited = PaceSettings { objects_per_second: Some(100.0), ..PaceSettings::default() };
    hold.grant(Grant { share: WHOLE / 4, until: Duration::MAX });
    hold.set_limits(limited);
    assert!((lane.rate() - 25.0).abs() < 1e-9, "{}", lane.rate());
}
