//! Randomness as a port, so that a seed decides it.

/// A source of random bits: for jitter and ids, never for secrets.
pub trait Random: Send + Sync {
    /// The next 64 bits.
    fn next_u64(&self) -> u64;
}
