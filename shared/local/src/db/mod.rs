//! The SQLite file behind ledger and queue.
//!
//! Owns: the one connection, its thread, group commit, the schema, and what
//! each of SQLite's errors means to a caller.
//! Never: knows what a chunk is.
//! Next: `group` for how requests become transactions.

mod error;
mod group;
mod schema;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

pub(crate) use error::DbError;
use group::{Request, Task, serve};
use rusqlite::Connection;
pub(crate) use schema::{SCHEMA_VERSION, SchemaError, create, expect_current, tune};
use tokio::sync::oneshot;

use crate::io_thread::{IoThread, Stopped};
use crate::lock::FolderLock;

/// The database, for as many as want it.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    thread: Arc<IoThread<Request>>,
}

impl Database {
    /// Gives the connection to a thread of its own. The folder's lock, where
    /// one is held, is let go of only after the connection.
    pub(crate) fn start(connection: Connection, lock: Option<Arc<FolderLock>>) -> io::Result<Self> {
        let thread = IoThread::start("reseal-ledger", move |inbox| {
            serve(&connection, inbox);
            drop((connection, lock));
        })?;
        Ok(Self { thread: Arc::new(thread) })
    }

    /// Runs a verb that only reads.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Connection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        self.ask(false, verb).await
    }

    /// Runs a verb that writes; answers once that is on the disk. A verb that
    /// fails leaves nothing behind.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Connection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        self.ask(true, verb).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        writes: bool,
        verb: impl FnOnce(&Connection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        let (reply, answer) = oneshot::channel();
        let request = Request { writes, task: Box::new(Task::new(verb, reply)) };
        self.thread.send(request).await.map_err(|Stopped| DbError::stopped())?;
        answer.await.unwrap_or_else(|_| Err(DbError::stopped()))
    }
}
