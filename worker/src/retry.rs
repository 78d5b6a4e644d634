//! Patience with transient failures: the engine's budgets, in one place.
//!
//! The delays come from `backon`; jitter and sleep go through our ports, so
//! that a seed replays them.

use std::future::Future;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use reseal_core::ports::{Clock, FileError, FileErrorKind, LedgerError, LedgerErrorKind, Random};
use reseal_core::{StoreError, StoreErrorKind};

/// Unreachable, 5xx, unknown outcome: 42 to 86 seconds of pauses, besides what
/// the attempts take.
const TRANSIENT_TIMES: usize = 12;
/// Throttling: the pacer slows down meanwhile, so this may last. 9 to 19
/// minutes of pauses; an object isn't failed for a limit that others use up.
const THROTTLED_TIMES: usize = 64;
/// The ledger and its files: about 40 seconds, longer than a failover takes
/// and short of a lease's life.
const LEDGER_TIMES: usize = 14;

/// A budget of pauses.
struct Pauses(ExponentialBackoff);

impl Pauses {
    fn new(times: usize, max: Duration) -> Self {
        let builder = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(max)
            .with_factor(2.0)
            .with_max_times(times);
        Self(builder.build())
    }

    /// Sleeps for the next pause, shortened by up to half; false when the
    /// budget is used up.
    async fn next(&mut self, clock: &dyn Clock, random: &dyn Random) -> bool {
        let Some(delay) = self.0.next() else { return false };
        let jitter = 0.5 + (random.next_u64() >> 11) as f64 / (1u64 << 54) as f64;
        clock.sleep(delay.mul_f64(jitter)).await;
        true
    }
}

/// The patience that one read has, or one object with what is written to it.
pub(crate) struct Patience {
    transient: Pauses,
    throttled: Pauses,
}

impl Patience {
    pub(crate) fn new() -> Self {
        Self {
            transient: Pauses::new(TRANSIENT_TIMES, Duration::from_secs(20)),
            throttled: Pauses::new(THROTTLED_TIMES, Duration::from_secs(20)),
        }
    }

    /// Pauses after a failure of this kind; false when it isn't worth another try.
    pub(crate) async fn after(
        &mut self,
        kind: StoreErrorKind,
        clock: &dyn Clock,
        random: &dyn Random,
    ) -> bool {
        match kind {
            StoreErrorKind::Throttled(_) => self.throttled.next(clock, random).await,
            StoreErrorKind::Unavailable
            | StoreErrorKind::Ambiguous
            | StoreErrorKind::Conflict
            | StoreErrorKind::UploadGone => self.transient.next(clock, random).await,
            _ => false,
        }
    }
}

/// Repeats a read until it answers, fails for good, or patience ends. For
/// reads alone: a mutation must be looked at before it is repeated.
///
/// # Errors
/// The last failure.
pub async fn read<T, F, Fut>(
    clock: &dyn Clock,
    random: &dyn Random,
    mut call: F,
) -> Result<T, StoreError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, StoreError>>,
{
    let mut patience = Patience::new();
    loop {
        match call().await {
            Ok(value) => return Ok(value),
            Err(error) if error.is_transient() => {
                if !patience.after(error.kind, clock, random).await {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Repeats a ledger call while it is throttled or its outcome unknown: its
/// verbs are written so that repeating them is harmless. A Conflict that
/// follows an unknown outcome may be our own success: the caller reads.
///
/// # Errors
/// The last failure.
pub async fn ledger<T, F, Fut>(
    clock: &dyn Clock,
    random: &dyn Random,
    mut call: F,
) -> Result<T, LedgerError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, LedgerError>>,
{
    let mut pauses = Pauses::new(LEDGER_TIMES, Duration::from_secs(5));
    loop {
        match call().await {
            Err(error)
                if matches!(
                    error.kind,
                    LedgerErrorKind::Throttled | LedgerErrorKind::Ambiguous
                ) =>
            {
                if !pauses.next(clock, random).await {
                    return Err(error);
                }
            }
            other => return other,
        }
    }
}

/// Repeats a call for a file while that may help: the first writer of a name
/// wins, so a repetition is harmless.
///
/// # Errors
/// The last failure.
pub async fn file<T, F, Fut>(
    clock: &dyn Clock,
    random: &dyn Random,
    mut call: F,
) -> Result<T, FileError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, FileError>>,
{
    let mut pauses = Pauses::new(LEDGER_TIMES, Duration::from_secs(5));
    loop {
        match call().await {
            Err(error) if error.kind == FileErrorKind::Transient => {
                if !pauses.next(clock, random).await {
                    return Err(error);
                }
            }
            other => return other,
        }
    }
}
