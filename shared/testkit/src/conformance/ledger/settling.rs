//! Checkpoints, ends and counters (I4, I18).

use std::collections::BTreeMap;

use reseal_core::ports::{Lease, Ledger};
use reseal_core::{
    BucketName, Checkpoint, ChunkState, Epoch, FailReason, Outcome, SkipReason, Tally,
};

use super::{Bench, all_four, refused};
use crate::build::{self, ChunkBuilder, bucket, job_id};

const GIVEN_UP: Outcome = Outcome::Failed(FailReason::Quarantined);

pub(super) async fn a_checkpoint_is_replaced_as_a_whole(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let lease = bench.leased(0).await;
    let first = build::checkpoint(4, lease.epoch, &[Outcome::Skipped(SkipReason::Locked)]);
    let mut second = build::checkpoint(4, lease.epoch, &[Outcome::ReEncrypted; 3]);
    second.segments[0].ordinal = 7;
    for checkpoint in [&first, &second, &second] {
        ledger.checkpoint(&lease, checkpoint).await.expect("checkpoints");
        let found = bench.read(lease.chunk).await;
        assert_eq!(found.checkpoint, *checkpoint);
        assert_eq!(found.state, ChunkState::Leased, "it goes on");
    }
    assert_eq!(ledger.tallies(&bench.job).await, Ok(BTreeMap::new()), "no counter moves yet");
}

pub(super) async fn a_checkpoint_must_add_up(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let lease = bench.leased(0).await;
    for wrong in misshapen(lease.epoch) {
        let before = bench.read(lease.chunk).await;
        refused(ledger.checkpoint(&lease, &wrong).await, "a checkpoint that doesn't add up");
        assert_eq!(bench.read(lease.chunk).await, before);
    }
}

pub(super) async fn completing_moves_the_counters_once(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let lease = bench.leased(0).await;
    let checkpoint = all_four(lease.epoch);
    ledger.complete(&lease, &checkpoint).await.expect("completes");
    let found = bench.read(lease.chunk).await;
    assert_eq!((found.state, &found.checkpoint), (ChunkState::Done, &checkpoint));
    let expected = Ok(BTreeMap::from([(bucket("bucket"), checkpoint.tally.clone())]));
    assert_eq!(ledger.tallies(&bench.job).await, expected);

    refused(ledger.complete(&lease, &checkpoint).await, "completing again");
    refused(ledger.quarantine(&lease, &checkpoint).await, "giving up what is done");
    assert_eq!(ledger.tallies(&bench.job).await, expected, "counted once");
    assert_eq!(ledger.tallies(&job_id("job-2")).await, Ok(BTreeMap::new()), "jobs are apart");
}

pub(super) async fn an_incomplete_chunk_cannot_be_done(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let lease = bench.leased(0).await;
    let mut wrong = misshapen(lease.epoch);
    wrong.push(build::checkpoint(4, lease.epoch, &[Outcome::ReEncrypted; 3]));
    wrong.push(Checkpoint::start(4));
    for checkpoint in wrong {
        refused_to_end(&bench, &lease, &checkpoint).await;
    }
    ledger.complete(&lease, &all_four(lease.epoch)).await.expect("the lease still holds");
}

/// Completing so is refused and leaves no trace on chunk or counters.
async fn refused_to_end(bench: &Bench<'_>, lease: &Lease, checkpoint: &Checkpoint) {
    let before = bench.read(lease.chunk).await;
    refused(bench.ledger.complete(lease, checkpoint).await, "rows are left out");
    assert_eq!(bench.read(lease.chunk).await, before);
    assert_eq!(bench.ledger.tallies(&bench.job).await, Ok(BTreeMap::new()));
}

pub(super) async fn quarantine_accounts_for_every_row(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let lease = bench.leased(0).await;
    let settled = [Outcome::ReEncrypted, Outcome::Skipped(SkipReason::Gone)];
    // Its file can't be read: two rows are counted, but nothing can report them.
    let mut given_up = build::checkpoint(4, lease.epoch, &settled);
    refused(ledger.quarantine(&lease, &given_up).await, "two rows are missing");
    given_up.tally.failed.insert(FailReason::Denied, 2);
    refused(ledger.quarantine(&lease, &given_up).await, "two rows have another reason");
    given_up.tally.failed = BTreeMap::from([(FailReason::Quarantined, 3)]);
    refused(ledger.quarantine(&lease, &given_up).await, "one row too many");
    assert_eq!(ledger.tallies(&bench.job).await, Ok(BTreeMap::new()));

    given_up.tally.failed = BTreeMap::from([(FailReason::Quarantined, 2)]);
    ledger.quarantine(&lease, &given_up).await.expect("every row is counted");
    let found = bench.read(lease.chunk).await;
    assert_eq!((found.state, &found.checkpoint), (ChunkState::Quarantined, &given_up));

    // Its file can be read: the rows given up are settled and reported as well.
    let lease = bench.leased(1).await;
    let reported = build::checkpoint(4, lease.epoch, &[GIVEN_UP; 4]);
    ledger.quarantine(&lease, &reported).await.expect("every row is counted");
    let mut total = given_up.tally;
    total += &reported.tally;
    let expected = Ok(BTreeMap::from([(bucket("bucket"), total)]));
    assert_eq!(ledger.tallies(&bench.job).await, expected);
}

pub(super) async fn counters_are_the_sum_of_the_chunks(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let mut random = fastrand::Rng::with_seed(4);
    let mut expected: BTreeMap<BucketName, Tally> = BTreeMap::new();
    for sequence in 0..24 {
        let name = ["bucket-a", "bucket-b", "bucket-c"][random.usize(..3)];
        let chunk = ChunkBuilder::new(&bench.job, 0, sequence).bucket(name).rows(70);
        let lease = bench.claim(bench.bind(chunk).await.id).await;
        let mut checkpoint = build::checkpoint(70, lease.epoch, &mix(&mut random));
        checkpoint.tally.re_encrypted_bytes = random.u64(..1 << 45);
        match sequence % 4 {
            0 => bench.release(&lease).await,
            1 => ledger.quarantine(&lease, &checkpoint).await.expect("quarantines"),
            _ => ledger.complete(&lease, &checkpoint).await.expect("completes"),
        }
        if sequence % 4 != 0 {
            *expected.entry(bucket(name)).or_default() += &checkpoint.tally;
        }
        assert_eq!(ledger.tallies(&bench.job).await.as_ref(), Ok(&expected));
    }
}

/// Seventy outcomes of all kinds.
fn mix(random: &mut fastrand::Rng) -> [Outcome; 70] {
    let kinds = [
        Outcome::ReEncrypted,
        Outcome::AlreadyCompliant,
        Outcome::Skipped(SkipReason::DeleteMarker),
        Outcome::Skipped(SkipReason::TooYoung),
        Outcome::Failed(FailReason::Denied),
        GIVEN_UP,
    ];
    std::array::from_fn(|_| kinds[random.usize(..kinds.len())])
}

/// Checkpoints of a chunk of four rows that break I4, each in its own way.
fn misshapen(epoch: Epoch) -> Vec<Checkpoint> {
    let (mut counted, mut settled, mut reported) =
        (all_four(epoch), all_four(epoch), all_four(epoch));
    counted.tally.already_compliant += 1;
    settled.settled = build::checkpoint(4, epoch, &[Outcome::ReEncrypted; 3]).settled;
    reported.segments.clear();
    let another_size = build::checkpoint(5, epoch, &[Outcome::ReEncrypted; 5]);
    vec![counted, settled, reported, another_size]
}
