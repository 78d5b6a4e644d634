//! What happens to a chunk while somebody holds it. Every write repeats the
//! lease's condition.

use aws_sdk_dynamodb::types::AttributeValue;
use reseal_core::ports::{
    ChunkRecord, Claim, Lease, LedgerError, LedgerErrorKind, OpenUpload, Release,
};
use reseal_core::{
    Checkpoint, ChunkEvent, ChunkId, ChunkState, JobId, Timestamp, WorkerId, next_chunk_state,
};

use super::super::item::{number, packed, text};
use super::super::table::{Table, Values, Write};
use super::record::{self, state_word};
use super::{chunks, tallies};

/// The condition of every write of a lease holder.
const HELD: &str = "chunk_state = :held AND lease_epoch = :epoch";
/// The same where the checkpoint must be of a chunk of that size.
const HELD_WITH_ROWS: &str =
    "chunk_state = :held AND lease_epoch = :epoch AND row_count = :rows AND in_bucket = :bucket";

pub(super) async fn claim(
    table: &Table,
    job: &JobId,
    chunk: ChunkId,
    grounds: Claim,
    worker: &WorkerId,
    now: Timestamp,
) -> Result<(Lease, ChunkRecord), LedgerError> {
    let mut values = vec![
        (":worker", text(worker.as_str())),
        (":now", number(now.as_millis())),
        (":none", number(0)),
        (":one", number(1)),
        (":id", text(chunk.to_string())),
    ];
    let (from, condition, fruitless) = match grounds {
        Claim::Pending => (ChunkState::Pending, "chunk_state = :from", false),
        Claim::Takeover { epoch, renewals, fruitless } => {
            values.push((":epoch", number(epoch.0)));
            values.push((":renewals", number(renewals)));
            let numbers = "chunk_state = :from AND lease_epoch = :epoch AND renewals = :renewals";
            (ChunkState::Leased, numbers, fruitless)
        }
    };
    values.push((":from", text(state_word(from))));
    values.push((":to", text(step(from, ChunkEvent::Claim)?)));
    values.push((":faults", number(u32::from(fruitless))));
    let item = table
        .update_and_get(Write {
            key: record::key(job, chunk),
            change: "SET chunk_state = :to, lease_epoch = lease_epoch + :one, renewals = :none, \
                attempts = attempts + :faults, worker = :worker, leased_chunk = :id, \
                first_claimed = if_not_exists(first_claimed, :now)",
            condition: Some(condition),
            values,
            names: Vec::new(),
        })
        .await?;
    let record = chunks::with_uploads(table, job, &item).await?;
    Ok((Lease { job: job.clone(), chunk, epoch: record.epoch }, record))
}

pub(super) async fn renew(table: &Table, lease: &Lease) -> Result<(), LedgerError> {
    let values = vec![(":one", number(1))];
    table.update(held(lease, "SET renewals = renewals + :one", values)).await
}

pub(super) async fn checkpoint(
    table: &Table,
    lease: &Lease,
    checkpoint: &Checkpoint,
) -> Result<(), LedgerError> {
    if !checkpoint.adds_up() {
        return Err(misshapen(lease));
    }
    let values =
        vec![(":checkpoint", packed(checkpoint)?), (":rows", number(checkpoint.settled.len()))];
    let write = held(lease, "SET checkpoint = :checkpoint", values);
    let condition = Some("chunk_state = :held AND lease_epoch = :epoch AND row_count = :rows");
    table.update(Write { condition, ..write }).await
}

pub(super) async fn open_upload(
    table: &Table,
    lease: &Lease,
    row: u32,
    upload: &OpenUpload,
) -> Result<(), LedgerError> {
    let chunk = held(lease, "ADD uploads :rows", vec![(":rows", one_row(row))]);
    let key = chunks::upload_key(&lease.job, lease.chunk, row);
    let put = table.putting(key, vec![("upload", packed(upload)?)])?;
    table.transact(vec![table.in_transaction(chunk)?, put]).await
}

pub(super) async fn close_upload(
    table: &Table,
    lease: &Lease,
    row: u32,
) -> Result<(), LedgerError> {
    let chunk = held(lease, "DELETE uploads :rows", vec![(":rows", one_row(row))]);
    let delete = table.deleting(chunks::upload_key(&lease.job, lease.chunk, row))?;
    table.transact(vec![table.in_transaction(chunk)?, delete]).await
}

fn one_row(row: u32) -> AttributeValue {
    AttributeValue::Ns(vec![row.to_string()])
}

/// Ends a chunk and moves its bucket's counters in the same transaction.
pub(super) async fn settle(
    table: &Table,
    lease: &Lease,
    checkpoint: &Checkpoint,
    event: ChunkEvent,
) -> Result<(), LedgerError> {
    let accounted = match event {
        ChunkEvent::Complete => checkpoint.is_complete(),
        _ => checkpoint.accounts_for_all(),
    };
    if !accounted {
        return Err(misshapen(lease));
    }
    // Which counters move; the transaction holds the chunk to that.
    let item = table.get(record::key(&lease.job, lease.chunk)).await?;
    let bucket = item.ok_or_else(|| lost(lease))?.text("in_bucket")?.to_owned();
    let values = vec![
        (":to", text(step(ChunkState::Leased, event)?)),
        (":checkpoint", packed(checkpoint)?),
        (":rows", number(checkpoint.settled.len())),
        (":bucket", text(bucket.as_str())),
    ];
    let change = "SET chunk_state = :to, checkpoint = :checkpoint REMOVE open_chunk, leased_chunk";
    let chunk = Write { condition: Some(HELD_WITH_ROWS), ..held(lease, change, values) };
    let count = tallies::moving(table, lease, &bucket, &checkpoint.tally)?;
    table.transact(vec![table.in_transaction(chunk)?, count]).await
}

pub(super) async fn release(
    table: &Table,
    lease: &Lease,
    release: Release,
) -> Result<(), LedgerError> {
    let values = vec![
        (":to", text(step(ChunkState::Leased, ChunkEvent::Release)?)),
        (":faults", number(u32::from(release == Release::Fault))),
    ];
    let change = "SET chunk_state = :to, attempts = attempts + :faults REMOVE worker, leased_chunk";
    table.update(held(lease, change, values)).await
}

/// A write of the lease's holder.
fn held<'a>(lease: &Lease, change: &'a str, mut values: Values<'a>) -> Write<'a> {
    values.push((":held", text(state_word(ChunkState::Leased))));
    values.push((":epoch", number(lease.epoch.0)));
    let key = record::key(&lease.job, lease.chunk);
    Write { key, change, condition: Some(HELD), values, names: Vec::new() }
}

fn step(from: ChunkState, event: ChunkEvent) -> Result<&'static str, LedgerError> {
    next_chunk_state(from, event)
        .map(state_word)
        .map_err(|illegal| LedgerError::new(LedgerErrorKind::Conflict, illegal.to_string()))
}

fn lost(Lease { chunk, epoch, .. }: &Lease) -> LedgerError {
    let what = format!("chunk {chunk} isn't held under epoch {}", epoch.0);
    LedgerError::new(LedgerErrorKind::Conflict, what)
}

fn misshapen(lease: &Lease) -> LedgerError {
    let what = format!("the checkpoint of chunk {} doesn't add up", lease.chunk);
    LedgerError::new(LedgerErrorKind::Conflict, what)
}
