//! I11: every write of a lease holder carries its epoch, and no other holds.

use reseal_core::Epoch;
use reseal_core::ports::{Claim, Lease, Ledger, Release};

use super::{Bench, all_four, refused};
use crate::build::{chunk_id, open_upload};

pub(super) async fn a_stale_epoch_is_refused_on_every_verb(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let stale = bench.leased(0).await;
    let holder = bench.take_over(stale.chunk).await;
    every_verb_is_refused(&bench, &stale).await;
    every_verb_is_refused(&bench, &Lease { epoch: Epoch(3), ..stale.clone() }).await;

    ledger.renew(&holder).await.expect("the holder goes on");
    ledger.complete(&holder, &all_four(holder.epoch)).await.expect("and completes");
}

pub(super) async fn nobody_writes_without_a_lease(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let chunk = bench.pending(0).await;
    let never_claimed = Lease { job: bench.job.clone(), chunk, epoch: Epoch(0) };
    every_verb_is_refused(&bench, &never_claimed).await;

    let lease = bench.claim(chunk).await;
    bench.release(&lease).await;
    // The epoch is still the chunk's; the lease is over all the same.
    every_verb_is_refused(&bench, &lease).await;

    let nowhere = Lease { chunk: chunk_id(0, 9), ..lease };
    refused(ledger.renew(&nowhere).await, "no such chunk");
    refused(ledger.complete(&nowhere, &all_four(nowhere.epoch)).await, "no such chunk");
    assert_eq!(ledger.chunk(&bench.job, nowhere.chunk).await, Ok(None));
}

pub(super) async fn a_settled_chunk_takes_nothing_more(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let (done, given_up) = (bench.leased(0).await, bench.leased(1).await);
    ledger.complete(&done, &all_four(done.epoch)).await.expect("completes");
    ledger.quarantine(&given_up, &all_four(given_up.epoch)).await.expect("quarantines");
    for lease in [done, given_up] {
        every_verb_is_refused(&bench, &lease).await;
        let before = bench.read(lease.chunk).await;
        let (epoch, renewals) = (before.epoch, before.renewals);
        for grounds in [Claim::Pending, Claim::Takeover { epoch, renewals, fruitless: false }] {
            refused(bench.try_claim(lease.chunk, grounds).await, "claiming a settled chunk");
        }
        assert_eq!(bench.read(lease.chunk).await, before);
    }
}

/// Tries every verb that takes a lease; none may change anything.
async fn every_verb_is_refused(bench: &Bench<'_>, lease: &Lease) {
    let ledger = bench.ledger;
    let before = bench.read(lease.chunk).await;
    let counters = ledger.tallies(&bench.job).await.expect("reads");
    let settled = all_four(lease.epoch);
    refused(ledger.renew(lease).await, "renew");
    refused(ledger.checkpoint(lease, &settled).await, "checkpoint");
    refused(ledger.open_upload(lease, 0, &open_upload("u")).await, "open_upload");
    refused(ledger.close_upload(lease, 0).await, "close_upload");
    refused(ledger.complete(lease, &settled).await, "complete");
    refused(ledger.quarantine(lease, &settled).await, "quarantine");
    refused(ledger.release(lease, Release::NoFault).await, "release");
    refused(ledger.release(lease, Release::Fault).await, "release");
    assert_eq!(bench.read(lease.chunk).await, before, "a refused write changes nothing");
    assert_eq!(ledger.tallies(&bench.job).await, Ok(counters), "nor any counter");
}
