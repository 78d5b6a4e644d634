//! Random sequences of verbs do the same to the SQLite ledger as to the model.

mod support;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use reseal_core::ports::{Claim, Lease, Ledger, LedgerError, LedgerErrorKind, Release};
use reseal_core::{
    Checkpoint, ChunkId, ChunkState, Epoch, FailReason, JobId, JobState, Outcome, PauseReason,
    SkipReason, WorkerId,
};
use reseal_local::SqliteLedger;
use reseal_testkit::MemoryLedger;
use reseal_testkit::build::{self, ChunkBuilder, DAY_ZERO, JobBuilder, chunk_id, open_upload};
use support::Scratch;

/// One call. Numbers pick a chunk, a lease had so far, or a row.
#[derive(Clone, Debug)]
enum Verb {
    Bind(u8),
    CloseSource(u8),
    Claim(u8),
    /// With the holder's numbers, or off by these.
    Takeover(u8, u64, u64),
    Renew(u8),
    Checkpoint(u8, Shape),
    Complete(u8, Shape),
    Quarantine(u8, Shape),
    OpenUpload(u8, u32),
    CloseUpload(u8, u32),
    Release(u8, bool),
    /// At the job's revision, or off by this.
    SetState(u64, u8),
}

/// A checkpoint, well-formed or not.
#[derive(Clone, Debug)]
struct Shape {
    settled: usize,
    rows: u32,
    given_up: u64,
    kind: u8,
}

fn shape() -> impl Strategy<Value = Shape> {
    let settled = prop_oneof![1 => 0..4usize, 3 => Just(4)];
    let rows = prop_oneof![1 => 5..6u32, 8 => Just(4)];
    (settled, rows, prop_oneof![3 => Just(0), 2 => 1..5u64], 0..4u8)
        .prop_map(|(settled, rows, given_up, kind)| Shape { settled, rows, given_up, kind })
}

fn verb() -> impl Strategy<Value = Verb> {
    // Mostly the right numbers, or nothing would ever get far.
    let off = || prop_oneof![6 => Just(0u64), 1 => 1..3u64];
    prop_oneof![
        3 => (0..6u8).prop_map(Verb::Bind),
        1 => (0..3u8).prop_map(Verb::CloseSource),
        5 => (0..6u8).prop_map(Verb::Claim),
        2 => (0..6u8, off(), off()).prop_map(|(c, e, r)| Verb::Takeover(c, e, r)),
        3 => any::<u8>().prop_map(Verb::Renew),
        3 => (any::<u8>(), shape()).prop_map(|(l, s)| Verb::Checkpoint(l, s)),
        3 => (any::<u8>(), shape()).prop_map(|(l, s)| Verb::Complete(l, s)),
        2 => (any::<u8>(), shape()).prop_map(|(l, s)| Verb::Quarantine(l, s)),
        1 => (any::<u8>(), 0..3u32).prop_map(|(l, r)| Verb::OpenUpload(l, r)),
        1 => (any::<u8>(), 0..3u32).prop_map(|(l, r)| Verb::CloseUpload(l, r)),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(l, f)| Verb::Release(l, f)),
        2 => (off(), 0..6u8).prop_map(|(r, s)| Verb::SetState(r, s)),
    ]
}

impl Shape {
    fn build(&self, epoch: Epoch) -> Checkpoint {
        let kinds = [
            Outcome::ReEncrypted,
            Outcome::AlreadyCompliant,
            Outcome::Skipped(SkipReason::Locked),
            Outcome::Failed(FailReason::Exhausted),
        ];
        let outcomes = vec![kinds[usize::from(self.kind)]; self.settled];
        let mut checkpoint = build::checkpoint(self.rows, epoch, &outcomes);
        if self.given_up > 0 {
            checkpoint.tally.failed.insert(FailReason::Quarantined, self.given_up);
        }
        checkpoint
    }
}

/// One ledger under test, with the leases it has granted.
struct World<'a> {
    ledger: &'a dyn Ledger,
    job: JobId,
    leases: Vec<Lease>,
}

impl World<'_> {
    /// Does it and describes the answer, as far as adapters must agree.
    async fn act(&mut self, verb: &Verb) -> String {
        let ledger = self.ledger;
        match verb {
            Verb::Bind(n) => {
                let (id, bucket) = (nth_chunk(*n), ["bucket-a", "bucket-b"][usize::from(n % 2)]);
                let chunk = ChunkBuilder::new(&self.job, id.source, id.sequence).bucket(bucket);
                told(ledger.bind_chunk(&chunk.build()).await)
            }
            Verb::CloseSource(n) => told(ledger.close_source(&self.job, u32::from(*n)).await),
            Verb::Claim(n) => self.claim(nth_chunk(*n), Claim::Pending).await,
            Verb::Takeover(n, epochs, renewals) => {
                let found = ledger.chunk(&self.job, nth_chunk(*n)).await.expect("reads");
                let (epoch, counted) = found.map_or((Epoch(0), 0), |c| (c.epoch, c.renewals));
                let (epoch, renewals) = (Epoch(epoch.0 + epochs), counted + renewals);
                self.claim(
                    nth_chunk(*n),
                    Claim::Takeover { epoch, renewals, fruitless: n % 2 == 1 },
                )
                .await
            }
            Verb::SetState(off, n) => {
                let job = ledger.job(&self.job).await.expect("reads").expect("the job");
                let state = nth_state(*n);
                told(ledger.set_job_state(&self.job, job.revision + off, state).await)
            }
            Verb::Renew(l)
            | Verb::Checkpoint(l, _)
            | Verb::Complete(l, _)
            | Verb::Quarantine(l, _)
            | Verb::OpenUpload(l, _)
            | Verb::CloseUpload(l, _)
            | Verb::Release(l, _) => match self.nth_lease(*l) {
                Some(lease) => told(self.write(&lease, verb).await),
                None => "no lease yet".to_owned(),
            },
        }
    }

    async fn claim(&mut self, chunk: ChunkId, grounds: Claim) -> String {
        let worker = WorkerId::new("w");
        let claimed = self.ledger.claim(&self.job, chunk, grounds, &worker, DAY_ZERO).await;
        self.leases.extend(claimed.iter().map(|(lease, _)| lease.clone()));
        told(claimed)
    }

    async fn write(&self, lease: &Lease, verb: &Verb) -> Result<(), LedgerError> {
        let ledger = self.ledger;
        match verb {
            Verb::Renew(_) => ledger.renew(lease).await,
            Verb::Checkpoint(_, s) => ledger.checkpoint(lease, &s.build(lease.epoch)).await,
            Verb::Complete(_, s) => ledger.complete(lease, &s.build(lease.epoch)).await,
            Verb::Quarantine(_, s) => ledger.quarantine(lease, &s.build(lease.epoch)).await,
            Verb::OpenUpload(l, row) => {
                ledger.open_upload(lease, *row, &open_upload(&format!("u{l}"))).await
            }
            Verb::CloseUpload(_, row) => ledger.close_upload(lease, *row).await,
            Verb::Release(_, true) => ledger.release(lease, Release::Fault).await,
            _ => ledger.release(lease, Release::NoFault).await,
        }
    }

    /// Mostly some chunk's latest lease, now and then a stale one.
    fn nth_lease(&self, n: u8) -> Option<Lease> {
        let of = |lease: &&Lease| lease.chunk == nth_chunk(n % 6);
        let mut of_chunk = self.leases.iter().filter(of);
        if n < 200 { of_chunk.next_back().cloned() } else { of_chunk.next().cloned() }
    }

    /// All that the port lets one see.
    async fn contents(&self) -> String {
        let (ledger, job) = (self.ledger, &self.job);
        let mut seen = format!("{:?}", ledger.job(job).await);
        seen += &format!("{:?}", ledger.chunks(job, None, 100).await);
        seen += &format!("{:?}", ledger.open_chunks(job, Some(nth_chunk(1)), 2).await);
        seen += &format!("{:?}", ledger.leased_chunks(job, None, 2).await);
        for source in 0..3 {
            seen += &format!("{:?}", ledger.source(job, source).await);
        }
        seen + &format!("{:?}", ledger.tallies(job).await)
    }
}

fn nth_chunk(n: u8) -> ChunkId {
    chunk_id(u32::from(n / 3), u64::from(n % 3))
}

fn nth_state(n: u8) -> JobState {
    let states = [
        JobState::Planned,
        JobState::Running,
        JobState::Paused(PauseReason::Requested),
        JobState::Paused(PauseReason::Credentials),
        JobState::Cancelled,
        JobState::Finished,
    ];
    states[usize::from(n)]
}

/// The value, or the error's kind: messages may differ.
fn told<T: std::fmt::Debug>(result: Result<T, LedgerError>) -> String {
    format!("{:?}", result.map_err(|error| error.kind))
}

/// How far the random verbs got: else nothing was compared.
#[derive(Default)]
struct Reached {
    conflicts: usize,
    settled: usize,
}

async fn compare(
    sqlite: &SqliteLedger,
    case: usize,
    verbs: &[Verb],
    reached: &mut Reached,
) -> Result<(), TestCaseError> {
    let model = MemoryLedger::new();
    let job = JobBuilder::new(&format!("job-{case}")).state(JobState::Planned).build();
    let world = |ledger| World { ledger, job: job.id.clone(), leases: Vec::new() };
    let (mut theirs, mut ours) = (world(&model as &dyn Ledger), world(sqlite));
    for world in [&mut theirs, &mut ours] {
        world.ledger.create_job(&job).await.expect("creates");
        for n in 0..5 {
            world.act(&Verb::Bind(n)).await;
        }
    }
    for verb in verbs {
        let (expected, found) = (theirs.act(verb).await, ours.act(verb).await);
        reached.conflicts +=
            usize::from(found.contains(&format!("{:?}", LedgerErrorKind::Conflict)));
        prop_assert_eq!(&expected, &found, "{:?}", verb);
    }
    let contents = ours.contents().await;
    prop_assert_eq!(&theirs.contents().await, &contents);
    for state in [ChunkState::Done, ChunkState::Quarantined] {
        reached.settled += contents.matches(&format!("state: {state:?}")).count();
    }
    Ok(())
}

#[test]
fn sqlite_does_what_the_model_does() {
    let scratch = Scratch::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let ledger = runtime.block_on(async { scratch.open().ledger });
    let progress = std::cell::RefCell::new((0, Reached::default()));
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() };
    // One seed: what fails here fails everywhere.
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&prop::collection::vec(verb(), 20..120), |verbs| {
        let (case, reached) = &mut *progress.borrow_mut();
        *case += 1;
        runtime.block_on(compare(&ledger, *case, &verbs, reached))
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    let Reached { conflicts, settled } = progress.into_inner().1;
    assert!(conflicts > 500 && settled > 60, "{conflicts} conflicts, {settled} chunks settled");
}
