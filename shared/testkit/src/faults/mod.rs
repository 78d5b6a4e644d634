//! Faults as wrappers of the ports (never branches in production code).
//!
//! Owns: which call fails how, by a seed.
//! Never: invents an effect. A fault either comes before the call, which then
//! isn't made, or after it, and then only the answer is lost.
//! Next: `ledger`, `store`.

mod ledger;
mod store;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use ledger::FaultyLedger;
use reseal_core::ports::Random;
pub use store::FaultyStore;

/// How often which fault happens: each a probability from 0 to 1, per call.
/// Together at most 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FaultRates {
    /// "Slow down": without effect.
    pub throttled: f64,
    /// Out of reach: without effect.
    pub unavailable: f64,
    /// A condition that doesn't hold although it looked so: without effect,
    /// and for writes only.
    pub conflict: f64,
    /// Cut off before the request arrived, which the caller can't know. For
    /// writes only.
    pub lost_request: f64,
    /// Succeeded, but the reply was lost. For writes only.
    pub lost_reply: f64,
}

impl FaultRates {
    /// Every kind alike.
    #[must_use]
    pub fn evenly(each: f64) -> Self {
        Self {
            throttled: each,
            unavailable: each,
            conflict: each,
            lost_request: each,
            lost_reply: each,
        }
    }
}

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Throttled,
    Unavailable,
    Conflict,
    LostRequest,
    LostReply,
}

/// Decides, by a seed, which calls fail. Clones share the switch and the seed.
#[derive(Clone)]
pub struct Dice {
    random: Arc<dyn Random>,
    rates: FaultRates,
    armed: Arc<AtomicBool>,
}

impl Dice {
    /// Faults at these rates from now on.
    #[must_use]
    pub fn new(random: Arc<dyn Random>, rates: FaultRates) -> Self {
        Self { random, rates, armed: Arc::new(AtomicBool::new(true)) }
    }

    /// No faults any more, so that liveness (I16) can be judged.
    pub fn stop(&self) {
        self.armed.store(false, Ordering::Relaxed);
    }

    fn for_read(&self) -> Option<Fault> {
        let FaultRates { throttled, unavailable, .. } = self.rates;
        self.roll(&[(Fault::Throttled, throttled), (Fault::Unavailable, unavailable)])
    }

    fn for_write(&self) -> Option<Fault> {
        let FaultRates { throttled, unavailable, conflict, lost_request, lost_reply } = self.rates;
        self.roll(&[
            (Fault::Throttled, throttled),
            (Fault::Unavailable, unavailable),
            (Fault::Conflict, conflict),
            (Fault::LostRequest, lost_request),
            (Fault::LostReply, lost_reply),
        ])
    }

    fn roll(&self, table: &[(Fault, f64)]) -> Option<Fault> {
        if !self.armed.load(Ordering::Relaxed) {
            return None;
        }
        // 53 bits: as many as a float holds exactly.
        let mut left = (self.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        for (fault, rate) in table {
            if left < *rate {
                return Some(*fault);
            }
            left -= rate;
        }
        None
    }
}

impl fmt::Debug for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dice").field("rates", &self.rates).field("armed", &self.armed).finish()
    }
}

/// Makes a call, or fails it: before, so that it has no effect, or after.
async fn fail<T, E>(
    fault: Option<Fault>,
    call: impl Future<Output = Result<T, E>>,
    error: impl Fn(Fault) -> E,
) -> Result<T, E> {
    match fault {
        None => call.await,
        Some(Fault::LostReply) => match call.await {
            Ok(_) => Err(error(Fault::LostReply)),
            Err(genuine) => Err(genuine),
        },
        // Never polled: nothing happened.
        Some(before) => Err(error(before)),
    }
}
