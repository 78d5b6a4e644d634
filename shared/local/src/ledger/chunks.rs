//! Chunks as splitting writes them and as everybody reads them.

use reseal_core::ports::{Binding, ChunkRecord, SourceState};
use reseal_core::{ChunkId, JobId};
use rusqlite::{Connection, Params, params};

use super::rows;
use crate::db::DbError;

pub(super) fn bind(db: &Connection, chunk: &ChunkRecord) -> Result<Binding, DbError> {
    if let Some(first) = get(db, &chunk.job, chunk.id)? {
        return Ok(Binding::Adopted(Box::new(first)));
    }
    // All of this is one transaction: nobody comes between.
    if is_closed(db, &chunk.job, chunk.id.source)? || !rows::insert_chunk(db, chunk)? {
        let why = format!("chunk {} is taken, or its source is closed", chunk.id);
        return Err(DbError::conflict(why));
    }
    Ok(Binding::Bound)
}

pub(super) fn close_source(db: &Connection, job: &JobId, source: u32) -> Result<(), DbError> {
    let mut insert =
        db.prepare_cached("INSERT INTO closed_sources VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    insert.execute(params![job.as_str(), source])?;
    Ok(())
}

pub(super) fn source(db: &Connection, job: &JobId, source: u32) -> Result<SourceState, DbError> {
    let last = select(
        db,
        "SELECT * FROM chunks WHERE job = ?1 AND source = ?2 ORDER BY sequence DESC LIMIT 1",
        params![job.as_str(), source],
    )?;
    let closed = is_closed(db, job, source)?;
    Ok(SourceState { last: last.into_iter().next(), closed })
}

fn is_closed(db: &Connection, job: &JobId, source: u32) -> Result<bool, DbError> {
    let mut select =
        db.prepare_cached("SELECT 1 FROM closed_sources WHERE job = ?1 AND source = ?2")?;
    Ok(select.exists(params![job.as_str(), source])?)
}

pub(super) fn get(
    db: &Connection,
    job: &JobId,
    ChunkId { source, sequence }: ChunkId,
) -> Result<Option<ChunkRecord>, DbError> {
    let found = select(
        db,
        "SELECT * FROM chunks WHERE job = ?1 AND source = ?2 AND sequence = ?3",
        params![job.as_str(), source, sequence],
    )?;
    Ok(found.into_iter().next())
}

pub(super) fn page(
    db: &Connection,
    job: &JobId,
    after: Option<ChunkId>,
    limit: u32,
) -> Result<Vec<ChunkRecord>, DbError> {
    let (source, sequence) = position(after)?;
    select(
        db,
        "SELECT * FROM chunks WHERE job = ?1 AND (source, sequence) > (?2, ?3)
        ORDER BY source, sequence LIMIT ?4",
        params![job.as_str(), source, sequence, limit],
    )
}

/// The same words as in the index, or SQLite doesn't see that it fits.
const OPEN_PAGE: &str = "SELECT * FROM chunks
    WHERE job = ?1 AND (source, sequence) > (?2, ?3) AND state IN ('pending', 'leased')
    ORDER BY source, sequence LIMIT ?4";

pub(super) fn open_page(
    db: &Connection,
    job: &JobId,
    after: Option<ChunkId>,
    limit: u32,
) -> Result<Vec<ChunkRecord>, DbError> {
    let (source, sequence) = position(after)?;
    select(db, OPEN_PAGE, params![job.as_str(), source, sequence, limit])
}

pub(super) fn leased_page(
    db: &Connection,
    job: &JobId,
    after: Option<ChunkId>,
    limit: u32,
) -> Result<Vec<ChunkRecord>, DbError> {
    let (source, sequence) = position(after)?;
    // Through the index of open chunks, of which one machine has few.
    select(
        db,
        "SELECT * FROM chunks
        WHERE job = ?1 AND (source, sequence) > (?2, ?3) AND state IN ('pending', 'leased')
            AND state = 'leased'
        ORDER BY source, sequence LIMIT ?4",
        params![job.as_str(), source, sequence, limit],
    )
}

fn select(
    db: &Connection,
    query: &str,
    parameters: impl Params,
) -> Result<Vec<ChunkRecord>, DbError> {
    db.prepare_cached(query)?.query_and_then(parameters, rows::chunk)?.collect()
}

/// Where a page begins: after this, which for the first page is before all.
fn position(after: Option<ChunkId>) -> Result<(i64, i64), DbError> {
    let Some(ChunkId { source, sequence }) = after else { return Ok((-1, -1)) };
    let sequence = i64::try_from(sequence)
        .map_err(|_| DbError::conflict(format!("no chunk has the number {sequence}")))?;
    Ok((i64::from(source), sequence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::create;

    #[test]
    fn open_chunks_are_found_by_the_sparse_index() {
        let mut db = Connection::open_in_memory().expect("opens");
        create(&mut db).expect("creates");
        let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {OPEN_PAGE}")).expect("prepares");
        let plan: Vec<String> = explain
            .query_map(params!["job", 0, 0, 1], |row| row.get(3))
            .expect("runs")
            .collect::<Result<_, _>>()
            .expect("reads");
        assert!(plan.len() == 1 && plan[0].contains("USING INDEX open_chunks"), "{plan:?}");
    }
}
