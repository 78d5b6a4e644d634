//! The tables, their version and the settings of a connection.

use std::time::Duration;

use rusqlite::Connection;

/// What this build writes, in the file's `user_version`. A file of a newer
/// build is refused; older ones would be migrated here.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// How long a write waits for another process's (`pause`, a backup) before
/// the caller is told to slow down.
const BUSY: Duration = Duration::from_secs(5);

/// Distinct statements, all of which stay prepared.
const STATEMENTS: usize = 48;

const TABLES: &str = "
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,   -- JSON
    record TEXT NOT NULL   -- JSON, as submitted
) STRICT;

CREATE TABLE closed_sources (
    job TEXT NOT NULL,
    source INTEGER NOT NULL,
    PRIMARY KEY (job, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE chunks (
    job TEXT NOT NULL,
    source INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    bucket TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    digest TEXT NOT NULL,
    next_cursor TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'leased', 'done', 'quarantined')),
    epoch INTEGER NOT NULL,
    renewals INTEGER NOT NULL,
    worker TEXT,
    attempts INTEGER NOT NULL,
    first_claimed_at INTEGER,   -- milliseconds since the Unix epoch
    checkpoint TEXT NOT NULL,   -- JSON
    uploads TEXT NOT NULL,      -- JSON, by row
    PRIMARY KEY (job, source, sequence)
) STRICT;

CREATE INDEX open_chunks ON chunks (job, source, sequence) WHERE state IN ('pending', 'leased');

CREATE TABLE tallies (
    job TEXT NOT NULL,
    bucket TEXT NOT NULL,
    tally TEXT NOT NULL,   -- JSON
    PRIMARY KEY (job, bucket)
) STRICT, WITHOUT ROWID;

-- Ids are never used again, or an old receipt could reach a new message.
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL,
    visible_at INTEGER NOT NULL,   -- microseconds of this process's monotonic clock
    deliveries INTEGER NOT NULL
) STRICT;

CREATE INDEX messages_by_time ON messages (visible_at);
";

/// Why a file isn't used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    /// Written by a newer build.
    #[error("it has version {0}, this build knows {SCHEMA_VERSION}")]
    Newer(u32),
    /// Not a ledger.
    #[error("it holds no ledger")]
    Missing,
    /// SQLite refuses it.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

/// The settings that a connection needs to keep our promises.
pub(crate) fn tune(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Every commit reaches the disk before it is answered. NORMAL would lose
    // the last commits of a machine that loses power, among them checkpoints
    // of copies already made (I8) and ids of uploads already begun (I7).
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS a plain fsync stops at the drive's cache.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    // The file may come from elsewhere: no functions from its schema.
    connection.pragma_update(None, "trusted_schema", false)
}

/// Makes the tables in a new file; checks the version of an old one.
pub(crate) fn create(connection: &mut Connection) -> Result<(), SchemaError> {
    // Readers and a `pause` from another process don't hold up the writer.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.transaction()?;
    if version(&transaction)? == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    transaction.commit()?;
    expect_current(connection)
}

/// Checks that the file is a ledger of this build's version.
pub(crate) fn expect_current(connection: &Connection) -> Result<(), SchemaError> {
    match version(connection)? {
        SCHEMA_VERSION => Ok(()),
        0 => Err(SchemaError::Missing),
        newer => Err(SchemaError::Newer(newer)),
    }
}

fn version(connection: &Connection) -> Result<u32, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
