//! Claiming, renewing, releasing.

use reseal_core::ports::{ChunkRecord, Claim, Lease, Ledger, Release};
use reseal_core::{ChunkState, Epoch, Outcome, WorkerId};

use super::{Bench, later, refused, worker};
use crate::build::{self, DAY_ZERO, chunk_id};

pub(super) async fn a_chunk_is_claimed_once(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let chunk = bench.pending(0).await;
    let before = bench.read(chunk).await;
    refused(bench.try_claim(chunk_id(0, 9), Claim::Pending).await, "no such chunk");

    let lease = bench.claim(chunk).await;
    let expected = ChunkRecord {
        state: ChunkState::Leased,
        epoch: Epoch(1),
        worker: Some(worker()),
        first_claimed_at: Some(DAY_ZERO),
        ..before
    };
    assert_eq!(lease, Lease { job: bench.job.clone(), chunk, epoch: Epoch(1) });
    assert_eq!(bench.read(chunk).await, expected, "a claim changes this and no more");
    refused(bench.try_claim(chunk, Claim::Pending).await, "a second claim");
    assert_eq!(bench.read(chunk).await, expected, "a refused claim changes nothing");
}

pub(super) async fn a_takeover_needs_the_very_numbers(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let chunk = bench.pending(0).await;
    let takeover =
        |epoch, renewals| Claim::Takeover { epoch: Epoch(epoch), renewals, fruitless: false };
    refused(bench.try_claim(chunk, takeover(0, 0)).await, "nobody holds it");
    let holder = bench.claim(chunk).await;
    ledger.renew(&holder).await.expect("renews");
    let checkpoint = build::checkpoint(4, holder.epoch, &[Outcome::ReEncrypted]);
    ledger.checkpoint(&holder, &checkpoint).await.expect("checkpoints");
    let before = bench.read(chunk).await;
    for (epoch, renewals) in [(1, 0), (1, 2), (0, 1), (2, 1)] {
        let tried = bench.try_claim(chunk, takeover(epoch, renewals)).await;
        refused(tried, "other numbers than the holder's");
    }
    assert_eq!(bench.read(chunk).await, before);

    let rival = WorkerId::new("worker b");
    let (lease, found) = ledger
        .claim(&bench.job, chunk, takeover(1, 1), &rival, later())
        .await
        .expect("the very numbers");
    let expected =
        ChunkRecord { epoch: Epoch(2), renewals: 0, worker: Some(rival.clone()), ..before };
    assert_eq!(found, expected, "what was settled and the first claim's time stay");
    assert_eq!(bench.read(chunk).await, expected);
    assert_eq!(lease.epoch, Epoch(2));
    refused(bench.try_claim(chunk, takeover(1, 1)).await, "the same takeover again");
}

pub(super) async fn renewals_count_within_the_epoch(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let lease = bench.leased(0).await;
    for count in 1..=3 {
        ledger.renew(&lease).await.expect("renews");
        assert_eq!(bench.read(lease.chunk).await.renewals, count);
    }
    let next = bench.take_over(lease.chunk).await;
    assert_eq!(bench.read(lease.chunk).await.renewals, 0, "a new epoch counts from nought");
    ledger.renew(&next).await.expect("renews");
    assert_eq!(bench.read(lease.chunk).await.renewals, 1);
}

pub(super) async fn a_release_keeps_what_was_settled(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let lease = bench.leased(0).await;
    let checkpoint = build::checkpoint(4, lease.epoch, &[Outcome::AlreadyCompliant]);
    ledger.checkpoint(&lease, &checkpoint).await.expect("checkpoints");
    bench.release(&lease).await;
    let released = bench.read(lease.chunk).await;
    assert_eq!(released.state, ChunkState::Pending);
    assert_eq!(released.epoch, Epoch(1), "only a claim counts the epoch up");
    assert_eq!(released.worker, None, "nobody holds it");
    assert_eq!(released.checkpoint, checkpoint);

    let (next, found) = ledger
        .claim(&bench.job, lease.chunk, Claim::Pending, &worker(), later())
        .await
        .expect("claims");
    assert_eq!(next.epoch, Epoch(2));
    assert_eq!(found.checkpoint, checkpoint, "the next holder goes on from there");
    assert_eq!(found.first_claimed_at, Some(DAY_ZERO), "the first claim's time stays");
}

pub(super) async fn only_faults_count(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let chunk = bench.pending(0).await;
    let mut faults = 0;
    for release in [Release::Fault, Release::NoFault, Release::Fault] {
        let lease = bench.claim(chunk).await;
        assert_eq!(bench.read(chunk).await.attempts, faults, "a claim is no fault");
        ledger.release(&lease, release).await.expect("releases");
        faults += u32::from(release == Release::Fault);
        assert_eq!(bench.read(chunk).await.attempts, faults, "{release:?}");
        refused(ledger.release(&lease, Release::Fault).await, "releasing again");
        assert_eq!(bench.read(chunk).await.attempts, faults, "counted once");
    }
    bench.claim(chunk).await;
    bench.take_over(chunk).await;
    assert_eq!(bench.read(chunk).await.attempts, faults, "a takeover isn't counted");
    let ChunkRecord { epoch, renewals, .. } = bench.read(chunk).await;
    let fruitless = Claim::Takeover { epoch, renewals, fruitless: true };
    bench.try_claim(chunk, fruitless).await.expect("takes over");
    assert_eq!(bench.read(chunk).await.attempts, faults + 1, "unless it was fruitless");
}
