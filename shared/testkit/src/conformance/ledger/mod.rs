//! The ledger's suite.
//!
//! Owns: the order of its parts and what they share.
//! Never: reaches past the port.
//! Next: `jobs`, `sources`, `leases`, `fencing`, `settling`, `uploads`.

mod fencing;
mod jobs;
mod leases;
mod settling;
mod sources;
mod uploads;

use std::fmt::Debug;
use std::sync::Arc;

use reseal_core::ports::{
    Binding, ChunkRecord, Claim, Lease, Ledger, LedgerError, LedgerErrorKind, Release,
};
use reseal_core::{Checkpoint, ChunkId, Epoch, JobId, Outcome, Timestamp, WorkerId};

use crate::build::{self, ChunkBuilder, DAY_ZERO, job_id};

/// Runs the suite, each check on a ledger of its own.
///
/// # Panics
/// At the first sentence of the port that doesn't hold.
pub async fn ledger(make: impl AsyncFn() -> Arc<dyn Ledger>) {
    jobs::ids_are_taken_once(&*make().await).await;
    jobs::pages_go_by_id(&*make().await).await;
    jobs::states_follow_revisions(&*make().await).await;
    jobs::states_follow_the_lifecycle(&*make().await).await;
    sources::the_first_binding_wins(&*make().await).await;
    sources::splitting_resumes_from_the_last_chunk(&*make().await).await;
    sources::chunks_are_paged_by_id(&*make().await).await;
    leases::a_chunk_is_claimed_once(&*make().await).await;
    leases::a_takeover_needs_the_very_numbers(&*make().await).await;
    leases::renewals_count_within_the_epoch(&*make().await).await;
    leases::a_release_keeps_what_was_settled(&*make().await).await;
    leases::only_faults_count(&*make().await).await;
    fencing::a_stale_epoch_is_refused_on_every_verb(&*make().await).await;
    fencing::nobody_writes_without_a_lease(&*make().await).await;
    fencing::a_settled_chunk_takes_nothing_more(&*make().await).await;
    settling::a_checkpoint_is_replaced_as_a_whole(&*make().await).await;
    settling::a_checkpoint_must_add_up(&*make().await).await;
    settling::completing_moves_the_counters_once(&*make().await).await;
    settling::an_incomplete_chunk_cannot_be_done(&*make().await).await;
    settling::quarantine_accounts_for_every_row(&*make().await).await;
    settling::counters_are_the_sum_of_the_chunks(&*make().await).await;
    uploads::uploads_are_kept_by_row(&*make().await).await;
    uploads::uploads_outlive_their_holder(&*make().await).await;
}

/// A ledger with one job's worth of shorthand.
struct Bench<'a> {
    ledger: &'a dyn Ledger,
    job: JobId,
}

impl<'a> Bench<'a> {
    fn new(ledger: &'a dyn Ledger) -> Self {
        Self { ledger, job: job_id("job-1") }
    }

    async fn bind(&self, chunk: ChunkBuilder) -> ChunkRecord {
        let chunk = chunk.build();
        let binding = self.ledger.bind_chunk(&chunk).await.expect("binds");
        assert_eq!(binding, Binding::Bound, "a free id is bound");
        chunk
    }

    /// Binds a pending chunk of four rows of `bucket`.
    async fn pending(&self, sequence: u64) -> ChunkId {
        self.bind(ChunkBuilder::new(&self.job, 0, sequence)).await.id
    }

    /// Binds and claims one.
    async fn leased(&self, sequence: u64) -> Lease {
        let chunk = self.pending(sequence).await;
        self.claim(chunk).await
    }

    async fn claim(&self, chunk: ChunkId) -> Lease {
        let (lease, record) = self.try_claim(chunk, Claim::Pending).await.expect("claims");
        assert_eq!(record, self.read(chunk).await, "a claim returns the chunk as it now is");
        lease
    }

    /// Claims what its holder is taken to have abandoned.
    async fn take_over(&self, chunk: ChunkId) -> Lease {
        let ChunkRecord { epoch, renewals, .. } = self.read(chunk).await;
        let grounds = Claim::Takeover { epoch, renewals, fruitless: false };
        self.try_claim(chunk, grounds).await.expect("takes over").0
    }

    async fn try_claim(
        &self,
        chunk: ChunkId,
        grounds: Claim,
    ) -> Result<(Lease, ChunkRecord), LedgerError> {
        self.ledger.claim(&self.job, chunk, grounds, &worker(), DAY_ZERO).await
    }

    async fn release(&self, lease: &Lease) {
        self.ledger.release(lease, Release::NoFault).await.expect("releases");
    }

    async fn read(&self, chunk: ChunkId) -> ChunkRecord {
        self.ledger.chunk(&self.job, chunk).await.expect("reads").expect("the chunk is there")
    }
}

fn worker() -> WorkerId {
    WorkerId::new("worker a")
}

fn later() -> Timestamp {
    DAY_ZERO.plus(std::time::Duration::from_secs(60))
}

/// A checkpoint of a chunk of four rows in which all are settled.
fn all_four(epoch: Epoch) -> Checkpoint {
    build::checkpoint(4, epoch, &[Outcome::ReEncrypted; 4])
}

#[track_caller]
fn refused<T: Debug>(result: Result<T, LedgerError>, what: &str) {
    match result {
        Err(error) if error.kind == LedgerErrorKind::Conflict => {}
        other => panic!("{what}: Conflict expected, not {other:?}"),
    }
}
