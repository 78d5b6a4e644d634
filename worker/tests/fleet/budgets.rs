//! Whole engines under a limit that they keep together.

use std::time::Duration;

use reseal_core::ports::{BudgetKey, Budgets as _, JobLimits, WHOLE};
use reseal_core::{ChunkState, WorkerId};
use reseal_worker::{Meter, Ports, Settings, stop_channel};

use crate::world::{BUCKET, World};

#[tokio::test(start_paused = true)]
async fn two_engines_keep_one_limit_and_leave_nothing_behind() {
    let world = World::new(20, 50, Duration::from_millis(20)).await;
    let limits = JobLimits {
        objects_per_second: Some(50.0),
        writes_per_prefix: 3_500.0,
        reads_per_prefix: 5_500.0,
        kms_per_second: None,
        failed_share: 0.5,
    };
    world.fleet.set_limits(&world.job, &limits).await.expect("limits");
    world.send_all().await;
    let ports = Ports { budgets: Some(world.fleet.clone()), ..world.ports.clone() };
    let (stopper, stop) = stop_channel();
    let settings = |name: &str| Settings::new(WorkerId::new(name), 16);
    let (a, b) = (settings("a"), settings("b"));
    let (of_a, of_b) = (Meter::default(), Meter::default());
    let watched = async {
        world.seconds(15).await;
        for meter in [&of_a, &of_b] {
            let shares = meter.budget_shares();
            let (key, share) = &shares[0];
            assert_eq!(*key, BudgetKey::Job(world.job.clone()));
            assert!((WHOLE / 3..=WHOLE * 2 / 3).contains(share), "{shares:?}");
        }
        for sequence in 0..20 {
            world.until(sequence, |chunk| chunk.state == ChunkState::Done).await;
        }
        let took = world.ports.clock.monotonic().as_secs_f64();
        assert!((20.0..=24.0).contains(&took), "1,000 objects at 50/s took {took} s");
        stopper.stop();
    };
    let (a, b, ()) = tokio::join!(
        reseal_worker::run(&ports, &a, &of_a, &stop),
        reseal_worker::run(&ports, &b, &of_b, &stop),
        watched
    );
    a.expect("it stopped");
    b.expect("it stopped");
    assert!(of_a.read().re_encrypted > 300 && of_b.read().re_encrypted > 300);
    let bucket = BudgetKey::Bucket(world.job.clone(), BUCKET.parse().expect("a bucket"));
    for key in [BudgetKey::Job(world.job.clone()), bucket] {
        let budget = world.fleet.budget(&key).await.expect("a budget");
        assert!(budget.revision > 2 && budget.members.is_empty(), "{key}: {budget:?}");
    }
    assert_eq!(of_a.budget_shares(), vec![]);
}

/// Between two chunks a job's shares are kept; after the last they are left.
#[tokio::test(start_paused = true)]
async fn the_shares_of_a_job_that_is_over_are_left_while_the_engine_runs_on() {
    let world = World::new(1, 10, Duration::from_millis(20)).await;
    world.send_all().await;
    let ports = Ports { budgets: Some(world.fleet.clone()), ..world.ports.clone() };
    let (_stopper, stop) = stop_channel();
    let (settings, meter) = (Settings::new(WorkerId::new("a"), 16), Meter::default());
    let watched = async {
        world.until(0, |chunk| chunk.state == ChunkState::Done).await;
        assert_eq!(meter.budget_shares().len(), 2, "the job's and the bucket's");
        world.seconds(8).await;
        assert_eq!(meter.budget_shares(), vec![]);
        let budget = world.fleet.budget(&BudgetKey::Job(world.job.clone())).await;
        assert!(budget.expect("a budget").members.is_empty());
    };
    tokio::select! {
        ended = reseal_worker::run(&ports, &settings, &meter, &stop) => panic!("{ended:?}"),
        () = watched => {}
    }
}
