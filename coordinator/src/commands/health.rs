//! `health`: whether a worker, or what serves, answers.

use std::net::SocketAddr;

use reseal_worker::service::is_alive;

use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};

pub(super) async fn health(
    address: SocketAddr,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let alive = is_alive(address, surroundings.machine.clock.as_ref()).await;
    alive.map_err(|why| anyhow::anyhow!("{address}: {why}"))?;
    Ok(Exit::Done)
}
