//! Virtual time: tokio's own, paused.

use std::time::Duration;

use async_trait::async_trait;
use reseal_core::Timestamp;
use reseal_core::ports::Clock;
use tokio::time::Instant;

/// 2026-11-21T00:00:00Z: where virtual wall clocks begin.
const EPOCH: Timestamp = Timestamp::from_millis(1_795_219_200_000);

/// The clock of a test: runs on tokio's time, which a test pauses
/// (`#[tokio::test(start_paused = true)]`), so that sleeping costs nothing.
///
/// All clocks made in one runtime share the flow of time; their wall clocks
/// may be set apart with [`SimClock::starting_at`]. Make it inside the
/// runtime. Paused time jumps ahead whenever the runtime is idle, also while
/// it waits for another thread: use it with in-memory ports.
#[derive(Clone, Copy, Debug)]
pub struct SimClock {
    origin: Instant,
    epoch: Timestamp,
}

impl SimClock {
    /// A clock that reads 2026-11-21T00:00:00Z now.
    #[must_use]
    pub fn new() -> Self {
        Self::starting_at(EPOCH)
    }

    /// A clock whose wall time is this now: for skew between machines.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this adapter is the Clock port of tests")]
    pub fn starting_at(epoch: Timestamp) -> Self {
        Self { origin: Instant::now(), epoch }
    }
}

impl Default for SimClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.epoch.plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this adapter is the Clock port of tests")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
