//! What a worker tells of itself while it runs: to the roster, to CloudWatch
//! and to whoever asks over HTTP.

use std::convert::Infallible;
use std::io::Write;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use hyper::StatusCode;
use reseal_core::Timestamp;
use reseal_core::ports::{Roster, WorkerBeat};

use super::health::Health;
use super::http::Answer;
use super::{ServiceSettings, Shares};
use crate::metrics::{self, Emf, Snapshot};
use crate::{Meter, Ports};

/// How long others may take to answer what is asked in passing.
const ANSWER: Duration = Duration::from_secs(10);

/// Where EMF lines go, and what the last one said.
pub(super) struct EmfOut {
    pub(super) emf: Emf,
    pub(super) out: Box<dyn Write + Send>,
}

/// Who tells.
pub(super) struct Reporter<'a> {
    pub(super) ports: &'a Ports,
    pub(super) settings: &'a ServiceSettings,
    pub(super) meter: &'a Meter,
    pub(super) health: &'a Health,
    pub(super) shares: &'a Shares,
    /// As the queue last told.
    pub(super) backlog: Mutex<Option<u64>>,
}

impl Reporter<'_> {
    /// Signs of life for the roster: what `status` shows of a worker, and how
    /// it is known that the ledger answers.
    pub(super) async fn beat(&self, roster: &dyn Roster, started_at: Timestamp) -> Infallible {
        let clock = self.ports.clock.as_ref();
        loop {
            let counts = self.meter.read();
            let beat = WorkerBeat {
                worker: self.settings.engine.worker.clone(),
                seen_at: clock.now(),
                started_at,
                chunks: self.meter.held().now(),
                settled: counts.settled(),
                refused_messages: counts.hostile_messages,
            };
            tokio::select! {
                biased;
                () = clock.sleep(ANSWER) => tracing::warn!("the roster doesn't answer, trying again"),
                written = roster.beat(&beat) => match written {
                    Ok(()) => self.health.ledger_answered(clock.monotonic()),
                    Err(error) => {
                        tracing::warn!(error = %error, "no sign of life in the roster, trying again");
                    }
                },
            }
            clock.sleep(self.settings.beat_every).await;
        }
    }

    /// Asks for the backlog and writes EMF lines, each minute.
    pub(super) async fn tell(&self, mut emf: Option<&mut EmfOut>) -> Infallible {
        self.ask_backlog().await;
        loop {
            self.ports.clock.sleep(self.settings.emf_every).await;
            self.ask_backlog().await;
            if let Some(emf) = emf.as_deref_mut() {
                self.write_line(emf);
            }
        }
    }

    pub(super) fn write_line(&self, EmfOut { emf, out }: &mut EmfOut) {
        let line = emf.line(self.ports.clock.now(), &self.snapshot());
        if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
            tracing::warn!(error = %error, "metrics not written");
        }
    }

    async fn ask_backlog(&self) {
        let told = tokio::select! {
            biased;
            () = self.ports.clock.sleep(ANSWER) => None,
            told = self.ports.queue.backlog() => told.ok(),
        };
        *self.backlog.lock().unwrap_or_else(PoisonError::into_inner) = told;
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            counts: self.meter.read(),
            held: self.meter.held().now(),
            backlog: *self.backlog.lock().unwrap_or_else(PoisonError::into_inner),
            shares: (self.shares)(),
        }
    }

    /// What is answered over HTTP.
    pub(super) fn answer(&self, path: &str) -> Answer {
        match path {
            "/healthz" => match self.health.verdict(self.ports.clock.monotonic()) {
                Ok(line) => Answer::well(line),
                Err(line) => Answer::unwell(line),
            },
            "/metrics" => Answer {
                status: StatusCode::OK,
                content_type: metrics::CONTENT_TYPE,
                body: metrics::render(&self.snapshot()),
            },
            _ => Answer::not_here("here are /alive, /healthz and /metrics"),
        }
    }
}
