//! Jobs.

use reseal_core::{JobId, JobRecord, JobState, job_may_become};
use rusqlite::{Connection, params};

use super::rows;
use crate::db::DbError;

pub(super) fn create(db: &Connection, job: &JobRecord) -> Result<(), DbError> {
    let mut insert =
        db.prepare_cached("INSERT INTO jobs VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?;
    let state = serde_json::to_string(&job.state)?;
    let record = serde_json::to_string(job)?;
    match insert.execute(params![job.id.as_str(), job.revision, state, record])? {
        0 => Err(DbError::conflict(format!("job {} exists", job.id))),
        _ => Ok(()),
    }
}

pub(super) fn get(db: &Connection, id: &JobId) -> Result<Option<JobRecord>, DbError> {
    let mut select = db.prepare_cached("SELECT * FROM jobs WHERE id = ?1")?;
    let mut found = select.query_and_then([id.as_str()], rows::job)?;
    found.next().transpose()
}

pub(super) fn page(
    db: &Connection,
    after: Option<&JobId>,
    limit: u32,
) -> Result<Vec<JobRecord>, DbError> {
    // No id is empty, so that all come after the empty text.
    let after = after.map_or("", JobId::as_str);
    let mut select = db.prepare_cached("SELECT * FROM jobs WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    select.query_and_then(params![after, limit], rows::job)?.collect()
}

pub(super) fn set_state(
    db: &Connection,
    id: &JobId,
    revision: u64,
    to: JobState,
) -> Result<(), DbError> {
    let mut select = db.prepare_cached("SELECT state FROM jobs WHERE id = ?1 AND revision = ?2")?;
    let from = select
        .query_and_then(params![id.as_str(), revision], |row| rows::json(row, "state"))?
        .next()
        .transpose()?
        .ok_or_else(|| DbError::conflict(format!("job {id} hasn't revision {revision}")))?;
    if !job_may_become(from, to) {
        return Err(DbError::conflict(format!("job {id} can't go from {from:?} to {to:?}")));
    }
    let mut update = db.prepare_cached(
        "UPDATE jobs SET state = ?3, revision = revision + 1 WHERE id = ?1 AND revision = ?2",
    )?;
    update.execute(params![id.as_str(), revision, serde_json::to_string(&to)?])?;
    Ok(())
}
