//! Repeating what may succeed the second time: reads, and writes whose own
//! conditions make a repetition harmless.
//!
//! Owns: the budget of a coordinator's call. Never: repeats a write without a
//! condition, sleeps but through the Clock port.

use std::future::Future;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use reseal_core::StoreError;
use reseal_core::ports::{
    Clock, FileError, FileErrorKind, LedgerError, LedgerErrorKind, QueueError, Random,
};

/// The first pause. Short, because most transient errors are gone at once.
const FIRST: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(10);
/// Pauses before giving up: with the above about 40 seconds in all, longer
/// than S3 or DynamoDB usually take to shed a load spike.
const TIMES: usize = 9;

/// Whether repeating the same call may succeed.
pub(crate) trait Transient {
    /// True when it may.
    fn is_transient(&self) -> bool;
}

impl Transient for StoreError {
    fn is_transient(&self) -> bool {
        StoreError::is_transient(self)
    }
}

impl Transient for LedgerError {
    /// Every verb may be repeated after an ambiguous answer; a ledger out of
    /// reach is for the caller to handle (I9).
    fn is_transient(&self) -> bool {
        matches!(self.kind, LedgerErrorKind::Throttled | LedgerErrorKind::Ambiguous)
    }
}

impl Transient for QueueError {
    fn is_transient(&self) -> bool {
        true
    }
}

impl Transient for FileError {
    fn is_transient(&self) -> bool {
        self.kind == FileErrorKind::Transient
    }
}

/// What a retry needs of the world.
#[derive(Clone, Copy)]
pub(crate) struct Patience<'a> {
    /// Sleeps between attempts.
    pub(crate) clock: &'a dyn Clock,
    /// Spreads the pauses, so that many callers don't come back at once.
    pub(crate) random: &'a dyn Random,
}

impl Patience<'_> {
    /// Calls until it succeeds, fails for good, or the budget is used up.
    ///
    /// # Errors
    /// The last attempt's.
    pub(crate) async fn retry<T, E, F>(&self, mut call: impl FnMut() -> F) -> Result<T, E>
    where
        E: Transient,
        F: Future<Output = Result<T, E>>,
    {
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST)
            .with_max_delay(LONGEST)
            .with_max_times(TIMES)
            .with_jitter_seed(self.random.next_u64())
            .build();
        loop {
            let error = match call().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            match pauses.next() {
                Some(pause) if error.is_transient() => self.clock.sleep(pause).await,
                _ => return Err(error),
            }
        }
    }
}
