//! The ledger's rules without a database: the reference that adapters are
//! compared with.

use std::collections::{BTreeMap, BTreeSet};

use reseal_core::ports::{
    Binding, ChunkRecord, Claim, Lease, LedgerError, LedgerErrorKind, Release, SourceState,
};
use reseal_core::{
    BucketName, Checkpoint, ChunkEvent, ChunkId, ChunkState, JobId, JobRecord, JobState, Tally,
    Timestamp, WorkerId, job_may_become, next_chunk_state,
};

/// Everything that a ledger holds.
#[derive(Debug, Default)]
pub(super) struct Model {
    jobs: BTreeMap<JobId, JobRecord>,
    chunks: BTreeMap<(JobId, ChunkId), ChunkRecord>,
    closed: BTreeSet<(JobId, u32)>,
    tallies: BTreeMap<JobId, BTreeMap<BucketName, Tally>>,
}

/// The condition that didn't hold.
pub(super) fn conflict(condition: impl Into<String>) -> LedgerError {
    LedgerError::new(LedgerErrorKind::Conflict, condition)
}

impl Model {
    pub(super) fn create_job(&mut self, job: &JobRecord) -> Result<(), LedgerError> {
        if self.jobs.contains_key(&job.id) {
            return Err(conflict(format!("job {} exists", job.id)));
        }
        self.jobs.insert(job.id.clone(), job.clone());
        Ok(())
    }

    pub(super) fn job(&self, id: &JobId) -> Option<JobRecord> {
        self.jobs.get(id).cloned()
    }

    pub(super) fn jobs(&self, after: Option<&JobId>, limit: u32) -> Vec<JobRecord> {
        let later = self.jobs.values().filter(|job| after.is_none_or(|after| job.id > *after));
        later.take(limit as usize).cloned().collect()
    }

    pub(super) fn set_job_state(
        &mut self,
        id: &JobId,
        revision: u64,
        state: JobState,
    ) -> Result<(), LedgerError> {
        let job = self.jobs.get_mut(id).ok_or_else(|| conflict(format!("no job {id}")))?;
        if job.revision != revision {
            return Err(conflict(format!("job {id} has revision {}", job.revision)));
        }
        if !job_may_become(job.state, state) {
            return Err(conflict(format!("job {id} can't go on to {state:?}")));
        }
        (job.state, job.revision) = (state, revision + 1);
        Ok(())
    }

    pub(super) fn bind(&mut self, chunk: &ChunkRecord) -> Result<Binding, LedgerError> {
        let name = (chunk.job.clone(), chunk.id);
        if let Some(first) = self.chunks.get(&name) {
            return Ok(Binding::Adopted(Box::new(first.clone())));
        }
        if self.closed.contains(&(chunk.job.clone(), chunk.id.source)) {
            return Err(conflict(format!("source {} is closed", chunk.id.source)));
        }
        self.chunks.insert(name, chunk.clone());
        Ok(Binding::Bound)
    }

    pub(super) fn close_source(&mut self, job: &JobId, source: u32) {
        self.closed.insert((job.clone(), source));
    }

    pub(super) fn source(&self, job: &JobId, source: u32) -> SourceState {
        let mut of_source = self.of_job(job).filter(|chunk| chunk.id.source == source);
        let last = of_source.next_back().cloned();
        SourceState { last, closed: self.closed.contains(&(job.clone(), source)) }
    }

    pub(super) fn chunk(&self, job: &JobId, chunk: ChunkId) -> Option<ChunkRecord> {
        self.chunks.get(&(job.clone(), chunk)).cloned()
    }

    pub(super) fn chunks(
        &self,
        job: &JobId,
        after: Option<ChunkId>,
        limit: u32,
        wanted: impl Fn(ChunkState) -> bool,
    ) -> Vec<ChunkRecord> {
        let later = self.of_job(job).filter(|chunk| after.is_none_or(|after| chunk.id > after));
        later.filter(|chunk| wanted(chunk.state)).take(limit as usize).cloned().collect()
    }

    pub(super) fn claim(
        &mut self,
        job: &JobId,
        chunk: ChunkId,
        grounds: Claim,
        worker: &WorkerId,
        now: Timestamp,
    ) -> Result<(Lease, ChunkRecord), LedgerError> {
        let record = self
            .chunks
            .get_mut(&(job.clone(), chunk))
            .ok_or_else(|| conflict(format!("no chunk {chunk}")))?;
        let holds = match grounds {
            Claim::Pending => record.state == ChunkState::Pending,
            Claim::Takeover { epoch, renewals, fruitless: _ } => {
                record.state == ChunkState::Leased
                    && (record.epoch, record.renewals) == (epoch, renewals)
            }
        };
        if !holds {
            return Err(conflict(format!("chunk {chunk} is {:?}, not {grounds:?}", record.state)));
        }
        record.state = step(record.state, ChunkEvent::Claim)?;
        record.attempts += u32::from(matches!(grounds, Claim::Takeover { fruitless: true, .. }));
        record.epoch = record.epoch.next();
        record.renewals = 0;
        record.worker = Some(worker.clone());
        record.first_claimed_at.get_or_insert(now);
        let lease = Lease { job: job.clone(), chunk, epoch: record.epoch };
        Ok((lease, record.clone()))
    }

    /// The chunk, for the one who holds this very lease.
    pub(super) fn held(&mut self, lease: &Lease) -> Result<&mut ChunkRecord, LedgerError> {
        let record = self
            .chunks
            .get_mut(&(lease.job.clone(), lease.chunk))
            .ok_or_else(|| conflict(format!("no chunk {}", lease.chunk)))?;
        if record.state != ChunkState::Leased || record.epoch != lease.epoch {
            let (state, epoch) = (record.state, record.epoch.0);
            return Err(conflict(format!(
                "chunk {} is {state:?} at epoch {epoch}, the lease has {}",
                lease.chunk, lease.epoch.0
            )));
        }
        Ok(record)
    }

    pub(super) fn checkpoint(
        &mut self,
        lease: &Lease,
        checkpoint: &Checkpoint,
    ) -> Result<(), LedgerError> {
        let record = self.held(lease)?;
        if checkpoint.settled.len() != record.rows || !checkpoint.adds_up() {
            return Err(conflict(format!("the checkpoint of {} doesn't add up", lease.chunk)));
        }
        record.checkpoint = checkpoint.clone();
        Ok(())
    }

    /// Ends a chunk and moves its bucket's counters, both or neither.
    pub(super) fn settle(
        &mut self,
        lease: &Lease,
        checkpoint: &Checkpoint,
        event: ChunkEvent,
    ) -> Result<(), LedgerError> {
        let record = self.held(lease)?;
        let accounted = match event {
            ChunkEvent::Complete => checkpoint.is_complete(),
            _ => checkpoint.accounts_for_all(),
        };
        if !accounted || checkpoint.settled.len() != record.rows {
            return Err(conflict(format!("the checkpoint of {} leaves rows out", lease.chunk)));
        }
        record.state = step(record.state, event)?;
        record.checkpoint = checkpoint.clone();
        let bucket = record.bucket.clone();
        let tallies = self.tallies.entry(lease.job.clone()).or_default();
        *tallies.entry(bucket).or_default() += &checkpoint.tally;
        Ok(())
    }

    pub(super) fn release(&mut self, lease: &Lease, release: Release) -> Result<(), LedgerError> {
        let record = self.held(lease)?;
        record.state = step(record.state, ChunkEvent::Release)?;
        record.worker = None;
        record.attempts += u32::from(release == Release::Fault);
        Ok(())
    }

    pub(super) fn tallies(&self, job: &JobId) -> BTreeMap<BucketName, Tally> {
        self.tallies.get(job).cloned().unwrap_or_default()
    }

    fn of_job(&self, job: &JobId) -> impl DoubleEndedIterator<Item = &ChunkRecord> {
        self.chunks.values().filter(move |chunk| chunk.job == *job)
    }
}

fn step(state: ChunkState, event: ChunkEvent) -> Result<ChunkState, LedgerError> {
    next_chunk_state(state, event).map_err(|illegal| conflict(illegal.to_string()))
}
