//! Group commit: whatever waits when the disk is free shares one transaction
//! and one fsync.
//!
//! A commit with `synchronous=FULL` costs an fsync, some milliseconds, while
//! the verbs themselves cost microseconds. Requests that arrive during one
//! fsync are settled together by the next, so the ledger takes far more
//! writes a second than the disk takes fsyncs, and no request waits for more
//! than two of them.
//!
//! Each verb runs in a savepoint of its own: a condition that doesn't hold
//! undoes that verb and no other. Nobody is answered before the commit; when
//! it fails, all are told so.

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::DbError;

/// Requests that share a transaction at most: bounds how long the first waits.
const GROUP: usize = 128;

/// One verb, waiting for its turn.
pub(super) struct Request {
    pub(super) writes: bool,
    pub(super) task: Box<dyn Work>,
}

/// A verb whose type of answer is forgotten.
pub(super) trait Work: Send {
    /// Runs it, once, and keeps its result. The error is for the group to see.
    fn run(&mut self, connection: &Connection) -> Result<(), DbError>;

    /// Answers, given what became of the group.
    fn answer(self: Box<Self>, group: Result<(), DbError>);
}

/// A verb and who waits for its result.
pub(super) struct Task<T, V> {
    verb: Option<V>,
    result: Option<Result<T, DbError>>,
    reply: oneshot::Sender<Result<T, DbError>>,
}

impl<T, V> Task<T, V> {
    pub(super) fn new(verb: V, reply: oneshot::Sender<Result<T, DbError>>) -> Self {
        Self { verb: Some(verb), result: None, reply }
    }
}

impl<T, V> Work for Task<T, V>
where
    T: Send,
    V: FnOnce(&Connection) -> Result<T, DbError> + Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), DbError> {
        let Some(verb) = self.verb.take() else { return Ok(()) };
        let result = verb(connection);
        let seen = result.as_ref().map(|_| ()).map_err(Clone::clone);
        self.result = Some(result);
        seen
    }

    fn answer(self: Box<Self>, group: Result<(), DbError>) {
        let result = self.result.unwrap_or_else(|| Err(DbError::stopped()));
        // Nobody may be waiting any more; what was done stays done.
        let _ = self.reply.send(group.and(result));
    }
}

/// Serves requests until the last handle is gone.
pub(super) fn serve(connection: &Connection, mut inbox: mpsc::Receiver<Request>) {
    let mut disk = Ok(());
    while let Some(first) = inbox.blocking_recv() {
        let mut group = vec![first];
        while let Some(next) = (group.len() < GROUP).then(|| inbox.try_recv().ok()).flatten() {
            group.push(next);
        }
        let outcome = disk.clone().and_then(|()| settle(connection, &mut group));
        // After a failed fsync the next may succeed without having written
        // what the failed one lost: nothing more is taken on.
        disk = disk.and(outcome.clone().or_else(|e| if e.disk_failed { Err(e) } else { Ok(()) }));
        for request in group {
            request.task.answer(outcome.clone());
        }
    }
}

/// Runs a group in one transaction, wholly or not at all.
fn settle(connection: &Connection, group: &mut [Request]) -> Result<(), DbError> {
    let writes = group.iter().any(|request| request.writes);
    // A writer takes the file's write lock first, so that no verb meets a
    // busy file half-way.
    connection.execute_batch(if writes { "BEGIN IMMEDIATE" } else { "BEGIN" })?;
    let outcome = group
        .iter_mut()
        .try_for_each(|request| run(connection, request))
        .and_then(|()| Ok(connection.execute_batch("COMMIT")?));
    if outcome.is_err() && !connection.is_autocommit() {
        // It can only fail for what made the commit fail.
        let _ = connection.execute_batch("ROLLBACK");
    }
    outcome
}

/// Runs one verb. An error here is one that the whole group shares.
fn run(connection: &Connection, request: &mut Request) -> Result<(), DbError> {
    if request.writes {
        connection.execute_batch("SAVEPOINT verb")?;
    }
    let result = request.task.run(connection);
    if connection.is_autocommit() {
        // A full disk and the like make SQLite undo the whole transaction.
        return result.and(Err(DbError::stopped()));
    }
    if !request.writes {
        return Ok(());
    }
    let end = if result.is_ok() { "RELEASE verb" } else { "ROLLBACK TO verb; RELEASE verb" };
    Ok(connection.execute_batch(end)?)
}
