//! The state folder: how it is opened, and by whom.
//!
//! | opened | lock | may |
//! |---|---|---|
//! | [`StateDir::open`], [`StateDir::work`] | taken | everything |
//! | [`StateDir::open_read_only`] | not needed | read: `status`, `report` |
//! | [`StateDir::open_beside`] | not needed | read, and change a job's state: `pause`, `resume`, `cancel` |

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reseal_core::Timestamp;
use reseal_core::ports::Clock;
use rusqlite::{Connection, OpenFlags};

use crate::db::{self, Database, DbError, SCHEMA_VERSION, SchemaError};
use crate::files::{Files, LocalChunks, LocalReport, make_folder};
use crate::ledger::{self, SqliteLedger};
use crate::lock::{self, FolderLock, Holder, Refused};
use crate::queue::{self, SqliteQueue};

/// Why a state folder could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process works in it.
    #[error("the state folder {path} is in use by {}", describe(holder.as_ref()))]
    Taken {
        /// The folder.
        path: PathBuf,
        /// Who, as far as its lock file tells.
        holder: Option<Holder>,
    },
    /// Written by a newer build of reseal.
    #[error("{path} has version {found}, this build knows {SCHEMA_VERSION}: use a newer reseal")]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// There is no ledger in it to look at.
    #[error("no ledger at {path}")]
    Missing {
        /// Where one was expected.
        path: PathBuf,
    },
    /// The file system refuses.
    #[error("the state folder {path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite refuses.
    #[error("the ledger {path}: {message}")]
    Database {
        /// The database.
        path: PathBuf,
        /// Why.
        message: String,
    },
}

fn describe(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "another process".to_owned(), Holder::to_string)
}

/// A state folder whose lock is ours, for as long as this or a port made from
/// it lives.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    lock: Arc<FolderLock>,
}

/// What a crash left behind and opening put right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Chunks that a dead process held and that are pending again.
    pub chunks: u64,
}

/// The ports of the process that works here.
#[derive(Clone, Debug)]
pub struct LocalPorts {
    /// What is true.
    pub ledger: SqliteLedger,
    /// What wakes workers.
    pub queue: SqliteQueue,
    /// Chunk files.
    pub chunks: LocalChunks,
    /// Report segments.
    pub report: LocalReport,
    /// What a crash left behind.
    pub recovered: Recovered,
}

/// The ports of a process that looks on.
#[derive(Clone, Debug)]
pub struct LocalView {
    /// What is true.
    pub ledger: SqliteLedger,
    /// Chunk files.
    pub chunks: LocalChunks,
    /// Report segments.
    pub report: LocalReport,
}

impl StateDir {
    /// Makes the folder, for its owner's eyes only, and takes its lock.
    /// `since` and `what` (the command, the job) are what a process that
    /// comes too late is told.
    ///
    /// # Errors
    /// [`OpenError::Taken`] when another process works in it,
    /// [`OpenError::Folder`] when it can't be made or locked.
    pub fn open(path: &Path, since: Timestamp, what: &str) -> Result<Self, OpenError> {
        let folder = |source| OpenError::Folder { path: path.to_owned(), source };
        make_folder(path).map_err(folder)?;
        let holder = Holder { pid: std::process::id(), since, what: what.to_owned() };
        match FolderLock::take(&path.join("lock"), &holder) {
            Ok(lock) => Ok(Self { path: path.to_owned(), lock: Arc::new(lock) }),
            Err(Refused::Taken(holder)) => Err(OpenError::Taken { path: path.to_owned(), holder }),
            Err(Refused::Io(error)) => Err(folder(error)),
        }
    }

    /// Opens the ledger for work, making it where there is none, and puts
    /// right what a crash left behind: nobody else lives in this folder, so
    /// every lease in it is void and every message is visible.
    ///
    /// Blocks for some milliseconds; meant for start-up.
    ///
    /// # Errors
    /// [`OpenError::Newer`] for a newer build's file, [`OpenError::Database`]
    /// when SQLite refuses it.
    pub fn work(self, clock: Arc<dyn Clock>) -> Result<LocalPorts, OpenError> {
        let path = database(&self.path);
        let mut connection = Connection::open(&path).map_err(|e| refused(&path, &e))?;
        db::tune(&connection).map_err(|e| refused(&path, &e))?;
        db::create(&mut connection).map_err(|e| misfit(&path, e))?;
        let recovered = recover(&mut connection).map_err(|e| refused(&path, &e))?;
        let folder = |source| OpenError::Folder { path: self.path.clone(), source };
        let files = Files::start(Some(Arc::clone(&self.lock))).map_err(folder)?;
        let database = Database::start(connection, Some(self.lock)).map_err(folder)?;
        Ok(LocalPorts {
            ledger: SqliteLedger::new(database.clone()),
            queue: SqliteQueue::new(database, clock),
            chunks: LocalChunks::below(&self.path, files.clone()),
            report: LocalReport::below(&self.path, files),
            recovered,
        })
    }

    /// Opens the folder to look at, whoever works in it. Writes to its ledger
    /// answer Unavailable.
    ///
    /// # Errors
    /// [`OpenError::Missing`] where there is no ledger, else as
    /// [`work`](Self::work).
    pub fn open_read_only(path: &Path) -> Result<LocalView, OpenError> {
        view(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// Whoever works in the folder now: `Some(None)` when it can't be named.
    ///
    /// # Errors
    /// [`OpenError::Folder`] when the lock can't be looked at.
    pub fn holder(path: &Path) -> Result<Option<Option<Holder>>, OpenError> {
        let folder = |source| OpenError::Folder { path: path.to_owned(), source };
        lock::holder(&path.join("lock")).map_err(folder)
    }

    /// Opens the folder beside the process that works in it, for commands
    /// that change a job's state: the one verb of the ledger that is fenced by
    /// a revision and so needs no lock. Recovers nothing.
    ///
    /// # Errors
    /// As [`open_read_only`](Self::open_read_only).
    pub fn open_beside(path: &Path) -> Result<LocalView, OpenError> {
        view(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }
}

fn view(state: &Path, access: OpenFlags) -> Result<LocalView, OpenError> {
    let path = database(state);
    if !path.exists() {
        return Err(OpenError::Missing { path });
    }
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags).map_err(|e| refused(&path, &e))?;
    db::tune(&connection).map_err(|e| refused(&path, &e))?;
    db::expect_current(&connection).map_err(|e| misfit(&path, e))?;
    let folder = |source| OpenError::Folder { path: state.to_owned(), source };
    let files = Files::start(None).map_err(folder)?;
    Ok(LocalView {
        ledger: SqliteLedger::new(Database::start(connection, None).map_err(folder)?),
        chunks: LocalChunks::below(state, files.clone()),
        report: LocalReport::below(state, files),
    })
}

fn recover(connection: &mut Connection) -> Result<Recovered, DbError> {
    let transaction = connection.transaction()?;
    let chunks = ledger::recover(&transaction)?;
    queue::show_all(&transaction)?;
    transaction.commit()?;
    Ok(Recovered { chunks })
}

fn database(state: &Path) -> PathBuf {
    state.join("ledger.sqlite")
}

fn refused(path: &Path, error: &dyn std::fmt::Display) -> OpenError {
    OpenError::Database { path: path.to_owned(), message: error.to_string() }
}

fn misfit(path: &Path, error: SchemaError) -> OpenError {
    match error {
        SchemaError::Newer(found) => OpenError::Newer { path: path.to_owned(), found },
        SchemaError::Missing => OpenError::Missing { path: path.to_owned() },
        SchemaError::Sqlite(error) => refused(path, &error),
    }
}
