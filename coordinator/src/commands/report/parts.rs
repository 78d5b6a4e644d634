//! `report --layout hive`: parts for query engines, in a folder or a bucket.

use std::path::PathBuf;

use reseal_core::{BucketName, JobId};
use serde::Serialize;

use super::{Of, judged};
use crate::cli::{ConnectionRequest, Output};
use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};
use crate::report::{BucketShelf, FolderShelf, PART, Parts, Shelf, hand_over};
use crate::wiring;

pub(super) struct InBucket {
    pub(super) bucket: BucketName,
    pub(super) prefix: String,
    pub(super) connection: ConnectionRequest,
}

/// What was written, for scripts.
#[derive(Serialize)]
struct Written<'a> {
    job: &'a JobId,
    folder: String,
    parts: u32,
    taken_in: u64,
    adds_up: bool,
}

pub(super) async fn to_folder(
    of: &Of<'_>,
    folder: PathBuf,
    output: Output,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    is_over(of)?;
    write(of, &FolderShelf(folder), output, surroundings).await
}

pub(super) async fn to_bucket(
    of: &Of<'_>,
    place: &InBucket,
    output: Output,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    is_over(of)?;
    let machine = surroundings.machine;
    let (cloud, deposits) = wiring::connect_to_deposit(machine, &place.connection).await?;
    let shelf = BucketShelf {
        deposits: deposits.as_ref(),
        blobs: cloud.blobs.as_ref(),
        bucket: &place.bucket,
        prefix: &place.prefix,
        patience: machine.patience(),
    };
    write(of, &shelf, output, surroundings).await
}

/// Rows that are still to come would change parts, and none is replaced.
fn is_over(of: &Of<'_>) -> Result<(), CommandError> {
    if of.job.state.is_terminal() {
        return Ok(());
    }
    let line = format!("--layout hive is for jobs that are over: {} is not", of.job.id);
    Err(CommandError::refused(line))
}

async fn write(
    of: &Of<'_>,
    shelf: &dyn Shelf,
    output: Output,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, .. } = *surroundings;
    let Of { ledger, sink, job, kind, encoding } = *of;
    let mut parts = Parts::new(shelf, kind, encoding, &job.id, PART)?;
    let totals = hand_over(ledger, sink, job, &mut parts, machine.patience()).await?;
    let (folder, parts) = parts.finish().await?;
    if output == Output::Json {
        let (taken_in, adds_up) = (totals.taken_in, totals.add_up());
        console.result(&Written { job: &job.id, folder, parts, taken_in, adds_up }, "")?;
    } else {
        console.note(format!("{parts} parts in {folder}"));
    }
    judged(job, &totals, console)
}
