//! Records as rows, and back.

use std::fmt::Display;
use std::str::FromStr;

use reseal_core::ports::ChunkRecord;
use reseal_core::{ChunkId, ChunkState, Cursor, Epoch, JobRecord, Timestamp, WorkerId};
use rusqlite::{Connection, Row, named_params};
use serde::de::value::Error as ValueError;
use serde::de::{DeserializeOwned, IntoDeserializer as _};

use crate::db::DbError;

/// A chunk from its row, columns by name.
pub(super) fn chunk(row: &Row<'_>) -> Result<ChunkRecord, DbError> {
    let worker: Option<String> = row.get("worker")?;
    let first_claimed_at: Option<i64> = row.get("first_claimed_at")?;
    Ok(ChunkRecord {
        job: parsed(row, "job")?,
        id: ChunkId { source: row.get("source")?, sequence: row.get("sequence")? },
        bucket: parsed(row, "bucket")?,
        rows: row.get("row_count")?,
        digest: word(row, "digest")?,
        next: Cursor(row.get("next_cursor")?),
        state: word(row, "state")?,
        epoch: Epoch(row.get("epoch")?),
        renewals: row.get("renewals")?,
        worker: worker.map(WorkerId::new),
        attempts: row.get("attempts")?,
        first_claimed_at: first_claimed_at.map(Timestamp::from_millis),
        checkpoint: json(row, "checkpoint")?,
        uploads: json(row, "uploads")?,
    })
}

/// Puts a chunk in unless its id is taken; whether it did.
pub(super) fn insert_chunk(db: &Connection, chunk: &ChunkRecord) -> Result<bool, DbError> {
    // Without `..`: a new field must find its column.
    let ChunkRecord {
        job,
        id: ChunkId { source, sequence },
        bucket,
        rows,
        digest,
        next,
        state,
        epoch,
        renewals,
        worker,
        attempts,
        first_claimed_at,
        checkpoint,
        uploads,
    } = chunk;
    let mut insert = db.prepare_cached(
        "INSERT INTO chunks VALUES (:job, :source, :sequence, :bucket, :rows, :digest, :next,
            :state, :epoch, :renewals, :worker, :attempts, :first_claimed_at, :checkpoint, :uploads)
        ON CONFLICT DO NOTHING",
    )?;
    let inserted = insert.execute(named_params! {
        ":job": job.as_str(),
        ":source": source,
        ":sequence": sequence,
        ":bucket": bucket.as_str(),
        ":rows": rows,
        ":digest": digest.as_str(),
        ":next": next.0,
        ":state": state_word(*state),
        ":epoch": epoch.0,
        ":renewals": renewals,
        ":worker": worker.as_ref().map(WorkerId::as_str),
        ":attempts": attempts,
        ":first_claimed_at": first_claimed_at.map(Timestamp::as_millis),
        ":checkpoint": serde_json::to_string(checkpoint)?,
        ":uploads": serde_json::to_string(uploads)?,
    })?;
    Ok(inserted == 1)
}

/// A job from its row: as submitted, but for what moves.
pub(super) fn job(row: &Row<'_>) -> Result<JobRecord, DbError> {
    let submitted: JobRecord = json(row, "record")?;
    Ok(JobRecord { state: json(row, "state")?, revision: row.get("revision")?, ..submitted })
}

/// The word for a state in the `state` column: serde's, which reads it back.
pub(super) fn state_word(state: ChunkState) -> &'static str {
    match state {
        ChunkState::Pending => "pending",
        ChunkState::Leased => "leased",
        ChunkState::Done => "done",
        ChunkState::Quarantined => "quarantined",
    }
}

/// A column of JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<T, DbError> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|e| DbError::unreadable(column, &e))
}

/// A column whose text is a name with rules.
pub(super) fn parsed<T: FromStr<Err: Display>>(row: &Row<'_>, column: &str) -> Result<T, DbError> {
    let text: String = row.get(column)?;
    text.parse().map_err(|e| DbError::unreadable(column, &e))
}

/// A column whose text is what serde writes for the value, without quotes.
fn word<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<T, DbError> {
    let text: String = row.get(column)?;
    T::deserialize(text.into_deserializer())
        .map_err(|e: ValueError| DbError::unreadable(column, &e))
}
