//! `serve`: events and daily rounds, until it is stopped.
//!
//! A message is deleted once all that it led to is durable; whatever ends the
//! process before, the message comes again, or the next round finds the work.

mod handle;
mod look;
mod overtaken;
mod rounds;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use reseal_core::BucketName;
use reseal_core::ports::Delivery;
use reseal_worker::service::{Answer, answer_http};
use tokio::net::TcpListener;
use tracing::{info, warn};

use self::rounds::Schedule;
use super::Surroundings;
use crate::cli::ServeRequest;
use crate::exit::{CommandError, Exit};
use crate::inventory::{Destination, Reports};
use crate::serve::{Event, Health, Policy, RoundEnd, read_event};
use crate::wiring::{Served, connect_to_serve};

/// How long a receive waits: what SQS allows.
const LONG_POLL: Duration = Duration::from_secs(20);
/// The pause after the queue could not be asked.
const PAUSE: Duration = Duration::from_secs(5);
/// Asked for at the start, to see whether records can be read at all.
const NO_RECORD: &str = "none";

/// What every step takes.
struct Server<'a> {
    request: &'a ServeRequest,
    surroundings: &'a Surroundings<'a>,
    health: &'a Health,
    ports: Served,
    to: Destination,
    /// Of the policy.
    mark: String,
}

/// Why something isn't done yet.
enum Trouble {
    /// We are to stop: the next start does it.
    Stopped,
    /// It may go better the next time.
    Later(CommandError),
}

impl From<CommandError> for Trouble {
    fn from(error: CommandError) -> Self {
        Self::Later(error)
    }
}

/// What came, for the last line.
#[derive(Default)]
struct Counts {
    messages: u64,
    unreadable: u64,
    put_off: u64,
}

pub(super) async fn serve(
    request: &ServeRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let health = Health::default();
    let served = async {
        let server = Server::start(request, &health, surroundings).await?;
        server.serve().await
    };
    let listener = match request.listen {
        Some(address) => Some(
            TcpListener::bind(address)
                .await
                .map_err(|error| CommandError::refused(format!("--listen {address}: {error}")))?,
        ),
        None => None,
    };
    // Nothing that is begun here is left half: what counts is durable first.
    tokio::select! {
        biased;
        never = answer(listener.as_ref(), &health, surroundings) => match never {},
        served = served => served,
        () = stopped(surroundings) => Ok(Exit::Done),
    }
}

/// Tells whoever asks how it is.
async fn answer(
    listener: Option<&TcpListener>,
    health: &Health,
    surroundings: &Surroundings<'_>,
) -> Infallible {
    let Surroundings { machine, stop, .. } = *surroundings;
    let answer = |path: &str| {
        if stop.is_asked() {
            health.stopping();
        }
        match path {
            "/healthz" => match health.verdict(machine.clock.monotonic()) {
                Ok(line) => Answer::well(&line),
                Err(line) => Answer::unwell(&line),
            },
            _ => Answer::not_here("here are /alive and /healthz"),
        }
    };
    match listener {
        Some(listener) => answer_http(listener, machine.clock.as_ref(), &answer).await,
        None => std::future::pending().await,
    }
}

/// Some time after the stop, for what reacts to it by itself and better.
async fn stopped(surroundings: &Surroundings<'_>) {
    surroundings.stop.asked().await;
    surroundings.machine.clock.sleep(PAUSE).await;
}

impl<'a> Server<'a> {
    async fn start(
        request: &'a ServeRequest,
        health: &'a Health,
        surroundings: &'a Surroundings<'a>,
    ) -> Result<Self, CommandError> {
        let ports = connect_to_serve(surroundings.machine, request).await?;
        let (job, cloud) = (&request.job, &ports.cloud);
        let caps = &job.limits.caps;
        // Else every report's job would be refused, and recorded so.
        if let Some(why) = caps.refuse_unpriced(&job.prices, &cloud.region, &job.target) {
            return Err(CommandError::refused(why));
        }
        let policy = Policy {
            mode: request.serving.word(),
            target: &job.target,
            selection: &job.selection,
            behaviour: &job.behaviour,
            caps,
            prices: caps.max_cost_usd.map(|_| &job.prices),
            owner: &cloud.owner,
            region: &cloud.region,
        };
        let mark = policy.mark().map_err(anyhow::Error::new)?;
        let Reports { destination, prefix, .. } = &request.reports;
        let to = Destination { bucket: destination.clone(), prefix: prefix.clone() };
        let records = cloud.patience().retry(|| ports.records.read(NO_RECORD)).await;
        records.map_err(|error| {
            CommandError::refused(format!("records can't be read (--report-to, --fleet): {error}"))
        })?;
        Ok(Self { request, surroundings, health, ports, to, mark })
    }

    async fn serve(&self) -> Result<Exit, CommandError> {
        let Surroundings { machine, stop, .. } = *self.surroundings;
        let mut schedule = Schedule::new(self.request.reconcile_every);
        let mut counts = Counts::default();
        // Whether the queue and the buckets can be used is known at once.
        let queue = &self.ports.events;
        let first = queue.receive(Duration::ZERO).await;
        let mut messages = first.map_err(|error| {
            CommandError::refused(format!("--events {}: {error}", self.request.events))
        })?;
        self.health.polled(machine.clock.monotonic(), true);
        info!(mode = self.request.serving.word(), policy = %self.mark, to = %self.request.reports.destination, "serving");
        while !stop.is_asked() {
            for message in &messages {
                self.take(message, &mut counts).await;
            }
            if schedule.is_due(machine.clock.monotonic()) && !stop.is_asked() {
                let was = self.round().await;
                if let Err(error) = was.as_ref()
                    && schedule.is_first()
                {
                    return Err(CommandError::refused(error.to_string()));
                }
                let end = match &was {
                    Ok(true) => RoundEnd::Whole,
                    Ok(false) => RoundEnd::PutOff,
                    Err(_) => RoundEnd::Failed,
                };
                self.health.round_ended(machine.clock.monotonic(), end);
                schedule.ended(machine.clock.monotonic(), was.is_ok_and(|whole| whole));
            }
            let wait = schedule.until(machine.clock.monotonic()).min(LONG_POLL);
            messages = tokio::select! {
                biased;
                () = stop.asked() => Vec::new(),
                received = queue.receive(wait) => match received {
                    Ok(received) => {
                        self.health.polled(machine.clock.monotonic(), true);
                        received
                    }
                    Err(error) => {
                        self.health.polled(machine.clock.monotonic(), false);
                        warn!(%error, "the queue of events can't be asked");
                        self.pause().await;
                        Vec::new()
                    }
                },
            };
        }
        let Counts { messages, unreadable, put_off } = counts;
        info!(messages, unreadable, put_off, "stopped");
        Ok(Exit::Done)
    }

    async fn pause(&self) {
        let Surroundings { machine, stop, .. } = *self.surroundings;
        tokio::select! {
            biased;
            () = stop.asked() => {}
            () = machine.clock.sleep(PAUSE) => {}
        }
    }

    /// One message: looked at, acted on, deleted.
    async fn take(&self, message: &Delivery, counts: &mut Counts) {
        if self.surroundings.stop.is_asked() {
            return;
        }
        counts.messages += 1;
        let events = match read_event(&message.body) {
            Ok(events) => events,
            Err(why) => {
                counts.unreadable += 1;
                warn!(why = %shown(&why), bytes = message.body.len(), "a message that is no event: deleted");
                return self.delete(message).await;
            }
        };
        let buckets: BTreeSet<BucketName> =
            events.iter().filter_map(|event| event.whereto(&self.to)).collect();
        if buckets.is_empty() {
            info!(events = %described(&events), "nothing to look at");
        }
        for bucket in &buckets {
            match self.look(bucket).await {
                Ok(done) => info!(%bucket, %done, "an event"),
                Err(Trouble::Stopped) => return,
                Err(Trouble::Later(error)) => {
                    counts.put_off += 1;
                    warn!(%bucket, error = %shown(&error.to_string()), "an event that comes again");
                    return;
                }
            }
        }
        self.delete(message).await;
    }

    /// What can't be deleted comes again, and finds everything done.
    async fn delete(&self, message: &Delivery) {
        let (queue, patience) = (&self.ports.events, self.surroundings.machine.patience());
        if let Err(error) = patience.retry(|| queue.delete(&message.receipt)).await {
            warn!(%error, "a message could not be deleted");
        }
    }
}

/// Somebody else's words, in one short line.
fn shown(text: &str) -> String {
    reseal_core::escape_control(text).chars().take(500).collect()
}

fn described(events: &[Event]) -> String {
    let one = |event: &Event| match event {
        Event::Created { bucket, key } => format!("an object s3://{bucket}/{key}"),
        Event::Tags { bucket } => format!("tags of {bucket}"),
        Event::Test => "the test event".to_owned(),
        Event::Other(what) => what.clone(),
    };
    shown(&events.iter().take(3).map(one).collect::<Vec<_>>().join(", "))
}
