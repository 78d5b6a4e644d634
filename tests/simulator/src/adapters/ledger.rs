//! The ledger as one process reaches it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use reseal_core::ports::{
    Binding, ChunkRecord, Claim, Lease, Ledger, LedgerError, OpenUpload, Release, SourceState,
};
use reseal_core::{
    BucketName, Checkpoint, ChunkId, JobId, JobRecord, JobState, Tally, Timestamp, WorkerId,
};
use reseal_testkit::MemoryLedger;

use crate::wire::{Step, Wire};

pub(crate) struct WiredLedger {
    pub(crate) wire: Wire,
    pub(crate) inner: Arc<MemoryLedger>,
}

impl WiredLedger {
    /// A write that only the holder of this lease may make (I11).
    async fn hold<T>(
        &self,
        step: Step,
        lease: &Lease,
        effect: impl Future<Output = Result<T, LedgerError>>,
    ) -> Result<T, LedgerError> {
        let judge = &self.wire.net.judge;
        let effect = async {
            let held = judge.holds(lease);
            let result = effect.await;
            if result.is_ok() {
                judge.wrote(&self.wire.who, step, lease, held);
            }
            result
        };
        let about = format!("{} at epoch {}", lease.chunk, lease.epoch.0);
        self.wire.call(step, &about, effect).await
    }

    fn bent(&self, lease: &Lease) -> Lease {
        let judge = &self.wire.net.judge;
        judge.mutant().lease(lease, judge.chunk(lease.chunk).as_ref())
    }
}

#[async_trait]
impl Ledger for WiredLedger {
    async fn create_job(&self, job: &JobRecord) -> Result<(), LedgerError> {
        self.wire.call(Step::CREATE_JOB, job.id.as_str(), self.inner.create_job(job)).await
    }

    async fn job(&self, id: &JobId) -> Result<Option<JobRecord>, LedgerError> {
        self.wire.call(Step::JOB, id.as_str(), self.inner.job(id)).await
    }

    async fn jobs(&self, after: Option<&JobId>, limit: u32) -> Result<Vec<JobRecord>, LedgerError> {
        self.wire.call(Step::JOBS, "", self.inner.jobs(after, limit)).await
    }

    async fn set_job_state(
        &self,
        id: &JobId,
        revision: u64,
        state: JobState,
    ) -> Result<(), LedgerError> {
        let about = format!("{state:?}");
        let effect = async {
            let set = self.inner.set_job_state(id, revision, state).await;
            if set.is_ok() {
                self.wire.net.judge.state_is_set();
            }
            set
        };
        self.wire.call(Step::SET_STATE, &about, effect).await
    }

    async fn bind_chunk(&self, chunk: &ChunkRecord) -> Result<Binding, LedgerError> {
        let effect = async {
            let bound = self.inner.bind_chunk(chunk).await;
            if bound.is_ok() {
                self.wire.net.judge.bound(chunk.id);
            }
            bound
        };
        self.wire.call(Step::BIND, &chunk.id, effect).await
    }

    async fn close_source(&self, job: &JobId, source: u32) -> Result<(), LedgerError> {
        self.wire.call(Step::CLOSE, &source, self.inner.close_source(job, source)).await
    }

    async fn source(&self, job: &JobId, source: u32) -> Result<SourceState, LedgerError> {
        self.wire.call(Step::SOURCE, &source, self.inner.source(job, source)).await
    }

    async fn chunk(&self, job: &JobId, chunk: ChunkId) -> Result<Option<ChunkRecord>, LedgerError> {
        self.wire.call(Step::CHUNK, &chunk, self.inner.chunk(job, chunk)).await
    }

    async fn chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        self.wire.call(Step::CHUNKS, "", self.inner.chunks(job, after, limit)).await
    }

    async fn open_chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        self.wire.call(Step::OPEN_CHUNKS, "", self.inner.open_chunks(job, after, limit)).await
    }

    async fn leased_chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
    ) -> Result<Vec<ChunkRecord>, LedgerError> {
        self.wire.call(Step::LEASED_CHUNKS, "", self.inner.leased_chunks(job, after, limit)).await
    }

    async fn claim(
        &self,
        job: &JobId,
        chunk: ChunkId,
        grounds: Claim,
        worker: &WorkerId,
        now: Timestamp,
    ) -> Result<(Lease, ChunkRecord), LedgerError> {
        let judge = &self.wire.net.judge;
        let effect = async {
            let before = judge.chunk(chunk);
            let grounds = judge.mutant().claim(grounds, before.as_ref());
            let claimed = self.inner.claim(job, chunk, grounds, worker, now).await;
            if let (Ok((lease, _)), Some(before)) = (&claimed, &before) {
                judge.claimed(&self.wire.who, lease, before);
            }
            claimed
        };
        self.wire.call(Step::CLAIM, &format!("{chunk} as {grounds:?}"), effect).await
    }

    async fn renew(&self, lease: &Lease) -> Result<(), LedgerError> {
        if self.wire.net.judge.mutant().is_lazy_renewal() {
            return Ok(());
        }
        self.hold(Step::RENEW, lease, self.inner.renew(&self.bent(lease))).await
    }

    async fn checkpoint(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        let judge = &self.wire.net.judge;
        if judge.mutant().is_forgetful_checkpoint() {
            judge.recorded(lease.chunk, checkpoint);
            return Ok(());
        }
        let effect = async {
            judge.records(lease, checkpoint);
            self.inner.checkpoint(&self.bent(lease), checkpoint).await
        };
        let written = self.hold(Step::CHECKPOINT, lease, effect).await;
        if written.is_ok() {
            judge.recorded(lease.chunk, checkpoint);
        }
        written
    }

    async fn open_upload(
        &self,
        lease: &Lease,
        row: u32,
        upload: &OpenUpload,
    ) -> Result<(), LedgerError> {
        if self.wire.net.judge.mutant().is_forgetful_upload() {
            return Ok(());
        }
        let bent = self.bent(lease);
        self.hold(Step::OPEN_UPLOAD, lease, self.inner.open_upload(&bent, row, upload)).await
    }

    async fn close_upload(&self, lease: &Lease, row: u32) -> Result<(), LedgerError> {
        self.hold(Step::CLOSE_UPLOAD, lease, self.inner.close_upload(&self.bent(lease), row)).await
    }

    async fn complete(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        let judge = &self.wire.net.judge;
        let effect = async {
            judge.completes(lease, checkpoint);
            self.inner.complete(&self.bent(lease), checkpoint).await
        };
        self.hold(Step::COMPLETE, lease, effect).await
    }

    async fn quarantine(&self, lease: &Lease, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        let bent = self.bent(lease);
        self.hold(Step::QUARANTINE, lease, self.inner.quarantine(&bent, checkpoint)).await
    }

    async fn release(&self, lease: &Lease, release: Release) -> Result<(), LedgerError> {
        if self.wire.net.judge.mutant().is_forgetful_release() {
            return Ok(());
        }
        self.hold(Step::RELEASE, lease, self.inner.release(&self.bent(lease), release)).await
    }

    async fn tallies(&self, job: &JobId) -> Result<BTreeMap<BucketName, Tally>, LedgerError> {
        self.wire.call(Step::TALLIES, "", self.inner.tallies(job)).await
    }
}
