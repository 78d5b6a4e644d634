//! The benchmark server: S3, as much of it as the tools that are compared
//! need, at the smallest cost per request that hyper allows.
//!
//! Owns: a bucket that exists only as a rule, one bit per object, a latency, a
//! request limit, and counts of everything it sees.
//! Never: checks signatures, keeps bytes, listens beyond loopback, or is taken
//! for a model of S3: that is `reseal-sandbox`.
//! Next: `serve` for the loop, `objects` for the hot path, `counters`.

mod bucket;
mod counters;
pub(crate) mod inventory;
mod keys;
mod limit;
mod listing;
mod objects;
mod scratch;
mod serve;
mod state;
mod uploads;
mod wire;

use std::io::Read as _;
use std::process::ExitCode;

use clap::Parser;

/// A minimal S3 server on loopback, to measure clients against.
#[derive(Clone, Debug, Parser)]
#[command(name = "bench-server")]
pub(crate) struct Args {
    /// The port on 127.0.0.1; 0 takes any that is free. The URL is printed
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,

    /// How many objects every bucket has
    #[arg(long, default_value_t = 10_000)]
    pub(crate) objects: u64,

    /// Over how many prefixes they are spread, in key order
    #[arg(long, default_value_t = 1)]
    pub(crate) prefixes: u64,

    /// The size of each object in bytes
    #[arg(long, default_value_t = 1_024)]
    pub(crate) object_size: u64,

    /// How long every answer of S3 is held back
    #[arg(long, default_value_t = 0)]
    pub(crate) latency_ms: u64,

    /// Object requests per second; more are refused with 503 SlowDown
    #[arg(long)]
    pub(crate) rate_limit: Option<f64>,

    /// How many milliseconds' worth of requests may be saved up under a limit
    #[arg(long, default_value_t = 100)]
    pub(crate) burst_ms: u64,

    /// End when standard input ends, so that no server outlives its driver
    #[arg(long)]
    pub(crate) until_stdin_ends: bool,
}

/// Serves until it is killed.
pub fn main() -> ExitCode {
    let args = Args::parse();
    if args.until_stdin_ends {
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
    }
    match serve::run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-server: {error}");
            ExitCode::FAILURE
        }
    }
}
