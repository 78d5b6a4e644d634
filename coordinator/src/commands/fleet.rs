//! `fleet init`: the table and the queues of a fleet.

use reseal_core::FleetName;
use serde::Serialize;

use crate::cli::FleetInitRequest;
use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};
use crate::wiring::{Leases, init_fleet};

/// What a fleet is made of.
#[derive(Serialize)]
struct Made<'a> {
    fleet: &'a FleetName,
    table: &'a str,
    queues: Queues<'a>,
    files: String,
    lease_seconds: f64,
}

/// By their URLs.
#[derive(Serialize)]
struct Queues<'a> {
    high: &'a str,
    normal: &'a str,
    low: &'a str,
    dead: &'a str,
}

pub(super) async fn init(
    request: &FleetInitRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, .. } = *surroundings;
    let FleetInitRequest { plan, connection, output: _ } = request;
    let fleet = init_fleet(machine, plan, Leases::Wanted, connection).await?;
    let config = &fleet.config;
    let made = Made {
        fleet: &fleet.name,
        table: fleet.name.as_str(),
        queues: Queues {
            high: &config.queues.high,
            normal: &config.queues.normal,
            low: &config.queues.low,
            dead: &config.queues.dead,
        },
        files: format!("s3://{}/{}", config.bucket, config.prefix),
        lease_seconds: config.lease_ttl().as_secs_f64(),
    };
    console.result(&made, &text(&made))?;
    Ok(Exit::Done)
}

fn text(made: &Made<'_>) -> String {
    let Made { fleet, table, queues, files, lease_seconds } = made;
    format!(
        "fleet    {fleet}\ntable    {table}\nqueues   {}\n         {}\n         {}\n         {} (dead letters)\nfiles    {files}\nleases   {lease_seconds} s\nnext     start workers (`reseal-worker --fleet {fleet}`), then `reseal submit --fleet {fleet} …`\n",
        queues.high, queues.normal, queues.low, queues.dead
    )
}
