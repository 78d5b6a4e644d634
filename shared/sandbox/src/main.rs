//! `reseal-sandbox`: the model over HTTP on 127.0.0.1, until Ctrl-C or SIGTERM.

#![expect(clippy::disallowed_methods, reason = "the wall clock dates the population")]

use std::io::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser;
use reseal_sandbox::http::{ServerConfig, serve};
use reseal_sandbox::model::{Limits, Model, Moment, Settings};
use reseal_sandbox::population::{Plan, populate};
use tokio::signal::unix::{SignalKind, signal};

/// S3 and KMS as reseal understands them, in memory, on 127.0.0.1.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Port to listen on; 0 takes any that is free
    #[arg(long, default_value_t = 0)]
    port: u16,

    /// Holds back every answer for so many milliseconds
    #[arg(long, value_name = "N", default_value_t = 0)]
    latency_ms: u64,

    /// Answers 503 SlowDown to more than N mutating requests per second and bucket
    #[arg(long, value_name = "N")]
    rate_limit: Option<u32>,

    /// Starts with two buckets and N objects in them
    #[arg(long, value_name = "N")]
    populate: Option<u64>,

    /// What the population follows from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Region of buckets and keys
    #[arg(long, default_value = "us-east-1")]
    region: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let model = Arc::new(Mutex::new(build(&arguments)?));
    let config =
        ServerConfig { port: arguments.port, latency: Duration::from_millis(arguments.latency_ms) };
    let mut terminate = signal(SignalKind::terminate())?;
    let shutdown = async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    };
    let server = serve(config, model, shutdown).await?;
    writeln!(io::stdout(), "{}", server.url())?;
    server.finished().await;
    Ok(())
}

fn build(arguments: &Arguments) -> Result<Model, Box<dyn std::error::Error>> {
    let settings = Settings { region: arguments.region.clone(), ..Settings::default() };
    let mut model = Model::new(settings);
    if let Some(objects) = arguments.populate {
        let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let now = Moment::from_millis(i64::try_from(since.as_millis())?);
        populate(&mut model, Plan { objects, seed: arguments.seed }, now)?;
    }
    model.set_limits(Limits { mutations_per_second: arguments.rate_limit });
    Ok(model)
}
