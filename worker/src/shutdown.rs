//! Stopping as an argument: whoever starts something can stop it.

use tokio::sync::watch;

/// Asks something to stop. Cheap to clone; asking twice is harmless.
#[derive(Clone, Debug)]
pub struct Stopper(watch::Sender<bool>);

/// Tells whether a stop was asked for.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

/// A connected pair. When every [`Stopper`] is gone, the stop counts as asked.
#[must_use]
pub fn stop_channel() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// Asks.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Whether a stop was asked for.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Completes once a stop was asked for.
    pub async fn asked(&self) {
        let mut receiver = self.0.clone();
        // An error means that nobody is left who could ask: stop as well.
        let _ = receiver.wait_for(|asked| *asked).await;
    }
}
