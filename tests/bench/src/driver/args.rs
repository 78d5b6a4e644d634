//! What can be asked of the driver.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::tools::Tool;

/// Compares reseal with a bare SDK loop and with the tools that people use.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Every scenario, one after the other
    All(Options),
    /// CPU per object against a bare SDK loop with the same requests, no latency
    Cpu(Options),
    /// Objects per second on one core at 30 ms, 256 in flight
    Rate(Options),
    /// Peak memory at 20 thousand and 2 million objects
    Memory(Options),
    /// Share of a server's request limit that is reached, and how many 503s it costs
    Limit(Options),
    /// Requests for three objects of 6 GiB
    Parts(Options),
    /// Run one command and write down its costs; for the driver itself
    #[command(hide = true)]
    Measure(MeasureArgs),
}

#[derive(Clone, Debug, Args)]
pub(super) struct Options {
    /// How often each tool runs; the tools take turns
    #[arg(long, default_value_t = 5)]
    pub(super) repeats: u32,

    /// Objects per run, instead of each scenario's own number
    #[arg(long)]
    pub(super) objects: Option<u64>,

    /// A first look: few objects, once, without the 2 million. Its figures are worth little
    #[arg(long)]
    pub(super) quick: bool,

    /// Only these tools
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(super) tools: Vec<Tool>,

    /// Run the peers over 2 million objects as well
    #[arg(long)]
    pub(super) peers_large: bool,

    /// How often the run over 2 million objects is repeated
    #[arg(long, default_value_t = 1)]
    pub(super) large_repeats: u32,

    /// Seconds after which a child is ended, instead of each scenario's own bound
    #[arg(long)]
    pub(super) timeout: Option<u64>,

    /// This reseal instead of a fresh build: to compare two of them, or measure while others edit
    #[arg(long, value_name = "PATH")]
    pub(super) reseal: Option<PathBuf>,

    /// Don't pin: by default the server has core 1 and the tool core 0
    #[arg(long)]
    pub(super) no_pinning: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct MeasureArgs {
    /// Where to write the costs
    #[arg(long)]
    pub(super) result: PathBuf,

    /// Where the command's output goes
    #[arg(long)]
    pub(super) log: PathBuf,

    /// Seconds after which it is ended
    #[arg(long)]
    pub(super) seconds: u64,

    /// The command
    #[arg(last = true, required = true)]
    pub(super) command: Vec<String>,
}
