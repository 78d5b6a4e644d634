//! What an error of SQLite's means to a caller: decided here, once.

use reseal_core::ports::{LedgerError, LedgerErrorKind, QueueError};
use rusqlite::ErrorCode;

/// A failed request.
#[derive(Clone, Debug)]
pub(crate) struct DbError {
    /// What the caller must do.
    pub(crate) kind: LedgerErrorKind,
    /// Whether the disk failed us: nothing may be trusted to it any more.
    pub(crate) disk_failed: bool,
    message: String,
}

impl DbError {
    /// The verb's condition doesn't hold.
    pub(crate) fn conflict(condition: impl Into<String>) -> Self {
        Self { kind: LedgerErrorKind::Conflict, disk_failed: false, message: condition.into() }
    }

    /// What is stored can't be read.
    pub(crate) fn unreadable(what: &str, why: &dyn std::fmt::Display) -> Self {
        Self::unavailable(format!("a stored {what} can't be read: {why}"))
    }

    /// The thread has panicked.
    pub(crate) fn stopped() -> Self {
        Self::unavailable("the database's thread has stopped")
    }

    fn unavailable(message: impl Into<String>) -> Self {
        Self { kind: LedgerErrorKind::Unavailable, disk_failed: false, message: message.into() }
    }
}

impl From<rusqlite::Error> for DbError {
    /// | SQLite says | the caller |
    /// |---|---|
    /// | busy, locked: another process writes (`pause`, a backup) | slows down and repeats |
    /// | anything else (full, I/O, read-only, corrupt, …) | starts nothing new (I9) |
    ///
    /// A condition that doesn't hold is never an error of SQLite's: verbs see
    /// it in the number of rows they changed. Nor is anything ambiguous: a
    /// commit that failed is answered as unavailable, and whoever opens the
    /// file next reads what became of it.
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        let kind = match code {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => LedgerErrorKind::Throttled,
            _ => LedgerErrorKind::Unavailable,
        };
        let disk_failed =
            matches!(code, Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt));
        Self { kind, disk_failed, message: error.to_string() }
    }
}

impl From<serde_json::Error> for DbError {
    fn from(error: serde_json::Error) -> Self {
        Self::unavailable(format!("a record can't be written: {error}"))
    }
}

impl std::fmt::Display for DbError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<DbError> for LedgerError {
    fn from(error: DbError) -> Self {
        Self::new(error.kind, error.message)
    }
}

impl From<DbError> for QueueError {
    fn from(error: DbError) -> Self {
        Self(error.message)
    }
}
