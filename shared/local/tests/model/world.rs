//! The ledgers under test, in the reference's words.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reseal_core::ports::{
    Binding, ChunkRecord, Claim, Lease, Ledger, LedgerError, LedgerErrorKind, Release,
};
use reseal_core::{
    Bitmap, Checkpoint, ChunkDigest, ChunkId, ChunkState, Epoch, FailReason, JobId, JobState,
    PauseReason, SegmentRef, Tally, Timestamp, WorkerId,
};
use reseal_local::LocalPorts;
use reseal_testkit::MemoryLedger;
use reseal_testkit::build::{ChunkBuilder, DAY_ZERO, JobBuilder, chunk_id, open_upload};
use tokio::runtime::Runtime;

use super::reference::{
    Answer, CHUNKS, Call, Chunk, Grounds, Job, Reference, Shape, Standing, Write, bucket_of,
    source_of,
};
use super::support::Scratch;

/// Opened once: a case is a job of its own.
struct Opened {
    runtime: Runtime,
    memory: MemoryLedger,
    local: LocalPorts,
    _folder: Scratch,
}

thread_local! {
    static OPENED: Opened = {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let folder = Scratch::new();
        let local = runtime.block_on(async { folder.open() });
        Opened { runtime, memory: MemoryLedger::new(), local, _folder: folder }
    };
}

/// One job, in both.
pub(crate) struct World {
    job: JobId,
}

impl World {
    pub(crate) fn new(start: &Reference) -> Self {
        static CASES: AtomicUsize = AtomicUsize::new(0);
        let case = CASES.fetch_add(1, Ordering::Relaxed);
        let job = JobBuilder::new(&format!("job-{case}")).state(JobState::Planned).build();
        let world = Self { job: job.id.clone() };
        world.each(&async |_, ledger| ledger.create_job(&job).await.expect("creates"));
        for chunk in start.chunks.keys() {
            for (_, answer) in world.call(&Call::Bind(*chunk)) {
                assert_eq!(answer, Answer::Done);
            }
        }
        world
    }

    /// What each of them answers.
    pub(crate) fn call(&self, call: &Call) -> [(&'static str, Answer); 2] {
        self.each(&async |name, ledger| (name, self.answer(ledger, call).await))
    }

    fn each<T>(&self, act: &impl AsyncFn(&'static str, &dyn Ledger) -> T) -> [T; 2] {
        OPENED.with(|Opened { runtime, memory, local, .. }| {
            let ledgers: [(_, &dyn Ledger); 2] = [("memory", memory), ("SQLite", &local.ledger)];
            ledgers.map(|(name, ledger)| runtime.block_on(act(name, ledger)))
        })
    }

    async fn answer(&self, ledger: &dyn Ledger, call: &Call) -> Answer {
        let told = match call {
            Call::Bind(n) => {
                let ChunkId { source, sequence } = nth(*n);
                let chunk = ChunkBuilder::new(&self.job, source, sequence).bucket(bucket_of(*n));
                ledger.bind_chunk(&chunk.build()).await.map(|bound| match bound {
                    Binding::Bound => Answer::Done,
                    Binding::Adopted(first) => Answer::Adopted(seen(&first)),
                })
            }
            Call::CloseSource(source) => {
                ledger.close_source(&self.job, u32::from(*source)).await.map(|()| Answer::Done)
            }
            Call::Claim(n, grounds) => self.claim(ledger, *n, *grounds).await,
            Call::Write { chunk, epoch, write } => {
                let lease =
                    Lease { job: self.job.clone(), chunk: nth(*chunk), epoch: Epoch(*epoch) };
                written(ledger, &lease, write).await.map(|()| Answer::Done)
            }
            Call::SetState { revision, to } => {
                let state = state_of(*to);
                ledger.set_job_state(&self.job, *revision, state).await.map(|()| Answer::Done)
            }
        };
        told.unwrap_or_else(|error| {
            assert_eq!(error.kind, LedgerErrorKind::Conflict, "{error}");
            Answer::Conflict
        })
    }

    /// Labels and times say which claim it was.
    async fn claim(
        &self,
        ledger: &dyn Ledger,
        n: u8,
        grounds: Grounds,
    ) -> Result<Answer, LedgerError> {
        let before = ledger.chunk(&self.job, nth(n)).await?;
        let next = before.map_or(1, |chunk| chunk.epoch.0 + 1);
        let worker = WorkerId::new(next.to_string());
        let grounds = match grounds {
            Grounds::Pending => Claim::Pending,
            Grounds::Takeover { epoch, renewals, fruitless } => {
                Claim::Takeover { epoch: Epoch(epoch), renewals, fruitless }
            }
        };
        let (lease, chunk) =
            ledger.claim(&self.job, nth(n), grounds, &worker, time_of(next)).await?;
        assert_eq!((&lease.job, lease.chunk), (&self.job, nth(n)));
        Ok(Answer::Leased(lease.epoch.0, seen(&chunk)))
    }

    /// All that the port lets one see is what the reference holds.
    pub(crate) fn holds(&self, state: &Reference) {
        self.each(&async |name, ledger| self.compare(name, ledger, state).await);
    }

    async fn compare(&self, name: &str, ledger: &dyn Ledger, state: &Reference) {
        let job = &self.job;
        let record = ledger.job(job).await.expect("reads").expect("the job");
        assert_eq!(
            (record.state, record.revision),
            (state_of(state.job), state.revision),
            "{name}"
        );
        let chunks = ledger.chunks(job, None, 100).await.expect("reads");
        let found: Vec<_> = chunks.iter().map(|chunk| (chunk.id, seen(chunk))).collect();
        let expected = state.chunks.iter().map(|(n, chunk)| (nth(*n), chunk.clone()));
        assert_eq!(found, expected.collect::<Vec<_>>(), "{name}");
        let standing = |wanted: &[Standing], after: Option<u8>| -> Vec<ChunkId> {
            let of = |(_, chunk): &(&u8, &Chunk)| wanted.contains(&chunk.standing);
            let later = state.chunks.iter().filter(|(n, _)| after.is_none_or(|a| **n > a));
            later.filter(of).map(|(n, _)| nth(*n)).take(2).collect()
        };
        for after in [None, Some(1)] {
            let ids = |page: Vec<ChunkRecord>| page.iter().map(|c| c.id).collect::<Vec<_>>();
            let open = ledger.open_chunks(job, after.map(nth), 2).await.expect("reads");
            assert_eq!(
                ids(open),
                standing(&[Standing::Pending, Standing::Leased], after),
                "{name}"
            );
            let leased = ledger.leased_chunks(job, after.map(nth), 2).await.expect("reads");
            assert_eq!(ids(leased), standing(&[Standing::Leased], after), "{name}");
        }
        for source in 0..2 {
            let found = ledger.source(job, u32::from(source)).await.expect("reads");
            let mut ours = (0..CHUNKS).rev().filter(|n| source_of(*n) == source);
            let last = ours.find(|n| state.chunks.contains_key(n)).map(nth);
            assert_eq!(found.last.map(|chunk| chunk.id), last, "{name}");
            assert_eq!(found.closed, state.closed.contains(&source), "{name}");
        }
        let tallies = ledger.tallies(job).await.expect("reads");
        let found: Vec<_> = tallies.iter().map(|(b, tally)| (b.as_str(), counts(tally))).collect();
        let expected: Vec<_> = state.tallies.iter().map(|(b, counts)| (*b, *counts)).collect();
        assert_eq!(found, expected, "{name}");
    }
}

async fn written(ledger: &dyn Ledger, lease: &Lease, write: &Write) -> Result<(), LedgerError> {
    match write {
        Write::Renew => ledger.renew(lease).await,
        Write::Checkpoint(shape) => ledger.checkpoint(lease, &built(shape)).await,
        Write::Complete(shape) => ledger.complete(lease, &built(shape)).await,
        Write::Quarantine(shape) => ledger.quarantine(lease, &built(shape)).await,
        Write::OpenUpload(row, id) => {
            ledger.open_upload(lease, *row, &open_upload(&id.to_string())).await
        }
        Write::CloseUpload(row) => ledger.close_upload(lease, *row).await,
        Write::Release { fault: true } => ledger.release(lease, Release::Fault).await,
        Write::Release { fault: false } => ledger.release(lease, Release::NoFault).await,
    }
}

fn nth(n: u8) -> ChunkId {
    chunk_id(u32::from(source_of(n)), u64::from(n % 3))
}

fn time_of(epoch: u64) -> Timestamp {
    DAY_ZERO.plus(Duration::from_secs(epoch))
}

fn state_of(job: Job) -> JobState {
    match job {
        Job::Planned => JobState::Planned,
        Job::Running => JobState::Running,
        Job::Paused(false) => JobState::Paused(PauseReason::Requested),
        Job::Paused(true) => JobState::Paused(PauseReason::Credentials),
        Job::Cancelled => JobState::Cancelled,
        Job::Finished => JobState::Finished,
    }
}

fn built(shape: &Shape) -> Checkpoint {
    let Shape { rows, settled: first, counted, given_up, reported } = *shape;
    let mut settled = Bitmap::new(rows);
    for row in 0..first {
        settled.insert(row);
    }
    let mut tally = Tally { re_encrypted: counted, ..Tally::default() };
    if given_up > 0 {
        tally.failed.insert(FailReason::Quarantined, given_up);
    }
    let digest = ChunkDigest::of(b"a segment");
    let segment = SegmentRef { epoch: Epoch(1), ordinal: 0, rows: reported, digest };
    let segments = if reported > 0 { vec![segment] } else { Vec::new() };
    Checkpoint { settled, tally, segments }
}

fn counts(tally: &Tally) -> (u64, u64) {
    let given_up = tally.failed.get(&FailReason::Quarantined).copied().unwrap_or(0);
    assert_eq!(tally.total(), tally.re_encrypted + given_up, "nothing else is counted");
    (tally.re_encrypted, given_up)
}

fn seen(chunk: &ChunkRecord) -> Chunk {
    let Checkpoint { settled, tally, segments } = &chunk.checkpoint;
    let (counted, given_up) = counts(tally);
    let first = (0..settled.len()).take_while(|row| settled.contains(*row)).count();
    assert_eq!(first, settled.count() as usize, "the first rows and no others");
    let epoch_at = |time: Timestamp| time.since(DAY_ZERO).as_secs();
    Chunk {
        standing: match chunk.state {
            ChunkState::Pending => Standing::Pending,
            ChunkState::Leased => Standing::Leased,
            ChunkState::Done => Standing::Done,
            ChunkState::Quarantined => Standing::Quarantined,
        },
        epoch: chunk.epoch.0,
        renewals: chunk.renewals,
        worker: chunk.worker.as_ref().map(|label| label.as_str().parse().expect("a number")),
        attempts: chunk.attempts,
        first_claim: chunk.first_claimed_at.map(epoch_at),
        checkpoint: Shape {
            rows: settled.len(),
            settled: settled.count(),
            counted,
            given_up,
            reported: segments.iter().map(|segment| segment.rows).sum(),
        },
        uploads: chunk
            .uploads
            .iter()
            .map(|(row, upload)| (*row, upload.id.0.parse().expect("a number")))
            .collect(),
    }
}
