//! Keeping a lease alive, and noticing when it isn't any more.

use std::pin::pin;
use std::time::Duration;

use reseal_core::JobState;
use reseal_core::ports::{LedgerError, LedgerErrorKind, Receipt};

use crate::chunk::ChunkContext;
use crate::object::Halt;
use crate::shutdown::Stopper;

/// Renews until the lease is lost. Asks the chunk to stop when its job isn't
/// running any more.
pub(crate) async fn run(chunk: &ChunkContext<'_>, receipt: &Receipt, stopper: &Stopper) -> Halt {
    let ports = chunk.context.ports;
    let times = chunk.context.settings.lease;
    let mut alive_at = chunk.claimed_at_latest;
    loop {
        let passed = ports.clock.monotonic().saturating_sub(alive_at);
        ports.clock.sleep(times.renew_every.saturating_sub(passed)).await;
        let began = ports.clock.monotonic();
        let left = times.ttl.saturating_sub(began.saturating_sub(alive_at));
        // This process stood still, or took too long to begin: by now the
        // chunk may be somebody else's.
        if left.is_zero() {
            return Halt::Fenced;
        }
        match renew(chunk, left).await {
            Ok(()) => alive_at = began,
            Err(error) if error.kind == LedgerErrorKind::Conflict => return Halt::Fenced,
            Err(error) => {
                if ports.clock.monotonic().saturating_sub(alive_at) >= times.ttl {
                    return Halt::Ledger(error);
                }
                tracing::warn!(error = %error, "lease not renewed, trying again");
                continue;
            }
        }
        let mut long_enough = pin!(ports.clock.sleep(times.renew_every / 2));
        tokio::select! {
            biased;
            () = look_around(chunk, receipt, stopper) => {}
            // A service that hangs must not cost the next renewal.
            () = &mut long_enough => {}
        }
    }
}

async fn look_around(chunk: &ChunkContext<'_>, receipt: &Receipt, stopper: &Stopper) {
    let (ports, times) = (chunk.context.ports, chunk.context.settings.lease);
    if let Ok(Some(job)) = ports.ledger.job(&chunk.lease.job).await
        && job.state != JobState::Running
    {
        stopper.stop();
    }
    // A message that comes again meanwhile finds the chunk leased.
    let _ = ports.queue.extend(receipt, times.ttl + times.margin).await;
}

/// One renewal that takes no longer than the lease has left.
async fn renew(chunk: &ChunkContext<'_>, left: Duration) -> Result<(), LedgerError> {
    let ports = chunk.context.ports;
    let mut too_late = pin!(ports.clock.sleep(left));
    tokio::select! {
        biased;
        result = ports.ledger.renew(&chunk.lease) => result,
        () = &mut too_late => {
            Err(LedgerError::new(LedgerErrorKind::Ambiguous, "no answer within the lease"))
        }
    }
}
