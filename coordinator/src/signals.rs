//! Ctrl-C and SIGTERM: the first asks for a graceful stop, the second ends
//! the process at once.

use reseal_worker::Stopper;

use crate::exit::{CommandError, Exit};

/// Waits for signals; ends with the second.
///
/// # Errors
/// When signals can't be listened to.
pub(crate) async fn obey(stopper: &Stopper) -> Result<Exit, CommandError> {
    let mut signals = Signals::listen().map_err(anyhow::Error::new)?;
    signals.next().await;
    stopper.stop();
    signals.next().await;
    Ok(Exit::Interrupted)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // Nothing can be heard any more: never stop by ourselves.
            std::future::pending::<()>().await;
        }
    }
}
