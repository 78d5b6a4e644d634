//! How many chunks are held, for whoever waits for a change.

use tokio::sync::watch;

/// The gauge of chunks that are held.
#[derive(Debug, Default)]
pub(super) struct Gauge(watch::Sender<u32>);

impl Gauge {
    pub(super) fn hold(&self) -> Hold<'_> {
        self.0.send_modify(|held| *held += 1);
        Hold(self)
    }

    pub(super) fn watch(&self) -> Held {
        Held(self.0.subscribe())
    }
}

/// A chunk that is held for as long as this lives, also where the future that
/// works on it is dropped.
#[derive(Debug)]
pub(crate) struct Hold<'a>(&'a Gauge);

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|held| *held = held.saturating_sub(1));
    }
}

/// Watches the gauge. Hands out numbers and never the channel's guard, which
/// would stop the engine for as long as it lives.
#[derive(Clone, Debug)]
pub struct Held(watch::Receiver<u32>);

impl Held {
    /// How many are held now.
    #[must_use]
    pub fn now(&self) -> u32 {
        *self.0.borrow()
    }

    /// Completes once any is held.
    pub async fn any(&mut self) {
        self.until(|held| held > 0).await;
    }

    /// Completes once none is held.
    pub async fn none(&mut self) {
        self.until(|held| held == 0).await;
    }

    async fn until(&mut self, fits: impl Fn(u32) -> bool) {
        if self.0.wait_for(|held| fits(*held)).await.is_err() {
            // The engine's meter is gone, and nothing changes any more.
            std::future::pending::<()>().await;
        }
    }
}
