//! `--rate`: versions begun, evenly spaced.

use std::cell::Cell;
use std::time::Duration;

use reseal_core::ports::Clock;
use reseal_worker::Stop;

/// Lets one through per interval.
pub(crate) struct Pace<'a> {
    clock: &'a dyn Clock,
    stop: &'a Stop,
    interval: Duration,
    /// When the next may pass.
    next: Cell<Duration>,
}

impl<'a> Pace<'a> {
    /// At most so many a second; without a rate, all at once.
    pub(crate) fn new(clock: &'a dyn Clock, stop: &'a Stop, per_second: Option<f64>) -> Self {
        let interval =
            per_second.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate));
        Self { clock, stop, interval, next: Cell::new(Duration::ZERO) }
    }

    /// Waits for a turn; false once a stop is asked for.
    pub(crate) async fn admit(&self) -> bool {
        let now = self.clock.monotonic();
        let at = self.next.get().max(now);
        self.next.set(at.saturating_add(self.interval));
        if at > now {
            tokio::select! {
                biased;
                () = self.stop.asked() => {}
                () = self.clock.sleep(at - now) => {}
            }
        }
        !self.stop.is_asked()
    }
}
