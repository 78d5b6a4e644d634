//! Finding the job that a command resumes, and keeping other jobs out.

use std::sync::Arc;
use std::time::Duration;

use reseal_core::ports::{Ledger as _, Queue as _, WorkItem};
use reseal_core::{AclTerms, BucketTerms, Capabilities, ChunkId, JobId, JobState, Versioning};
use reseal_testkit::build::{JobBuilder, bucket};
use reseal_testkit::{MemoryLedger, MemoryQueue, SeededRandom, SimClock};

use super::job::ResumeError;
use super::*;
use crate::retry::Patience;

fn id(text: &str) -> JobId {
    text.parse().expect("an id")
}

#[tokio::test(start_paused = true)]
async fn the_latest_unfinished_job_with_the_same_fingerprint_is_resumed() {
    let ledger = MemoryLedger::new();
    let (clock, random) = (SimClock::new(), SeededRandom::new(1));
    let patience = Patience { clock: &clock, random: &random };
    for (name, state) in [
        ("job-1", JobState::Running),
        ("job-2", JobState::Planned),
        ("job-3", JobState::Finished),
        ("job-4", JobState::Cancelled),
    ] {
        let job = JobBuilder::new(name).state(state).build();
        ledger.create_job(&job).await.expect("creates");
    }
    let other = JobBuilder::new("job-5").spec(|spec| spec.region = "eu-west-1".to_owned()).build();
    ledger.create_job(&other).await.expect("creates");
    let wanted = JobBuilder::new("x").build().fingerprint;
    let found = find_unfinished(&ledger, &wanted, patience).await.expect("reads");
    assert_eq!(found.map(|job| job.id), Some(id("job-2")));
    let nothing = JobBuilder::new("x").spec(|spec| spec.region = "x".to_owned()).build();
    let found = find_unfinished(&ledger, &nothing.fingerprint, patience).await.expect("reads");
    assert_eq!(found, None);
}

#[test]
fn a_job_does_not_go_on_where_it_lost_what_it_relies_on() {
    let as_documented = BucketTerms {
        capabilities: Capabilities::documented(),
        versioning: Versioning::Enabled,
        acls: AclTerms::Ignored,
    };
    let job = JobBuilder::new("job").terms("bucket", as_documented.clone()).build();
    let terms = |change: fn(&mut Capabilities)| {
        let mut terms = as_documented.clone();
        change(&mut terms.capabilities);
        [(bucket("bucket"), terms)].into_iter().collect()
    };
    assert_eq!(still_as_probed(&job, &job.owner, &terms(|_| {})), Ok(()));
    for change in [
        (|c| c.update = false) as fn(&mut Capabilities),
        |c| c.destination_guard = false,
        |c| c.bucket_key_reported = false,
        |c| c.parts = false,
        |c| c.parts_guard = false,
    ] {
        let lost = still_as_probed(&job, &job.owner, &terms(change));
        assert!(matches!(lost, Err(ResumeError::Lost { .. })));
    }
    // What a copy replaces is lost by now, and the job doesn't know.
    let suspended = BucketTerms { versioning: Versioning::Suspended, ..as_documented.clone() };
    let suspended = [(bucket("bucket"), suspended)].into_iter().collect();
    let lost = still_as_probed(&job, &job.owner, &suspended);
    assert!(matches!(lost, Err(ResumeError::Lost { .. })));
    let other = "999999999999".parse().expect("an account");
    let owner = still_as_probed(&job, &other, &terms(|_| {}));
    assert!(matches!(owner, Err(ResumeError::Owner { .. })));
}

#[tokio::test(start_paused = true)]
async fn messages_of_other_jobs_are_dropped_unseen() {
    let inner = Arc::new(MemoryQueue::new(Arc::new(SimClock::new())));
    let chunk = ChunkId { source: 0, sequence: 0 };
    let items = ["job-1", "job-2", "job-1"].map(|job| WorkItem { job: id(job), chunk });
    inner.send(&items).await.expect("sends");
    inner.send_raw("nonsense");
    let own = OwnQueue::new(inner.clone(), id("job-1"));
    let received = own.receive(10, Duration::from_secs(1)).await.expect("receives");
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|delivery| !delivery.body.contains("job-2")));
    assert_eq!(inner.depth(), 3);
}

#[tokio::test(start_paused = true)]
async fn job_ids_sort_by_time() {
    let (clock, random) = (SimClock::new(), SeededRandom::new(1));
    let first = fresh_id(&clock, &random).expect("an id");
    assert!(first.as_str().starts_with("20261121T000000-"), "{first}");
}
