//! The long-running worker: an engine and all that a process around it needs.
//!
//! Owns: the scope in which engine, steward, roster beat, HTTP, metrics and
//! scale-in protection live side by side, and die together; when the engine
//! runs again, and when the service ends.
//! Never: touches an object or a chunk; that is the engine's. Decides anything
//! by what it shows. Starts a task that outlives the call.
//! Next: `supervise` for the engine's life, `report` for what is told,
//! `http` and `protection` for who is told. `http` and `alive` are the
//! coordinator's as well.

mod agent;
mod alive;
mod backoff;
mod exchange;
mod health;
mod http;
mod protection;
mod report;
mod supervise;

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reseal_core::ports::{BudgetKey, Roster};
use tokio::net::TcpListener;
use tracing::Instrument as _;

use crate::engine::EngineError;
use crate::metrics::Emf;
use crate::{Meter, Ports, Settings, Stop, worker_span};
use health::Health;
use protection::{Protection, ProtectionTimes};
use report::{EmfOut, Reporter};
use supervise::Supervisor;

pub use agent::{EcsAgent, NotAnAgent};
pub use alive::is_alive;
pub use http::{Answer, serve as answer_http};

/// Tells what this worker may use of each budget just now.
pub type Shares = Arc<dyn Fn() -> Vec<(BudgetKey, u32)> + Send + Sync>;

/// What a service is made of.
pub struct Parts {
    /// What the engine works through.
    pub ports: Ports,
    /// Where it gives signs of life.
    pub roster: Arc<dyn Roster>,
    /// Counts; whoever wants to watch keeps a clone.
    pub meter: Arc<Meter>,
    /// For metrics.
    pub shares: Shares,
    /// Where `/alive`, `/healthz` and `/metrics` are asked for, already bound.
    pub listener: Option<TcpListener>,
    /// The ECS agent, where this is a task of ECS.
    pub agent: Option<EcsAgent>,
    /// Where EMF lines go: stdout, in production.
    pub emf: Option<Box<dyn Write + Send>>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("agent", &self.agent).finish_non_exhaustive()
    }
}

/// Settings of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceSettings {
    /// The fleet's name, for metrics.
    pub fleet: String,
    /// The engine's. Its `grace` is that of the whole service: see
    /// [`serve`].
    pub engine: Settings,
    /// End with success once no chunk was held for so long.
    pub drain_after: Option<Duration>,
    /// How long the ledger may be out of reach before the service gives up.
    pub ledger_patience: Duration,
    /// How often the roster hears of this worker.
    pub beat_every: Duration,
    /// How often the backlog is asked for and an EMF line is written.
    pub emf_every: Duration,
}

impl ServiceSettings {
    /// Defaults for this engine in this fleet.
    #[must_use]
    pub fn new(fleet: impl Into<String>, engine: Settings) -> Self {
        Self {
            fleet: fleet.into(),
            engine,
            drain_after: None,
            ledger_patience: Duration::from_secs(15 * 60),
            beat_every: Duration::from_secs(30),
            emf_every: Duration::from_secs(60),
        }
    }

    fn grace(&self) -> Grace {
        let whole = self.engine.grace;
        Grace { in_flight: whole.mul_f64(0.8), recorded: whole.mul_f64(0.9), told: whole / 10 }
    }
}

/// How the time between a stop and the end is spent.
#[derive(Clone, Copy, Debug)]
struct Grace {
    /// From the stop: how long objects in flight may take.
    in_flight: Duration,
    /// From the stop: when all must be recorded and given back.
    recorded: Duration,
    /// After that: to give up protection.
    told: Duration,
}

/// Why a service ended by itself, and not well.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Nothing could be recorded for longer than anybody's patience (I9).
    #[error("the ledger was out of reach for {} s: {error}", patience.as_secs())]
    Ledger {
        /// How long that is.
        patience: Duration,
        /// What the engine last met.
        error: EngineError,
    },
}

/// Works until a stop is asked for, nothing was held for `drain_after`, or the
/// ledger stays out of reach. `steward` runs beside the engine and is dropped
/// with it.
///
/// After a stop it returns within the engine's `grace`: objects in flight
/// have the first eight tenths of it, recording them and giving chunks back
/// one tenth more, and the last one is for giving up protection. What isn't
/// done by then is dropped, and taken over by others. Asking twice changes
/// nothing.
///
/// # Errors
/// When the ledger stays out of reach.
pub async fn serve(
    parts: Parts,
    settings: &ServiceSettings,
    steward: impl Future<Output = ()>,
    stop: &Stop,
) -> Result<(), ServiceError> {
    let span = worker_span(&settings.engine.worker);
    side_by_side(parts, settings, steward, stop).instrument(span).await
}

async fn side_by_side(
    parts: Parts,
    settings: &ServiceSettings,
    steward: impl Future<Output = ()>,
    stop: &Stop,
) -> Result<(), ServiceError> {
    let Parts { ports, roster, meter, shares, listener, agent, emf } = parts;
    let (ports, meter, shares) = (&ports, meter.as_ref(), &shares);
    let (clock, random) = (ports.clock.as_ref(), ports.random.as_ref());
    // Three missed beats: one may be lost, two may be slow.
    let health = Health::new(settings.beat_every * 3);
    let supervisor = Supervisor { ports, settings, meter, health: &health };
    let reporter =
        Reporter { ports, settings, meter, health: &health, shares, backlog: Mutex::default() };
    let mut emf = emf.map(|out| {
        let worker = settings.engine.worker.clone();
        EmfOut { emf: Emf::new(&settings.fleet, worker), out }
    });
    let mut protection = agent
        .as_ref()
        .map(|agent| Protection::new(agent, clock, random, ProtectionTimes::default()));

    let answer = |path: &str| reporter.answer(path);
    let http = async {
        match &listener {
            Some(listener) => match http::serve(listener, clock, &answer).await {},
            None => std::future::pending::<Infallible>().await,
        }
    };
    let protecting = async {
        match &mut protection {
            Some(protection) => match protection.run(meter.held()).await {},
            None => std::future::pending::<Infallible>().await,
        }
    };
    let steward = async {
        steward.await;
        // It ends when it is stopped; the service ends when the engine does.
        std::future::pending::<Infallible>().await
    };
    // The engine comes last, as in `supervise`.
    let ended = tokio::select! {
        biased;
        never = http => match never {},
        never = protecting => match never {},
        never = reporter.beat(roster.as_ref(), clock.now()) => match never {},
        never = reporter.tell(emf.as_mut()) => match never {},
        never = steward => match never {},
        ended = supervisor.run(stop) => ended,
    };
    if let Some(emf) = &mut emf {
        reporter.write_line(emf);
    }
    if let Some(protection) = &mut protection {
        protection.end(settings.grace().told).await;
    }
    ended
}
