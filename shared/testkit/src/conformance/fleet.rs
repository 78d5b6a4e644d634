//! The suites of what a fleet keeps together.

use std::fmt::Debug;
use std::sync::Arc;

use reseal_core::WorkerId;
use reseal_core::ports::{
    Budget, BudgetKey, Budgets, JobLimits, LedgerError, LedgerErrorKind, Member, Roster,
    Stewardship, WHOLE, WorkerBeat,
};

use crate::build::{DAY_ZERO, bucket, job_id};

/// Runs the suite of budgets, each check on a store of its own.
///
/// # Panics
/// At the first sentence of the port that doesn't hold.
pub async fn budgets(make: impl AsyncFn() -> Arc<dyn Budgets>) {
    a_budget_is_written_by_its_revision(&*make().await).await;
    nobody_shares_out_more_than_the_whole(&*make().await).await;
    budgets_are_apart(&*make().await).await;
    the_last_limits_stand(&*make().await).await;
}

/// Runs the suite of the roster, each check on a store of its own.
///
/// # Panics
/// At the first sentence of the port that doesn't hold.
pub async fn roster(make: impl AsyncFn() -> Arc<dyn Roster>) {
    workers_are_listed_as_last_seen(&*make().await).await;
    one_office_is_taken_by_its_beat(&*make().await).await;
}

async fn a_budget_is_written_by_its_revision(budgets: &dyn Budgets) {
    let key = BudgetKey::Job(job_id("job-1"));
    assert_eq!(budgets.budget(&key).await, Ok(Budget::default()), "nothing yet");
    let mut budget = with(&[("a", 600_000), ("worker b/ü", 400_000)]);
    budgets.set_budget(&key, &budget).await.expect("writes");
    budget.revision = 1;
    assert_eq!(budgets.budget(&key).await, Ok(budget.clone()), "all members come back");
    for revision in [0, 2] {
        let stale = Budget { revision, ..with(&[("a", 1)]) };
        refused(budgets.set_budget(&key, &stale).await, "another revision");
    }
    assert_eq!(budgets.budget(&key).await, Ok(budget.clone()), "nothing was changed");
    let empty = Budget { revision: 1, ..Budget::default() };
    budgets.set_budget(&key, &empty).await.expect("members may leave");
    assert_eq!(budgets.budget(&key).await, Ok(Budget { revision: 2, ..empty }));
}

async fn nobody_shares_out_more_than_the_whole(budgets: &dyn Budgets) {
    let key = BudgetKey::Job(job_id("job-1"));
    let whole = with(&[("a", WHOLE / 2), ("b", WHOLE - WHOLE / 2)]);
    budgets.set_budget(&key, &whole).await.expect("the whole");
    let more = Budget { revision: 1, ..with(&[("a", WHOLE / 2), ("b", WHOLE / 2 + 1)]) };
    refused(budgets.set_budget(&key, &more).await, "one part too many");
}

async fn budgets_are_apart(budgets: &dyn Budgets) {
    let keys = [
        BudgetKey::Job(job_id("job-1")),
        BudgetKey::Job(job_id("job-2")),
        BudgetKey::Bucket(job_id("job-1"), bucket("bucket-a")),
        BudgetKey::Bucket(job_id("job-1"), bucket("bucket-b")),
    ];
    for (key, share) in keys.iter().zip(1..) {
        budgets.set_budget(key, &with(&[("a", share)])).await.expect("writes");
    }
    for (key, share) in keys.iter().zip(1..) {
        let expected = Budget { revision: 1, ..with(&[("a", share)]) };
        assert_eq!(budgets.budget(key).await, Ok(expected), "{key}");
    }
}

async fn the_last_limits_stand(budgets: &dyn Budgets) {
    let job = job_id("job-1");
    assert_eq!(budgets.limits(&job).await, Ok(None));
    let limits = JobLimits {
        objects_per_second: Some(0.125),
        writes_per_prefix: 3_500.0,
        reads_per_prefix: 5_500.0,
        kms_per_second: None,
        failed_share: 0.5,
    };
    let other = JobLimits { objects_per_second: None, kms_per_second: Some(1e5), ..limits };
    for limits in [limits, other] {
        budgets.set_limits(&job, &limits).await.expect("writes");
        assert_eq!(budgets.limits(&job).await, Ok(Some(limits)));
    }
    assert_eq!(budgets.limits(&job_id("job-2")).await, Ok(None), "jobs are apart");
}

async fn workers_are_listed_as_last_seen(roster: &dyn Roster) {
    assert_eq!(roster.workers().await, Ok(vec![]));
    let beat = |worker: &str, settled| WorkerBeat {
        worker: WorkerId::new(worker),
        seen_at: DAY_ZERO,
        started_at: DAY_ZERO,
        chunks: 2,
        settled,
        refused_messages: 1,
    };
    for said in [beat("b", 1), beat("a", 2), beat("b", 3)] {
        roster.beat(&said).await.expect("writes");
    }
    assert_eq!(roster.workers().await, Ok(vec![beat("a", 2), beat("b", 3)]));
}

async fn one_office_is_taken_by_its_beat(roster: &dyn Roster) {
    assert_eq!(roster.steward().await, Ok(Stewardship::default()));
    let (a, b) = (WorkerId::new("a"), WorkerId::new("b"));
    roster.take_office(&a, 0).await.expect("free");
    refused(roster.take_office(&b, 0).await, "the beat moved on");
    assert_eq!(roster.steward().await, Ok(Stewardship { holder: Some(a.clone()), beat: 1 }));
    roster.take_office(&a, 1).await.expect("one more sign of life");
    refused(roster.take_office(&b, 3).await, "a beat that never was");
    roster.take_office(&b, 2).await.expect("taken over");
    refused(roster.take_office(&a, 2).await, "the old holder's next");
    assert_eq!(roster.steward().await, Ok(Stewardship { holder: Some(b), beat: 3 }));
}

fn with(members: &[(&str, u32)]) -> Budget {
    let member = |share| Member { share, want: WHOLE, beat: 7 };
    let members = members.iter().map(|(name, share)| (WorkerId::new(*name), member(*share)));
    Budget { revision: 0, members: members.collect() }
}

#[track_caller]
fn refused<T: Debug>(result: Result<T, LedgerError>, what: &str) {
    match result {
        Err(error) if error.kind == LedgerErrorKind::Conflict => {}
        other => panic!("{what}: Conflict expected, not {other:?}"),
    }
}
