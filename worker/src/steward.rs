//! The steward: looks after a fleet's jobs, whoever works them.
//!
//! Any worker can be it; the roster's office sees to it that one is, and
//! another after it. Nothing rests on there being only one: all that it does
//! is conditional in the ledger, or harmless twice.
//!
//! Owns: who has the office; when messages are sent again and dead workers'
//! chunks given back; when a job has failed too much, and when it is over.
//! Never: touches an object, but to abort an upload of a job that is over;
//! ends because the ledger failed; compares wall clocks.
//! Next: `office` for who, `rounds` for what.

mod office;
mod rounds;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use reseal_core::ports::{Budgets, Queue, Roster};
use reseal_core::{Priority, WorkerId};

use crate::shutdown::Stop;
use crate::{Home, LeaseSettings, Ports};
use office::Office;
use rounds::Rounds;

/// The queue that wakes workers for jobs of a priority.
pub type QueueOf = Arc<dyn Fn(Priority) -> Arc<dyn Queue> + Send + Sync>;

/// What a steward reaches beyond the engine's ports.
#[derive(Clone)]
pub struct StewardPorts {
    /// Its office.
    pub roster: Arc<dyn Roster>,
    /// The jobs' limits.
    pub budgets: Arc<dyn Budgets>,
    /// Where lost messages are sent again.
    pub queue_of: QueueOf,
}

/// How a steward works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StewardSettings {
    /// How often it does its rounds, and shows that it is there.
    pub every: Duration,
    /// When a holder of a chunk, or of the office, counts as gone.
    pub lease: LeaseSettings,
    /// What its connection reaches: other jobs' uploads aren't its to abort.
    pub home: Option<Home>,
}

impl StewardSettings {
    /// Four rounds in a lease's life: with leases of a minute a dead worker's
    /// chunk is back within a minute and a half, and an idle fleet costs a
    /// query and a write every 15 s.
    #[must_use]
    pub fn new(lease: LeaseSettings, home: Option<Home>) -> Self {
        Self { every: lease.ttl / 4, lease, home }
    }
}

/// Competes for the office, and does the rounds while it has it, until a stop
/// is asked for. Whatever it is at is dropped then: its successor goes on.
pub async fn run(
    ports: &Ports,
    fleet: &StewardPorts,
    worker: &WorkerId,
    settings: &StewardSettings,
    stop: &Stop,
) {
    tokio::select! {
        biased;
        () = stop.asked() => {}
        never = serve(ports, fleet, worker, settings) => match never {},
    }
}

async fn serve(
    ports: &Ports,
    fleet: &StewardPorts,
    worker: &WorkerId,
    settings: &StewardSettings,
) -> Infallible {
    let office = Office { roster: fleet.roster.as_ref(), ports, worker, settings };
    loop {
        let beat = office.win().await;
        tracing::info!(worker = worker.as_str(), "this worker is the fleet's steward");
        let mut rounds = Rounds::new(ports, fleet, worker, settings);
        tokio::select! {
            biased;
            () = office.hold(beat) => {}
            never = rounds.go() => match never {},
        }
        tracing::info!(worker = worker.as_str(), "another worker is the fleet's steward");
    }
}
