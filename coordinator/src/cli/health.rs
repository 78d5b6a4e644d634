//! `health`: what the user typed.

use std::net::SocketAddr;

use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0    it answered
  1    it didn't within two seconds, or something else is there
  2    bad usage")]
pub(crate) struct HealthArgs {
    /// Where it listens, such as 127.0.0.1:9464: what its --listen says
    #[arg(value_name = "ADDR")]
    pub(crate) address: SocketAddr,
}
