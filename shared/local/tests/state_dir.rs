//! Opening the folder: the lock, the version, recovery, and looking on.

mod support;

use std::sync::Arc;
use std::time::Duration;

use reseal_core::ports::{
    ChunkStore, Claim, Ledger, LedgerErrorKind, Queue, ReportSink, SegmentName, WorkItem,
};
use reseal_core::{ChunkState, Epoch, JobState, Outcome, WorkerId};
use reseal_local::{LocalPorts, OpenError, StateDir};
use reseal_testkit::SimClock;
use reseal_testkit::build::{
    self, ChunkBuilder, DAY_ZERO, JobBuilder, OutcomeBuilder, chunk_id, job_id, open_upload,
};
use support::Scratch;

fn take(scratch: &Scratch, what: &str) -> Result<StateDir, OpenError> {
    StateDir::open(scratch.path(), DAY_ZERO, what)
}

#[tokio::test]
async fn the_second_is_told_who_the_first_is() {
    let scratch = Scratch::new();
    let first = take(&scratch, "run s3://bucket\u{1b}[2J").expect("the lock");
    let error = take(&scratch, "run s3://other").expect_err("one at a time");
    let OpenError::Taken { holder: Some(holder), .. } = &error else { panic!("{error}") };
    assert_eq!((holder.pid, holder.since), (std::process::id(), DAY_ZERO));
    let text = error.to_string();
    assert!(text.contains("run s3://bucket\\u{1b}[2J"), "{text}");
    assert!(text.contains("2026-11-21T00:00:00Z"), "{text}");

    // The ports hold it too, and the loser has removed nothing.
    let ports = first.work(Arc::new(SimClock::new())).expect("opens");
    assert!(take(&scratch, "again").is_err());
    let report = ports.report.clone();
    drop(ports);
    assert!(take(&scratch, "again").is_err(), "the last port holds it still");
    drop(report);
    take(&scratch, "again").expect("free");
}

#[tokio::test]
async fn a_lock_file_that_tells_nothing_is_no_obstacle() {
    let scratch = Scratch::new();
    std::fs::write(scratch.path().join("lock"), "{ cut off").expect("writes");
    let _first = take(&scratch, "first").expect("nobody holds it");
    std::fs::write(scratch.path().join("lock"), "{ cut off").expect("writes");
    let error = take(&scratch, "second").expect_err("held");
    assert!(matches!(error, OpenError::Taken { holder: None, .. }), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_folder_is_for_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new();
    let path = scratch.path().join("a/b");
    let ports = support::open(&path);
    ports.chunks.put(&job_id("job-1"), chunk_id(0, 0), b"x").await.expect("puts");
    for folder in ["a", "a/b", "a/b/jobs", "a/b/jobs/job-1/chunks"] {
        let mode = std::fs::metadata(scratch.path().join(folder)).expect("is there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o700, "{folder}");
    }
}

#[tokio::test]
async fn a_newer_builds_ledger_is_refused() {
    let scratch = Scratch::new();
    drop(scratch.open());
    let file = scratch.path().join("ledger.sqlite");
    let newer = rusqlite::Connection::open(&file).expect("opens");
    newer.pragma_update(None, "user_version", 99).expect("updates");
    drop(newer);
    let refused = take(&scratch, "x").expect("the lock").work(Arc::new(SimClock::new()));
    assert!(matches!(refused, Err(OpenError::Newer { found: 99, .. })), "{refused:?}");
    let refused = StateDir::open_read_only(scratch.path());
    assert!(matches!(refused, Err(OpenError::Newer { found: 99, .. })), "{refused:?}");
}

#[tokio::test]
async fn what_is_no_ledger_is_refused() {
    let scratch = Scratch::new();
    let refused = StateDir::open_read_only(scratch.path());
    assert!(matches!(refused, Err(OpenError::Missing { .. })), "{refused:?}");
    std::fs::write(scratch.path().join("ledger.sqlite"), "x".repeat(5_000)).expect("writes");
    let refused = take(&scratch, "x").expect("the lock").work(Arc::new(SimClock::new()));
    assert!(matches!(refused, Err(OpenError::Database { .. })), "{refused:?}");
}

/// A job with a chunk that is held and has come half-way.
async fn half_done(ports: &LocalPorts) {
    let job = JobBuilder::new("job-1").build();
    let chunk = ChunkBuilder::new(&job.id, 0, 0).build();
    ports.ledger.create_job(&job).await.expect("creates");
    ports.chunks.put(&job.id, chunk.id, b"rows").await.expect("puts");
    ports.ledger.bind_chunk(&chunk).await.expect("binds");
    ports.ledger.bind_chunk(&ChunkBuilder::new(&job.id, 0, 1).build()).await.expect("binds");
    let item = WorkItem { job: job.id.clone(), chunk: chunk.id };
    ports.queue.send(&[item]).await.expect("sends");
    let delivered = ports.queue.receive(1, Duration::from_secs(3_600)).await.expect("receives");
    assert_eq!(delivered.len(), 1);
    let worker = WorkerId::new("w");
    let (lease, _) = ports
        .ledger
        .claim(&job.id, chunk.id, Claim::Pending, &worker, DAY_ZERO)
        .await
        .expect("claims");
    ports.ledger.open_upload(&lease, 3, &open_upload("u")).await.expect("opens");
    let checkpoint = build::checkpoint(4, lease.epoch, &[Outcome::ReEncrypted; 2]);
    ports.ledger.checkpoint(&lease, &checkpoint).await.expect("checkpoints");
}

#[tokio::test]
async fn opening_gives_back_what_the_dead_held() {
    let scratch = Scratch::new();
    let (job, chunk) = (job_id("job-1"), chunk_id(0, 0));
    let ports = scratch.open();
    assert_eq!(ports.recovered.chunks, 0);
    half_done(&ports).await;
    let before = ports.ledger.chunk(&job, chunk).await.expect("reads").expect("is there");
    drop(ports);

    let ports = scratch.open();
    assert_eq!(ports.recovered.chunks, 1, "the one that was held");
    let after = ports.ledger.chunk(&job, chunk).await.expect("reads").expect("is there");
    assert_eq!((after.state, after.epoch), (ChunkState::Pending, Epoch(1)));
    assert_eq!((after.attempts, after.worker.as_ref()), (0, None));
    assert_eq!(after.checkpoint, before.checkpoint);
    assert_eq!(after.uploads, before.uploads);
    assert_eq!(after.first_claimed_at, Some(DAY_ZERO));
    let delivered = ports.queue.receive(9, Duration::from_secs(30)).await.expect("receives");
    assert_eq!(delivered.len(), 1, "hidden from the dead, not from us");
    assert_eq!(ports.chunks.get(&job, chunk).await.as_deref(), Ok(b"rows".as_slice()));
    drop(ports);
    assert_eq!(scratch.open().recovered.chunks, 0);
}

#[tokio::test]
async fn others_may_look_while_one_works() {
    let scratch = Scratch::new();
    let ports = scratch.open();
    half_done(&ports).await;
    let view = StateDir::open_read_only(scratch.path()).expect("opens");
    let job = view.ledger.job(&job_id("job-1")).await.expect("reads").expect("is there");
    assert_eq!(
        view.ledger.chunks(&job.id, None, 10).await,
        ports.ledger.chunks(&job.id, None, 10).await
    );
    let rows = [OutcomeBuilder::new(0, Outcome::ReEncrypted).build()];
    let chunk = chunk_id(0, 0);
    let name = SegmentName { job: job.id.clone(), chunk, epoch: Epoch(1), ordinal: 0 };
    let segment = ports.report.append(&name, &rows).await.expect("appends");
    assert_eq!(view.report.read(&job.id, chunk, &segment).await.as_deref(), Ok(rows.as_slice()));
    assert_eq!(view.chunks.get(&job.id, chunk).await.as_deref(), Ok(b"rows".as_slice()));

    let refused = view.ledger.set_job_state(&job.id, 0, JobState::Cancelled).await;
    assert_eq!(refused.expect_err("read only").kind, LedgerErrorKind::Unavailable);
    let beside = StateDir::open_beside(scratch.path()).expect("opens");
    beside.ledger.set_job_state(&job.id, 0, JobState::Cancelled).await.expect("cancels");
    let seen = ports.ledger.job(&job.id).await.expect("reads").expect("is there");
    assert_eq!(seen.state, JobState::Cancelled, "the one who works sees it");
    let held = ports.ledger.chunk(&job.id, chunk).await.expect("reads").expect("is there");
    assert_eq!(held.state, ChunkState::Leased, "looking on gives nothing back");
    assert_eq!(view.ledger.job(&job.id).await, Ok(Some(seen)));
}

#[tokio::test]
async fn a_folder_at_rest_can_be_looked_at() {
    let scratch = Scratch::new();
    let ports = scratch.open();
    half_done(&ports).await;
    drop(ports);
    let view = StateDir::open_read_only(scratch.path()).expect("opens");
    let found = view.ledger.jobs(None, 10).await.expect("reads");
    assert_eq!(found.len(), 1);
}
