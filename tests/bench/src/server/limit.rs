//! A request limit: a token bucket, as strict as a server's own.

use std::time::{Duration, Instant};

/// Admits a number of requests a second and refuses the rest.
#[derive(Debug)]
pub(super) struct Limit {
    rate: f64,
    capacity: f64,
    tokens: f64,
    filled: Instant,
}

impl Limit {
    /// `rate` requests a second, of which a silence saves up `burst` at most.
    pub(super) fn new(rate: f64, burst: Duration, now: Instant) -> Self {
        let capacity = (rate * burst.as_secs_f64()).max(1.0);
        Self { rate, capacity, tokens: capacity, filled: now }
    }

    /// Whether one more request is admitted.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        let since = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + since * self.rate).min(self.capacity);
        self.filled = now;
        let admitted = self.tokens >= 1.0;
        if admitted {
            self.tokens -= 1.0;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_held_whatever_is_asked() {
        let start = Instant::now();
        let mut limit = Limit::new(200.0, Duration::from_millis(100), start);
        let asked = (0..10_000u64).map(|millis| start + Duration::from_millis(millis));
        let admitted = asked.filter(|&now| limit.admits(now)).count();
        assert!((1_999..=2_021).contains(&admitted), "{admitted}");
    }
}
