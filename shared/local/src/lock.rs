//! Who works in a folder: one process at a time.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;

use reseal_core::{Timestamp, escape_control};
use serde::{Deserialize, Serialize};

/// The process that holds a folder's lock, as it introduced itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// When it began, by its own clock.
    pub since: Timestamp,
    /// What it does: the command and the job.
    pub what: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, since, what } = self;
        write!(f, "process {pid}, since {since}: {}", escape_control(what))
    }
}

/// The exclusive lock, held until this is dropped or the process ends,
/// however it ends: the kernel lets go of it. The file stays.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

/// Why the lock wasn't had.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Somebody has it; who, as far as the file tells.
    Taken(Option<Holder>),
    /// The file or the file system doesn't do it.
    Io(io::Error),
}

/// How often a lock that is taken is tried again before it is believed:
/// whoever only looks ([`holder`]) has it for some microseconds.
const TRIES: u32 = 3;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// Who holds the lock now; `None` where nobody does, or there is none. A
/// holder that is just introducing itself can't be named.
pub(crate) fn holder(path: &Path) -> io::Result<Option<Option<Holder>>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(introduction(&mut file))),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl FolderLock {
    /// Takes the lock and introduces `holder` to those who come too late.
    pub(crate) fn take(path: &Path, holder: &Holder) -> Result<Self, Refused> {
        // Not truncated: until the lock is ours, its text is somebody else's.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(Refused::Io)?;
        let mut tries = 1;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tries < TRIES => tries += 1,
                Err(TryLockError::WouldBlock) => {
                    return Err(Refused::Taken(introduction(&mut file)));
                }
                Err(TryLockError::Error(error)) => return Err(Refused::Io(error)),
            }
            #[expect(clippy::disallowed_methods, reason = "before any engine or clock exists")]
            std::thread::sleep(BETWEEN_TRIES);
        }
        introduce(&mut file, holder).map_err(Refused::Io)?;
        Ok(Self { _file: file })
    }
}

fn introduce(file: &mut File, holder: &Holder) -> io::Result<()> {
    let text = serde_json::to_vec(holder)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&text)
}

/// Whoever is just introducing itself can't be read yet.
fn introduction(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}
