//! A disk that takes no more: refused, said so, and consistent afterwards (I9).
//!
//! The test starts itself again under a limit on the size of files, so that
//! the kernel fails real writes.
#![cfg(unix)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use reseal_core::ChunkDigest;
use reseal_core::ports::{ChunkStore, Ledger, LedgerErrorKind, Queue, WorkItem};
use reseal_testkit::build::{ChunkBuilder, JobBuilder, chunk_id, job_id};
use support::Scratch;

const FOLDER: &str = "RESEAL_FULL_FOLDER";

/// The process that meets the limit: 512 KiB or 1 MiB, as shells count.
#[tokio::test]
#[ignore = "started by the test that limits it"]
async fn filler() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let ports = support::open(&folder);
    let job = JobBuilder::new("job-1").build();
    ports.ledger.create_job(&job).await.expect("there is room yet");

    let too_large = ports.chunks.put(&job.id, chunk_id(9, 0), &vec![7; 4 << 20]).await;
    let error = too_large.expect_err("it can't be written");
    assert!(error.what.ends_with("s0009-0000000000.ndjson"), "{error}");
    ports.chunks.put(&job.id, chunk_id(9, 1), b"small").await.expect("others still fit");

    let mut bound = 0;
    let error = loop {
        let chunk = ChunkBuilder::new(&job.id, 0, bound).rows(10_000).build();
        match ports.ledger.bind_chunk(&chunk).await {
            Ok(_) => bound += 1,
            Err(error) => break error,
        }
        assert!(bound < 10_000, "the limit is never met");
    };
    assert_eq!(error.kind, LedgerErrorKind::Unavailable, "{error}");
    // The disk failed a commit: nothing is trusted to it any more, however small.
    let small = ports.ledger.close_source(&job.id, 0).await.expect_err("shut");
    assert_eq!(small.kind, LedgerErrorKind::Unavailable, "{small}");
    let item = WorkItem { job: job.id.clone(), chunk: chunk_id(0, 0) };
    ports.queue.send(&[item]).await.expect_err("shut");
    println!("bound={bound}.");
}

#[tokio::test]
async fn a_failing_disk_refuses_and_keeps_what_it_acknowledged() {
    let scratch = Scratch::new();
    let said = fill(scratch.path());
    let bound = said.split("bound=").nth(1).and_then(|rest| rest.split('.').next());
    let bound: u64 = bound.unwrap_or_else(|| panic!("{said}")).parse().expect("a number");
    assert!(bound > 3, "{said}");

    let ports = scratch.open();
    let job = job_id("job-1");
    let chunks = ports.ledger.chunks(&job, None, u32::MAX).await.expect("reads");
    // The one that was refused may have reached the disk all the same.
    let found = chunks.len() as u64;
    assert!(found == bound || found == bound + 1, "{found} found, {bound} acknowledged");
    for (sequence, chunk) in (0..).zip(&chunks) {
        let id = chunk_id(0, sequence);
        assert_eq!((chunk.id, &chunk.digest), (id, &ChunkDigest::of(id.to_string().as_bytes())));
    }
    assert!(ports.chunks.get(&job, chunk_id(9, 0)).await.is_err(), "half a file has no name");
    assert_eq!(ports.chunks.put(&job, chunk_id(9, 0), b"now").await, Ok(None));
    assert_eq!(ports.chunks.get(&job, chunk_id(9, 1)).await.as_deref(), Ok(b"small".as_slice()));
    ports.ledger.close_source(&job, 0).await.expect("with room it goes on");
}

/// Runs the filler under the limit; what it said.
fn fill(folder: &Path) -> String {
    // Ignoring the signal makes writes beyond the limit fail instead.
    let limited = r#"trap "" XFSZ; ulimit -f 1024; exec "$0" "$@""#;
    let output = Command::new("sh")
        .args(["-c", limited])
        .arg(std::env::current_exe().expect("this test"))
        .args(["--ignored", "--exact", "filler", "--nocapture"])
        .env(FOLDER, folder)
        .output()
        .expect("runs");
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");
    said.into_owned()
}
