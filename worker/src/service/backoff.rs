//! Waiting longer each time.

use std::time::Duration;

use reseal_core::ports::Random;

/// Pauses that double from the first up to the longest, for as long as
/// anybody asks: what is waited for here has no budget but time.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// The next pause, shortened by up to half, so that a fleet doesn't come
    /// back all at once.
    pub(super) fn next(&mut self, random: &dyn Random) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        let jitter = 0.5 + (random.next_u64() >> 11) as f64 / (1u64 << 54) as f64;
        pause.mul_f64(jitter)
    }
}

#[cfg(test)]
mod tests {
    use reseal_testkit::SeededRandom;

    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_differ_a_little() {
        let (second, random) = (Duration::from_secs(1), SeededRandom::new(1));
        let mut backoff = Backoff::new(second, second * 30);
        for full in [1, 2, 4, 8, 16, 30, 30, 30] {
            let pause = backoff.next(&random);
            assert!(pause >= second * full / 2 && pause <= second * full, "{pause:?} of {full} s");
        }
    }
}
