//! What happens to a chunk while somebody holds it. Every write repeats the
//! lease's condition in its statement.

use std::collections::BTreeMap;

use reseal_core::ports::{ChunkRecord, Claim, Lease, OpenUpload, Release};
use reseal_core::{
    BucketName, Checkpoint, ChunkEvent, ChunkId, ChunkState, JobId, Tally, Timestamp, WorkerId,
    next_chunk_state,
};
use rusqlite::{Connection, ToSql, named_params, params};

use super::rows::{self, state_word};
use crate::db::DbError;

/// The condition of every write of a lease holder. A macro, so that it can
/// stand inside literals, which stay prepared.
macro_rules! held {
    ($before:literal) => {
        concat!(
            $before,
            " WHERE job = :job AND source = :source AND sequence = :sequence",
            " AND state = 'leased' AND epoch = :epoch"
        )
    };
}

pub(super) fn claim(
    db: &Connection,
    job: &JobId,
    chunk: ChunkId,
    grounds: Claim,
    worker: &WorkerId,
    now: Timestamp,
) -> Result<(Lease, ChunkRecord), DbError> {
    let (from, numbers) = match grounds {
        Claim::Pending => (ChunkState::Pending, None),
        Claim::Takeover { epoch, renewals, fruitless: _ } => {
            (ChunkState::Leased, Some((epoch.0, renewals)))
        }
    };
    let mut update = db.prepare_cached(
        "UPDATE chunks SET state = :to, epoch = epoch + 1, renewals = 0, worker = :worker,
            attempts = attempts + :fruitless,
            first_claimed_at = coalesce(first_claimed_at, :now)
        WHERE job = :job AND source = :source AND sequence = :sequence AND state = :from
            AND epoch = coalesce(:epoch, epoch) AND renewals = coalesce(:renewals, renewals)
        RETURNING *",
    )?;
    let parameters = named_params! {
        ":to": step(from, ChunkEvent::Claim)?,
        ":worker": worker.as_str(),
        ":fruitless": matches!(grounds, Claim::Takeover { fruitless: true, .. }),
        ":now": now.as_millis(),
        ":job": job.as_str(),
        ":source": chunk.source,
        ":sequence": chunk.sequence,
        ":from": state_word(from),
        ":epoch": numbers.map(|(epoch, _)| epoch),
        ":renewals": numbers.map(|(_, renewals)| renewals),
    };
    let record = only(update.query_and_then(parameters, rows::chunk)?)?.ok_or_else(|| {
        DbError::conflict(format!("chunk {chunk} isn't there or not {grounds:?}"))
    })?;
    Ok((Lease { job: job.clone(), chunk, epoch: record.epoch }, record))
}

pub(super) fn renew(db: &Connection, lease: &Lease) -> Result<(), DbError> {
    held(db, held!("UPDATE chunks SET renewals = renewals + 1"), lease, &[])
}

pub(super) fn checkpoint(
    db: &Connection,
    lease: &Lease,
    checkpoint: &Checkpoint,
) -> Result<(), DbError> {
    if !checkpoint.adds_up() {
        return Err(misshapen(lease));
    }
    let text = serde_json::to_string(checkpoint)?;
    held(
        db,
        concat!(held!("UPDATE chunks SET checkpoint = :checkpoint"), " AND row_count = :rows"),
        lease,
        &[(":checkpoint", &text), (":rows", &checkpoint.settled.len())],
    )
}

pub(super) fn open_upload(
    db: &Connection,
    lease: &Lease,
    row: u32,
    upload: &OpenUpload,
) -> Result<(), DbError> {
    let upload = serde_json::to_string(upload)?;
    held(
        db,
        held!("UPDATE chunks SET uploads = json_set(uploads, :path, json(:upload))"),
        lease,
        &[(":path", &path(row)), (":upload", &upload)],
    )
}

pub(super) fn close_upload(db: &Connection, lease: &Lease, row: u32) -> Result<(), DbError> {
    held(
        db,
        held!("UPDATE chunks SET uploads = json_remove(uploads, :path)"),
        lease,
        &[(":path", &path(row))],
    )
}

/// Ends a chunk and moves its bucket's counters in the same transaction.
pub(super) fn settle(
    db: &Connection,
    lease: &Lease,
    checkpoint: &Checkpoint,
    event: ChunkEvent,
) -> Result<(), DbError> {
    let accounted = match event {
        ChunkEvent::Complete => checkpoint.is_complete(),
        _ => checkpoint.accounts_for_all(),
    };
    if !accounted {
        return Err(misshapen(lease));
    }
    let mut update = db.prepare_cached(concat!(
        held!("UPDATE chunks SET state = :to, checkpoint = :checkpoint"),
        " AND row_count = :rows RETURNING bucket"
    ))?;
    let (to, text) = (step(ChunkState::Leased, event)?, serde_json::to_string(checkpoint)?);
    let rows = checkpoint.settled.len();
    let key = key(lease);
    let mut parameters = named(&key);
    parameters.extend([(":to", &to as &dyn ToSql), (":checkpoint", &text), (":rows", &rows)]);
    let found = update.query_and_then(&*parameters, |row| rows::parsed(row, "bucket"))?;
    let bucket = only(found)?.ok_or_else(|| lost(lease))?;
    count(db, &lease.job, &bucket, &checkpoint.tally)
}

/// Read and replaced within one transaction: nobody comes between.
fn count(db: &Connection, job: &JobId, bucket: &BucketName, by: &Tally) -> Result<(), DbError> {
    let mut select =
        db.prepare_cached("SELECT tally FROM tallies WHERE job = ?1 AND bucket = ?2")?;
    let name = params![job.as_str(), bucket.as_str()];
    let found = only(select.query_and_then(name, |row| rows::json(row, "tally"))?)?;
    let mut tally: Tally = found.unwrap_or_default();
    tally += by;
    let mut replace = db.prepare_cached("REPLACE INTO tallies VALUES (?1, ?2, ?3)")?;
    replace.execute(params![job.as_str(), bucket.as_str(), serde_json::to_string(&tally)?])?;
    Ok(())
}

pub(super) fn release(db: &Connection, lease: &Lease, release: Release) -> Result<(), DbError> {
    let to = step(ChunkState::Leased, ChunkEvent::Release)?;
    held(
        db,
        held!("UPDATE chunks SET state = :to, worker = NULL, attempts = attempts + :faults"),
        lease,
        &[(":to", &to), (":faults", &u32::from(release == Release::Fault))],
    )
}

pub(super) fn tallies(
    db: &Connection,
    job: &JobId,
) -> Result<BTreeMap<BucketName, Tally>, DbError> {
    let mut select = db.prepare_cached("SELECT bucket, tally FROM tallies WHERE job = ?1")?;
    select
        .query_and_then([job.as_str()], |row| {
            Ok((rows::parsed(row, "bucket")?, rows::json(row, "tally")?))
        })?
        .collect()
}

/// Gives back what a process held that is no more: the caller holds the
/// folder's lock, so nobody else works here. Epochs stay, and the next claim
/// counts on, so that not even a ghost could write. How many there were.
pub(crate) fn recover(db: &Connection) -> Result<u64, DbError> {
    let to = step(ChunkState::Leased, ChunkEvent::Release)?;
    let given_back =
        db.execute("UPDATE chunks SET state = ?1, worker = NULL WHERE state = 'leased'", [to])?;
    Ok(given_back as u64)
}

/// Runs a statement that ends in the lease's condition.
fn held(
    db: &Connection,
    statement: &str,
    lease: &Lease,
    parameters: &[(&str, &dyn ToSql)],
) -> Result<(), DbError> {
    let key = key(lease);
    let mut all = named(&key);
    all.extend_from_slice(parameters);
    match db.prepare_cached(statement)?.execute(&*all)? {
        0 => Err(lost(lease)),
        _ => Ok(()),
    }
}

/// What the lease's condition compares with.
type Key<'a> = (&'a str, u32, u64, u64);

fn key(Lease { job, chunk, epoch }: &Lease) -> Key<'_> {
    (job.as_str(), chunk.source, chunk.sequence, epoch.0)
}

fn named<'a>((job, source, sequence, epoch): &'a Key<'_>) -> Vec<(&'a str, &'a dyn ToSql)> {
    vec![(":job", job), (":source", source), (":sequence", sequence), (":epoch", epoch)]
}

fn step(from: ChunkState, event: ChunkEvent) -> Result<&'static str, DbError> {
    next_chunk_state(from, event)
        .map(state_word)
        .map_err(|illegal| DbError::conflict(illegal.to_string()))
}

/// The first row, having run the statement to its end: with `RETURNING` only
/// then is it done.
fn only<T>(rows: impl Iterator<Item = Result<T, DbError>>) -> Result<Option<T>, DbError> {
    rows.collect::<Result<Vec<T>, _>>().map(|rows| rows.into_iter().next())
}

fn lost(Lease { chunk, epoch, .. }: &Lease) -> DbError {
    DbError::conflict(format!("chunk {chunk} isn't held under epoch {}", epoch.0))
}

fn misshapen(lease: &Lease) -> DbError {
    DbError::conflict(format!("the checkpoint of chunk {} doesn't add up", lease.chunk))
}

/// Where an upload lies within the JSON of `uploads`.
fn path(row: u32) -> String {
    format!("$.\"{row}\"")
}
