//! Stopping as an argument: whoever starts something can stop it.
//!
//! No `watch` channel: which of its waiters wakes first is drawn by tokio, so
//! that one seed would give two traces.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Asks something to stop. Cheap to clone; asking twice is harmless.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<LastOneOut>);

/// Tells whether a stop was asked for.
#[derive(Clone, Debug)]
pub struct Stop(Arc<Signal>);

#[derive(Debug, Default)]
struct Signal {
    asked: AtomicBool,
    changed: Notify,
}

/// Asks when the last [`Stopper`] goes.
#[derive(Debug)]
struct LastOneOut(Arc<Signal>);

impl Drop for LastOneOut {
    fn drop(&mut self) {
        self.0.ask();
    }
}

/// A connected pair. When every [`Stopper`] is gone, the stop counts as asked.
#[must_use]
pub fn stop_channel() -> (Stopper, Stop) {
    let signal = Arc::new(Signal::default());
    (Stopper(Arc::new(LastOneOut(Arc::clone(&signal)))), Stop(signal))
}

impl Signal {
    fn ask(&self) {
        self.asked.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }
}

impl Stopper {
    /// Asks.
    pub fn stop(&self) {
        self.0.0.ask();
    }
}

impl Stop {
    /// Whether a stop was asked for.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::Acquire)
    }

    /// Completes once a stop was asked for.
    pub async fn asked(&self) {
        // Registered before the look, so that no stop falls between the two.
        let changed = self.0.changed.notified();
        if !self.is_asked() {
            changed.await;
        }
    }
}
