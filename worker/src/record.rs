//! Making outcomes durable, a batch at a time: the segment first, then the
//! checkpoint that names it. Never the other way round.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use reseal_core::ports::{LedgerErrorKind, SegmentName};
use reseal_core::{Checkpoint, OutcomeRow};
use tokio::sync::{Notify, Semaphore};

use crate::chunk::ChunkContext;
use crate::object::Halt;
use crate::retry;
use crate::spans;

/// What one claim of one chunk has settled.
pub(crate) struct Recorder<'a> {
    chunk: &'a ChunkContext<'a>,
    state: Mutex<State>,
    due: Notify,
    /// Rows that may be begun or settled without being recorded: what a crash
    /// may cost to look at again (I8).
    window: Semaphore,
}

struct State {
    checkpoint: Checkpoint,
    unrecorded: Vec<OutcomeRow>,
    next_ordinal: u32,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(chunk: &'a ChunkContext<'a>, checkpoint: Checkpoint) -> Self {
        let window = chunk.context.settings.window_rows.max(1) as usize;
        Self {
            chunk,
            state: Mutex::new(State { checkpoint, unrecorded: Vec::new(), next_ordinal: 0 }),
            due: Notify::new(),
            window: Semaphore::new(window),
        }
    }

    /// Waits for room for one more row.
    pub(crate) async fn reserve(&self) {
        if let Ok(permit) = self.window.acquire().await {
            permit.forget();
        }
    }

    /// Takes a settled row.
    pub(crate) fn settle(&self, row: OutcomeRow) {
        self.chunk.context.meter.settled(&row);
        spans::settled(&row);
        let mut state = self.state();
        state.unrecorded.push(row);
        if state.unrecorded.len() >= self.batch() {
            self.due.notify_one();
        }
    }

    /// Records whenever a batch is full or old enough; ends only in trouble.
    pub(crate) async fn run(&self) -> Halt {
        let every = self.chunk.context.settings.checkpoint_every;
        loop {
            let mut old_enough = pin!(self.chunk.context.ports.clock.sleep(every));
            tokio::select! {
                biased;
                () = self.full() => {}
                () = &mut old_enough => {}
            }
            if let Err(halt) = self.flush().await {
                return halt;
            }
        }
    }

    /// Completes once a batch is full. Being told isn't enough: rows that were
    /// settled while the last batch was recorded told so too, and would make a
    /// file of their own.
    async fn full(&self) {
        loop {
            self.due.notified().await;
            if self.state().unrecorded.len() >= self.batch() {
                return;
            }
        }
    }

    /// Records what is settled so far.
    pub(crate) async fn flush(&self) -> Result<(), Halt> {
        let Some((checkpoint, rows)) = self.write_segment().await? else { return Ok(()) };
        let ledger = &self.chunk.context.ports.ledger;
        self.chunk.ledger(|| ledger.checkpoint(&self.chunk.lease, &checkpoint)).await?;
        let recorded: Vec<u32> = {
            let mut state = self.state();
            state.checkpoint = checkpoint;
            state.unrecorded.drain(..rows).map(|row| row.index).collect()
        };
        self.window.add_permits(rows);
        self.chunk.forget_ended_uploads(&recorded).await
    }

    /// Stores the last rows and returns the checkpoint to complete with.
    pub(crate) async fn finish(&self) -> Result<Checkpoint, Halt> {
        match self.write_segment().await? {
            Some((checkpoint, _)) => Ok(checkpoint),
            None => Ok(self.state().checkpoint.clone()),
        }
    }

    /// Stores the unrecorded rows as a segment, and returns the checkpoint
    /// that would name it. Dropped half-way, it leaves a segment that nothing
    /// names, and the rows where they were.
    async fn write_segment(&self) -> Result<Option<(Checkpoint, usize)>, Halt> {
        let (name, rows) = {
            let mut state = self.state();
            if state.unrecorded.is_empty() {
                return Ok(None);
            }
            let ordinal = state.next_ordinal;
            state.next_ordinal += 1;
            (self.name(ordinal), state.unrecorded.clone())
        };
        let ports = self.chunk.context.ports;
        let (clock, random) = (ports.clock.as_ref(), ports.random.as_ref());
        let stored = retry::file(clock, random, || ports.report.append(&name, &rows)).await;
        let segment =
            stored.map_err(|e| Halt::broken(LedgerErrorKind::Unavailable, &e.to_string()))?;
        let mut checkpoint = self.state().checkpoint.clone();
        checkpoint.segments.push(segment);
        for row in &rows {
            if checkpoint.settled.insert(row.index) {
                checkpoint.tally.count(row);
            }
        }
        Ok(Some((checkpoint, rows.len())))
    }

    fn name(&self, ordinal: u32) -> SegmentName {
        let lease = &self.chunk.lease;
        SegmentName { job: lease.job.clone(), chunk: lease.chunk, epoch: lease.epoch, ordinal }
    }

    /// Never more than the window: that would be full before a batch is.
    fn batch(&self) -> usize {
        let settings = self.chunk.context.settings;
        settings.batch_rows.min(settings.window_rows).max(1) as usize
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
