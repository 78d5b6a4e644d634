//! The binary `reseal-worker`: parse → settings → wire → serve → exit code.
//!
//! Owns: the process: its arguments, environment, signals and exit code.
//! Never: decides anything about objects.
//! Next: `wire` for the adapters, `reseal_worker::service` for what is done.

mod wire;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use reseal_core::ports::{Clock, Random};
use reseal_worker::cli::{Cli, Environment, WorkerRequest};
use reseal_worker::process::{Manners, SystemClock, SystemRandom, obey, start_logging};
use reseal_worker::service::{self, EcsAgent, Parts};
use reseal_worker::steward::{self, StewardSettings};
use reseal_worker::{Meter, Stop, stop_channel};

use wire::Wired;

const FAILED: u8 = 1;
const REFUSED: u8 = 2;
const INTERRUPTED: u8 = 130;

/// Why a worker didn't end well: its exit code and one line.
struct Ended(u8, String);

fn main() -> ExitCode {
    let environment = Environment {
        hostname: std::env::var("HOSTNAME").ok(),
        process_id: std::process::id(),
        no_color: std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
    };
    let cli = Cli::parse();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    start_logging(cli.logging(&environment), Arc::clone(&clock));
    match run(cli, &environment, clock) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Ended(code, why)) => {
            tracing::error!(exit_code = code, "{why}");
            ExitCode::from(code)
        }
    }
}

fn run(cli: Cli, environment: &Environment, clock: Arc<dyn Clock>) -> Result<(), Ended> {
    let request = cli.meaning(environment).map_err(|error| Ended(REFUSED, error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Ended(FAILED, error.to_string()))?;
    let result = runtime.block_on(async {
        let (stopper, stop) = stop_channel();
        tokio::select! {
            biased;
            heard = obey(&stopper, Manners::Service) => Err(match heard {
                Ok(()) => Ended(INTERRUPTED, "ended at once by a second Ctrl-C".to_owned()),
                Err(error) => Ended(FAILED, format!("signals can't be listened to: {error}")),
            }),
            result = work(&request, clock, &stop) => result,
        }
    });
    runtime.shutdown_background();
    result
}

async fn work(request: &WorkerRequest, clock: Arc<dyn Clock>, stop: &Stop) -> Result<(), Ended> {
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let wired = tokio::select! {
        biased;
        () = stop.asked() => return Ok(()),
        wired = wire::wire(request, clock, random) => wired,
    };
    let Wired { fleet, ports, steward, roster, home, lease } =
        wired.map_err(|error| Ended(REFUSED, error.to_string()))?;
    let settings = request.settings(&fleet, ports.random.as_ref(), home.clone(), lease);
    let listener = match request.listen {
        Some(address) => {
            let bound = tokio::net::TcpListener::bind(address).await;
            Some(bound.map_err(|error| Ended(REFUSED, format!("--listen {address}: {error}")))?)
        }
        None => None,
    };
    let agent = match std::env::var("ECS_AGENT_URI") {
        Ok(uri) => {
            let agent = EcsAgent::at(&uri);
            Some(agent.map_err(|error| Ended(REFUSED, format!("$ECS_AGENT_URI: {error}")))?)
        }
        Err(_) => None,
    };
    let meter = Arc::new(Meter::default());
    let shares = Arc::clone(&meter);
    let parts = Parts {
        ports: ports.clone(),
        roster,
        meter,
        shares: Arc::new(move || shares.budget_shares()),
        listener,
        agent,
        emf: request.emf.then(|| Box::new(std::io::stdout()) as _),
    };
    let rounds = StewardSettings::new(lease, Some(home));
    let worker = settings.engine.worker.clone();
    let steward = steward::run(&ports, &steward, &worker, &rounds, stop);
    let served = service::serve(parts, &settings, steward, stop).await;
    served.map_err(|error| Ended(FAILED, error.to_string()))
}
