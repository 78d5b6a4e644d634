//! Jobs: created once, then moved by revision.

use reseal_core::ports::Ledger;
use reseal_core::{JobId, JobState, KeyTrouble, PauseReason};

use super::refused;
use crate::build::{JobBuilder, job_id};

pub(super) async fn ids_are_taken_once(ledger: &dyn Ledger) {
    let job = JobBuilder::new("job-1").bucket("second").state(JobState::Planned).build();
    assert_eq!(ledger.job(&job.id).await, Ok(None), "an unknown job");
    ledger.create_job(&job).await.expect("a free id");
    assert_eq!(ledger.job(&job.id).await, Ok(Some(job.clone())), "what was written is read");

    refused(ledger.create_job(&job).await, "creating it again");
    let other = JobBuilder::new("job-1").build();
    refused(ledger.create_job(&other).await, "another job of the same id");
    assert_eq!(ledger.job(&job.id).await, Ok(Some(job)), "a refused job changes nothing");
}

pub(super) async fn pages_go_by_id(ledger: &dyn Ledger) {
    for id in ["job-b", "job-Z", "job-a", "job-10", "job-9"] {
        ledger.create_job(&JobBuilder::new(id).build()).await.expect("creates");
    }
    let page = async |after: Option<&JobId>, limit| -> Vec<String> {
        let jobs = ledger.jobs(after, limit).await.expect("reads");
        jobs.into_iter().map(|job| job.id.as_str().to_owned()).collect()
    };
    assert_eq!(page(None, 3).await, ["job-10", "job-9", "job-Z"]);
    assert_eq!(page(Some(&job_id("job-Z")), 3).await, ["job-a", "job-b"]);
    assert_eq!(page(Some(&job_id("job-aa")), 1).await, ["job-b"], "`after` needs not exist");
    assert!(page(Some(&job_id("job-b")), 3).await.is_empty());
}

pub(super) async fn states_follow_revisions(ledger: &dyn Ledger) {
    let job = JobBuilder::new("job-1").state(JobState::Planned).build();
    ledger.create_job(&job).await.expect("creates");
    ledger.set_job_state(&job.id, 0, JobState::Running).await.expect("the right revision");

    refused(ledger.set_job_state(&job.id, 0, JobState::Running).await, "the same write again");
    refused(ledger.set_job_state(&job.id, 0, JobState::Cancelled).await, "a stale revision");
    refused(ledger.set_job_state(&job.id, 2, JobState::Cancelled).await, "a future revision");
    refused(ledger.set_job_state(&job_id("none"), 0, JobState::Running).await, "no such job");

    let mut expected = job;
    (expected.state, expected.revision) = (JobState::Running, 1);
    let found = ledger.job(&expected.id).await;
    assert_eq!(found, Ok(Some(expected)), "only state and revision moved, and once");
    assert_eq!(ledger.job(&job_id("none")).await, Ok(None), "a refused write creates nothing");
}

pub(super) async fn states_follow_the_lifecycle(ledger: &dyn Ledger) {
    let job = JobBuilder::new("job-1").state(JobState::Planned).build();
    let id = &job.id;
    ledger.create_job(&job).await.expect("creates");
    refused(ledger.set_job_state(id, 0, JobState::Finished).await, "a plan can't finish");

    let key = JobState::Paused(PauseReason::Key(KeyTrouble::Disabled));
    let asked = JobState::Paused(PauseReason::Requested);
    for (revision, state) in [
        (0, JobState::Running),
        (1, JobState::Running),
        (2, key),
        (3, key),
        (4, JobState::Running),
        (5, JobState::Paused(PauseReason::Credentials)),
        (6, JobState::Finished),
    ] {
        let moved = ledger.set_job_state(id, revision, state).await;
        moved.unwrap_or_else(|e| panic!("to {state:?}: {e}"));
        let found = ledger.job(id).await.expect("reads").expect("the job is there");
        assert_eq!((found.state, found.revision), (state, revision + 1));
        if state == key {
            let first_reason_stays = ledger.set_job_state(id, revision + 1, asked).await;
            refused(first_reason_stays, "a second reason for a pause");
        }
    }
    for state in [JobState::Planned, JobState::Running, asked, JobState::Cancelled] {
        refused(ledger.set_job_state(id, 7, state).await, "after the end");
    }
}
