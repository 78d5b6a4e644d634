//! A thread that serves requests, one after the other, so that no fsync ever
//! holds up a thread of the runtime.

use std::fmt;
use std::io;
use std::thread::{Builder, JoinHandle};

use tokio::sync::mpsc;

/// Requests that may wait before callers wait too.
const BACKLOG: usize = 256;

/// The thread's handle. Dropping it lets the thread finish what was sent and
/// waits for that: milliseconds, so that whoever opens the folder next finds
/// it at rest.
pub(crate) struct IoThread<R> {
    requests: Option<mpsc::Sender<R>>,
    thread: Option<JoinHandle<()>>,
}

/// The thread has panicked: nothing was done.
#[derive(Debug)]
pub(crate) struct Stopped;

impl<R: Send + 'static> IoThread<R> {
    /// Starts `serve`, which ends when it has received the last request.
    pub(crate) fn start(
        name: &str,
        serve: impl FnOnce(mpsc::Receiver<R>) + Send + 'static,
    ) -> io::Result<Self> {
        let (requests, inbox) = mpsc::channel(BACKLOG);
        let thread = Builder::new().name(name.to_owned()).spawn(move || serve(inbox))?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    /// Sends one request; waits while too many others do.
    pub(crate) async fn send(&self, request: R) -> Result<(), Stopped> {
        match &self.requests {
            Some(requests) => requests.send(request).await.map_err(|_| Stopped),
            None => Err(Stopped),
        }
    }
}

impl<R> fmt::Debug for IoThread<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IoThread").field("thread", &self.thread).finish_non_exhaustive()
    }
}

impl<R> Drop for IoThread<R> {
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there has been told already; don't add another.
            let _ = thread.join();
        }
    }
}
