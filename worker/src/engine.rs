//! The engine's loop: receive, hand to a chunk, settle with the queue.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use reseal_core::ports::{
    ChunkRecord, Claim, Delivery, LedgerError, LedgerErrorKind, Receipt, WorkItem,
};
use reseal_core::{ChunkState, JobEvent, JobId, JobRecord, JobState, PauseReason, escape_control};
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use crate::chunk::{self, ChunkEnd};
use crate::context::Context;
use crate::jobs::{JobError, set_job_state};
use crate::object::Halt;
use crate::pace::{Keeper, Pacers};
use crate::shutdown::{Stop, stop_channel};
use crate::spans::chunk_span;
use crate::standstill::Standstills;
use crate::watch::{Verdict, Watch};
use crate::{Meter, Ports, Settings, retry};

/// How long to wait after the queue had nothing.
const IDLE: Duration = Duration::from_millis(200);
/// The longest pause before a queue that is out of reach is asked again.
const QUEUE_AWAY: Duration = Duration::from_secs(10);
/// How long the message of a chunk is hidden that meets what its whole job
/// must pause for: until that is recorded.
const STANDSTILL: Duration = Duration::from_secs(5);
/// How long the message of a job is hidden that our connection doesn't reach:
/// for a worker that does.
const FOREIGN: Duration = Duration::from_secs(60);
/// Jobs that are remembered as out of reach, so that each is logged once.
const FOREIGN_JOBS: usize = 1_000;
/// How long a faulty chunk's message is hidden.
const FAULTY: Duration = Duration::from_secs(2);

/// Why the engine ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The ledger, or a file that it binds, is out of reach: nothing can be
    /// recorded, so nothing is done (I9).
    #[error("stopped, because nothing can be recorded: {0}")]
    Ledger(LedgerError),
}

/// Works whatever the queue points to until a stop is asked for; then lets
/// what is in flight end, records it, gives the rest back, and returns.
///
/// # Errors
/// When the ledger stays out of reach.
pub async fn run(
    ports: &Ports,
    settings: &Settings,
    meter: &Meter,
    stop: &Stop,
) -> Result<(), EngineError> {
    let shared = Shared { ports, settings, meter };
    let pacers = Pacers::new(ports, settings.pace);
    let keeper = Keeper { pacers: &pacers, ports, worker: &settings.worker, shares: &meter.shares };
    let (stopper, own_stop) = stop_channel();
    let engine = Engine {
        context: shared,
        pacers: &pacers,
        permits: Arc::new(Semaphore::new(settings.concurrency.max(1) as usize)),
        watch: Mutex::default(),
        foreign: Mutex::default(),
        standstills: Standstills::default(),
        stop: &own_stop,
    };
    let mut stopped = pin!(async {
        tokio::select! {
            biased;
            () = stop.asked() => stopper.stop(),
            () = own_stop.asked() => {}
        }
    });
    let mut stopping = false;
    let mut failure = None;
    let mut held = FuturesUnordered::new();
    // Kept across turns, so that no received message is dropped unseen.
    let mut receiving = pin!(engine.receive(0));
    let mut keeping = pin!(keeper.run());
    loop {
        let free = settings.chunk_slots.saturating_sub(held.len() as u32);
        tokio::select! {
            biased;
            // First: whatever it takes back must not be used up meanwhile. It
            // goes on until the pacers are closed.
            () = &mut keeping => {}
            Some(ended) = held.next() => {
                if let Err(error) = ended {
                    failure.get_or_insert(error);
                    stopper.stop();
                }
            }
            () = &mut stopped, if !stopping => stopping = true,
            deliveries = &mut receiving, if !stopping && free > 0 => {
                held.extend(deliveries.into_iter().map(|delivery| engine.deliver(delivery)));
                let free = settings.chunk_slots.saturating_sub(held.len() as u32);
                receiving.set(engine.receive(free));
            }
        }
        if stopping && held.is_empty() {
            break;
        }
    }
    pacers.close();
    keeping.await;
    match failure {
        Some(error) => Err(EngineError::Ledger(error)),
        None => Ok(()),
    }
}

/// What every chunk gets.
#[derive(Clone, Copy)]
struct Shared<'a> {
    ports: &'a Ports,
    settings: &'a Settings,
    meter: &'a Meter,
}

struct Engine<'a> {
    context: Shared<'a>,
    pacers: &'a Pacers,
    /// One for each object in flight.
    permits: Arc<Semaphore>,
    watch: Mutex<Watch>,
    foreign: Mutex<BTreeSet<JobId>>,
    standstills: Standstills,
    stop: &'a Stop,
}

impl Engine<'_> {
    async fn receive(&self, free: u32) -> Vec<Delivery> {
        let ports = self.context.ports;
        let lease = self.context.settings.lease;
        let mut pause = IDLE;
        loop {
            match ports.queue.receive(free.max(1), lease.ttl + lease.margin).await {
                Ok(deliveries) => {
                    if deliveries.is_empty() {
                        ports.clock.sleep(IDLE).await;
                    }
                    return deliveries;
                }
                Err(error) => {
                    tracing::warn!(error = %error, "queue out of reach, trying again");
                    ports.clock.sleep(pause).await;
                    pause = (pause * 2).min(QUEUE_AWAY);
                }
            }
        }
    }

    /// Takes one message to its end. An error means that the ledger is out of
    /// reach.
    async fn deliver(&self, delivery: Delivery) -> Result<(), LedgerError> {
        let Delivery { body, receipt } = delivery;
        match self.follow(&body, &receipt).await {
            Ok(Some((job, record, grounds))) => {
                let span = chunk_span(&record, &self.context.settings.worker);
                self.work(job, &record, grounds, &receipt).instrument(span).await
            }
            Ok(None) => Ok(()),
            Err(error) => {
                self.release(&receipt, Duration::ZERO).await;
                Err(error)
            }
        }
    }

    /// What the message points to, if that may be worked on now.
    async fn follow(
        &self,
        body: &str,
        receipt: &Receipt,
    ) -> Result<Option<(Arc<JobRecord>, ChunkRecord, Claim)>, LedgerError> {
        let Some((item, job, record)) = self.resolve(body).await? else {
            self.context.meter.hostile_message();
            let shown: String = body.chars().take(200).collect();
            tracing::warn!(body = %escape_control(&shown), "message refused: it points to no chunk");
            self.acknowledge(receipt).await;
            return Ok(None);
        };
        match job.state {
            JobState::Running => {}
            // A job that stands still gets all its messages again when it is
            // started: kept here, they would come round for as long as it does.
            JobState::Planned | JobState::Paused(_) | JobState::Cancelled | JobState::Finished => {
                self.acknowledge(receipt).await;
                return Ok(None);
            }
        }
        let is_open = matches!(record.state, ChunkState::Pending | ChunkState::Leased);
        if is_open && self.is_out_of_reach(&job) {
            self.release(receipt, FOREIGN).await;
            return Ok(None);
        }
        match record.state {
            ChunkState::Pending => {
                self.watch().forget(&item.job, item.chunk);
                Ok(Some((job, record, Claim::Pending)))
            }
            ChunkState::Leased => {
                let now = self.context.ports.clock.monotonic();
                let verdict = self.watch().judge(&record, self.context.settings.lease, now);
                match verdict {
                    Verdict::Claim(grounds) => Ok(Some((job, record, grounds))),
                    Verdict::Wait(left) => {
                        self.release(receipt, left).await;
                        Ok(None)
                    }
                }
            }
            ChunkState::Done | ChunkState::Quarantined => {
                self.acknowledge(receipt).await;
                Ok(None)
            }
        }
    }

    /// Another region's, endpoint's or account's job: its messages aren't ours
    /// to work, and not ours to drop.
    fn is_out_of_reach(&self, job: &JobRecord) -> bool {
        let Some(home) = &self.context.settings.home else { return false };
        if home.reaches(job) {
            return false;
        }
        self.context.meter.foreign_message();
        let mut foreign = self.foreign.lock().unwrap_or_else(PoisonError::into_inner);
        if foreign.len() >= FOREIGN_JOBS {
            foreign.clear();
        }
        if foreign.insert(job.id.clone()) {
            let (region, endpoint) = (&job.spec.region, job.spec.endpoint.as_deref());
            tracing::warn!(job = %job.id, region, endpoint, owner = %job.owner, "job left to others: this worker's connection doesn't reach it");
        }
        true
    }

    async fn resolve(
        &self,
        body: &str,
    ) -> Result<Option<(WorkItem, Arc<JobRecord>, ChunkRecord)>, LedgerError> {
        let Some(item) = WorkItem::decode(body) else { return Ok(None) };
        let ports = self.context.ports;
        let (clock, random) = (ports.clock.as_ref(), ports.random.as_ref());
        let job = retry::ledger(clock, random, || ports.ledger.job(&item.job)).await?;
        let Some(job) = job else { return Ok(None) };
        let chunk =
            retry::ledger(clock, random, || ports.ledger.chunk(&item.job, item.chunk)).await?;
        Ok(chunk.map(|chunk| (item, Arc::new(job), chunk)))
    }

    async fn work(
        &self,
        job: Arc<JobRecord>,
        record: &ChunkRecord,
        grounds: Claim,
        receipt: &Receipt,
    ) -> Result<(), LedgerError> {
        let id = job.id.clone();
        let standstill = self.standstills.of(&id);
        if standstill.is_called() {
            self.release(receipt, STANDSTILL).await;
            return Ok(());
        }
        let _held = self.context.meter.hold();
        let entered = self.pacers.enter(&id);
        let Shared { ports, settings, meter } = self.context;
        let (pacer, permits) = (entered.pacer.clone(), self.permits.clone());
        let store = ports.stores.through(&job.spec.roles).await;
        let context = Context::new(ports, store, settings, meter, pacer, permits);
        let stops = (self.stop, &standstill);
        let worked = chunk::work(&context, job, record, grounds, receipt, stops).await;
        let end = match worked {
            Ok(end) => end,
            Err(error) if error.kind == LedgerErrorKind::Unavailable => {
                self.release(receipt, Duration::ZERO).await;
                return Err(error);
            }
            // Somebody was faster, or we don't know: the message comes again.
            Err(_) => {
                self.release(receipt, IDLE).await;
                return Ok(());
            }
        };
        self.context.meter.hold_ended(end.hold_end());
        match end {
            ChunkEnd::Done => {
                tracing::info!(rows = record.rows, "chunk done");
                self.acknowledge(receipt).await;
            }
            ChunkEnd::Quarantined(why) => {
                tracing::error!(why, "chunk quarantined");
                self.acknowledge(receipt).await;
            }
            ChunkEnd::Faulty(why) => {
                tracing::warn!(why, "chunk can't be processed, trying again");
                self.release(receipt, FAULTY).await;
            }
            ChunkEnd::Released | ChunkEnd::Halted(Halt::Fenced) => {
                self.release(receipt, Duration::ZERO).await;
            }
            ChunkEnd::Halted(Halt::Pause(reason)) => {
                self.release(receipt, STANDSTILL).await;
                let paused = self.pause(&id, reason).await;
                self.standstills.is_over(&id);
                paused?;
            }
            ChunkEnd::Halted(Halt::Ledger(error)) => {
                self.release(receipt, Duration::ZERO).await;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Without the pause recorded, others would run into the same wall: so
    /// that is an error like any other of the ledger's.
    async fn pause(&self, job: &JobId, reason: PauseReason) -> Result<(), LedgerError> {
        tracing::error!(reason = ?reason, "the whole job pauses");
        match set_job_state(self.context.ports, job, JobEvent::Pause(reason)).await {
            // Given up or finished in the same instant: nothing is left to pause.
            Ok(_) | Err(JobError::Illegal(..) | JobError::Unknown(_)) => Ok(()),
            Err(JobError::Ledger(error)) => Err(error),
        }
    }

    /// A failure is harmless: the message comes again and finds the chunk done.
    async fn acknowledge(&self, receipt: &Receipt) {
        if let Err(error) = self.context.ports.queue.acknowledge(receipt).await {
            tracing::debug!(error = %error, "message not acknowledged");
        }
    }

    /// A failure is harmless: the message becomes visible by itself.
    async fn release(&self, receipt: &Receipt, delay: Duration) {
        if let Err(error) = self.context.ports.queue.release(receipt, delay).await {
            tracing::debug!(error = %error, "message not released");
        }
    }

    fn watch(&self) -> std::sync::MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
