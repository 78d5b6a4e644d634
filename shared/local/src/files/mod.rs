//! Plain files: chunks and report segments.
//!
//! Owns: one thread for all their I/O, names, durability, immutability.
//! Never: builds a path from anything but typed ids; answers before bytes and
//! name are on the disk; replaces a file.
//! Next: `disk` for the one way in which a file is made, `chunks`, `report`.
//!
//! One thread suffices: a file costs two fsyncs, some milliseconds, and a
//! machine at full speed (3,500 objects a second, 256 to a checkpoint) writes
//! about twenty a second. It also makes "is the name free?" and "take it" one
//! step, since nobody else writes here: the folder is locked.

mod chunks;
mod disk;
mod names;
mod report;

use std::io;
use std::sync::Arc;

pub use chunks::LocalChunks;
pub use report::LocalReport;
use reseal_core::ports::{FileError, FileErrorKind};
use tokio::sync::{mpsc, oneshot};

pub(crate) use disk::make_folder;

use crate::io_thread::{IoThread, Stopped};
use crate::lock::FolderLock;

/// A piece of work for the thread.
type Work = Box<dyn FnOnce() + Send>;

/// The thread for files, for as many as want it.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    thread: Arc<IoThread<Work>>,
}

impl Files {
    /// Starts the thread, which keeps the folder's lock, where one is held,
    /// until its last work is done.
    pub(crate) fn start(lock: Option<Arc<FolderLock>>) -> io::Result<Self> {
        let thread = IoThread::start("reseal-files", move |mut inbox: mpsc::Receiver<Work>| {
            while let Some(work) = inbox.blocking_recv() {
                work();
            }
            drop(lock);
        })?;
        Ok(Self { thread: Arc::new(thread) })
    }

    /// Runs this on the thread; `what` names the file in an error.
    async fn run<T: Send + 'static>(
        &self,
        what: String,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, FileError> {
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move || {
            // Nobody may be waiting any more; the file stays all the same.
            let _ = reply.send(work());
        });
        let result = match self.thread.send(work).await {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(stopped())),
            Err(Stopped) => Err(stopped()),
        };
        result.map_err(|error| FileError {
            what,
            message: error.to_string(),
            kind: FileErrorKind::Broken,
        })
    }
}

fn stopped() -> io::Error {
    io::Error::other("the thread for files has stopped")
}
