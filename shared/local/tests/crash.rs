//! kill -9 at random moments: what was acknowledged is there, and what is
//! there is consistent.
//!
//! The test starts itself again as a writer, which works like four workers at
//! once and says on its standard output what the ports have acknowledged.
#![cfg(unix)]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reseal_core::ports::{
    ChunkRecord, ChunkStore, Claim, Lease, Ledger, Queue, Random, Release, ReportSink, SegmentName,
    WorkItem,
};
use reseal_core::{
    Checkpoint, ChunkDigest, ChunkId, ChunkState, FailReason, JobId, Outcome, OutcomeRow, Tally,
    WorkerId,
};
use reseal_local::LocalPorts;
use reseal_testkit::SeededRandom;
use reseal_testkit::build::{
    ChunkBuilder, DAY_ZERO, JobBuilder, OutcomeBuilder, job_id, open_upload,
};
use support::Scratch;

const FOLDER: &str = "RESEAL_CRASH_FOLDER";
const KILLS: u64 = 20;
const ROWS: u32 = 8;

/// The process that is killed.
#[test]
#[ignore = "started by the test that kills it"]
fn writer() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let ports = support::open(&folder);
        let job = JobBuilder::new("job-1").build();
        // Taken from the second start on.
        let _ = ports.ledger.create_job(&job).await;
        tokio::join!(
            work(&ports, &job.id, 0),
            work(&ports, &job.id, 1),
            work(&ports, &job.id, 2),
            work(&ports, &job.id, 3),
        );
    });
}

/// Finishes what the source has open, then splits and works on, for ever.
async fn work(ports: &LocalPorts, job: &JobId, source: u32) {
    for chunk in ports.ledger.open_chunks(job, None, 1_000).await.expect("reads") {
        if chunk.id.source == source {
            process(ports, chunk.id, job).await;
        }
    }
    loop {
        let last = ports.ledger.source(job, source).await.expect("reads").last;
        let sequence = last.map_or(0, |chunk| chunk.id.sequence + 1);
        let bytes = contents(ChunkId { source, sequence });
        let chunk = ChunkBuilder::new(job, source, sequence)
            .rows(ROWS)
            .bucket(["bucket-a", "bucket-b", "bucket-c"][sequence as usize % 3])
            .digest(ChunkDigest::of(&bytes))
            .build();
        ports.chunks.put(job, chunk.id, &bytes).await.expect("puts");
        ports.ledger.bind_chunk(&chunk).await.expect("binds");
        acknowledged(&format!("bound {} 0", chunk.id));
        let item = WorkItem { job: job.clone(), chunk: chunk.id };
        ports.queue.send(&[item]).await.expect("sends");
        process(ports, chunk.id, job).await;
    }
}

/// Settles a chunk three rows at a time; some are released once on the way.
async fn process(ports: &LocalPorts, chunk: ChunkId, job: &JobId) {
    let (mut lease, record) = claim(ports, chunk, job).await;
    let mut checkpoint = record.checkpoint;
    let mut ordinal = 0;
    while checkpoint.settled.count() < ROWS {
        let row = checkpoint.settled.count();
        ports.ledger.open_upload(&lease, row, &open_upload("u")).await.expect("opens");
        settle_some(ports, &lease, &mut checkpoint, ordinal).await;
        ports.ledger.close_upload(&lease, row).await.expect("closes");
        acknowledged(&format!("settled {chunk} {}", checkpoint.settled.count()));
        ordinal += 1;
        if ordinal == 2 && chunk.sequence % 5 == 4 {
            ports.ledger.release(&lease, Release::NoFault).await.expect("releases");
            (lease, _) = claim(ports, chunk, job).await;
            ordinal = 0;
        }
    }
    if chunk.sequence % 7 == 6 {
        ports.ledger.quarantine(&lease, &checkpoint).await.expect("quarantines");
    } else {
        ports.ledger.complete(&lease, &checkpoint).await.expect("completes");
    }
    acknowledged(&format!("ended {chunk} 0"));
}

async fn claim(ports: &LocalPorts, chunk: ChunkId, job: &JobId) -> (Lease, ChunkRecord) {
    let worker = WorkerId::new("writer");
    let claimed = ports.ledger.claim(job, chunk, Claim::Pending, &worker, DAY_ZERO).await;
    let (lease, record) = claimed.expect("claims");
    acknowledged(&format!("claimed {chunk} {}", lease.epoch.0));
    (lease, record)
}

async fn settle_some(ports: &LocalPorts, lease: &Lease, checkpoint: &mut Checkpoint, ordinal: u32) {
    let first = checkpoint.settled.count();
    let rows: Vec<OutcomeRow> = (first..ROWS.min(first + 3)).map(outcome).collect();
    let Lease { job, chunk, epoch } = lease.clone();
    let name = SegmentName { job, chunk, epoch, ordinal };
    checkpoint.segments.push(ports.report.append(&name, &rows).await.expect("appends"));
    for row in &rows {
        checkpoint.settled.insert(row.index);
        checkpoint.tally.count(row);
    }
    ports.ledger.checkpoint(lease, checkpoint).await.expect("checkpoints");
}

fn outcome(row: u32) -> OutcomeRow {
    let outcomes =
        [Outcome::ReEncrypted, Outcome::AlreadyCompliant, Outcome::Failed(FailReason::Quarantined)];
    OutcomeBuilder::new(row, outcomes[row as usize % 3]).build()
}

fn contents(chunk: ChunkId) -> Vec<u8> {
    format!("{chunk}\n").repeat(20).into_bytes()
}

#[expect(clippy::print_stdout, reason = "this is how the writer tells the test")]
fn acknowledged(what: &str) {
    println!("ack {what} .");
}

/// The most that was acknowledged of each thing, over all kills.
type Acknowledged = BTreeMap<(String, ChunkId), u64>;

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let scratch = Scratch::new();
    let random = SeededRandom::new(9);
    let mut acknowledged = Acknowledged::new();
    for _ in 0..KILLS {
        let mut child = start_writer(scratch.path());
        listen_and_kill(&mut child, &random, &mut acknowledged);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(examine(scratch.path(), &acknowledged));
    }
    let ended = acknowledged.keys().filter(|(what, _)| what == "ended").count();
    assert!(ended > 40, "only {ended} chunks were ended");
}

fn start_writer(folder: &Path) -> Child {
    let exe = std::env::current_exe().expect("this test");
    Command::new(exe)
        .args(["--ignored", "--exact", "writer", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts")
}

/// Lets it work for a random number of acknowledgements and a moment more.
fn listen_and_kill(child: &mut Child, random: &SeededRandom, acknowledged: &mut Acknowledged) {
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut left = 1 + random.next_u64() % 150;
    while left > 0 {
        let line = lines.next().expect("it goes on till it is killed").expect("reads");
        left -= u64::from(note(&line, acknowledged));
    }
    for _ in 0..random.next_u64() % 4_000_000 {
        std::hint::spin_loop();
    }
    child.kill().expect("kills");
    child.wait().expect("ends");
    // What it said before it died counts too.
    for line in lines.map_while(Result::ok) {
        note(&line, acknowledged);
    }
}

fn note(line: &str, acknowledged: &mut Acknowledged) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let ["ack", what, chunk, number, "."] = words[..] else { return false };
    let chunk: ChunkId = chunk.parse().expect("a chunk");
    let number: u64 = number.parse().expect("a number");
    let most = acknowledged.entry((what.to_owned(), chunk)).or_default();
    *most = number.max(*most);
    true
}

/// Opens the folder after the kill and looks at everything.
async fn examine(folder: &Path, acknowledged: &Acknowledged) {
    let ports = support::open(folder);
    let job = job_id("job-1");
    let mut chunks = BTreeMap::new();
    for chunk in ports.ledger.chunks(&job, None, u32::MAX).await.expect("reads") {
        examine_chunk(&ports, &chunk).await;
        chunks.insert(chunk.id, chunk);
    }
    let mut expected: BTreeMap<_, Tally> = BTreeMap::new();
    for chunk in chunks.values().filter(|chunk| is_settled(chunk)) {
        *expected.entry(chunk.bucket.clone()).or_default() += &chunk.checkpoint.tally;
    }
    assert_eq!(ports.ledger.tallies(&job).await, Ok(expected), "counters are the chunks' sum");
    for ((what, id), number) in acknowledged {
        let chunk = chunks.get(id).unwrap_or_else(|| panic!("{id} is lost"));
        let holds = match what.as_str() {
            "bound" => true,
            "claimed" => chunk.epoch.0 >= *number,
            "settled" => u64::from(chunk.checkpoint.settled.count()) >= *number,
            "ended" => is_settled(chunk),
            _ => false,
        };
        assert!(holds, "{what} {id} {number} was acknowledged, but {chunk:?}");
    }
}

async fn examine_chunk(ports: &LocalPorts, chunk: &ChunkRecord) {
    let bytes = ports.chunks.get(&chunk.job, chunk.id).await.expect("its file is there");
    assert_eq!(ChunkDigest::of(&bytes), chunk.digest);
    assert_ne!(chunk.state, ChunkState::Leased, "its holder is dead");
    assert_eq!(chunk.state == ChunkState::Pending, !is_settled(chunk));
    assert!(!is_settled(chunk) || chunk.checkpoint.is_complete());
    assert!(chunk.checkpoint.adds_up());
    let mut rows = Vec::new();
    for segment in &chunk.checkpoint.segments {
        rows.extend(ports.report.read(&chunk.job, chunk.id, segment).await.expect("reads back"));
    }
    assert_eq!(Tally::of(&rows), chunk.checkpoint.tally);
    assert!(rows.iter().all(|row| chunk.checkpoint.settled.contains(row.index)));
}

fn is_settled(chunk: &ChunkRecord) -> bool {
    matches!(chunk.state, ChunkState::Done | ChunkState::Quarantined)
}
