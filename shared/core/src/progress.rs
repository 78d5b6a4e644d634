//! Progress arithmetic: rate and time left, from samples.

use std::collections::VecDeque;
use std::time::Duration;

/// How long the rate looks back.
const WINDOW: Duration = Duration::from_secs(15);

/// Counts settled objects over time.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    samples: VecDeque<(Duration, u64)>,
}

/// What to show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProgressView {
    /// Objects settled.
    pub settled: u64,
    /// Objects taken in so far.
    pub total: u64,
    /// Objects per second over the last 15 seconds.
    pub rate: f64,
    /// Time left at that rate; `None` while the total is open or nothing moves.
    pub left: Option<Duration>,
}

impl Progress {
    /// Notes how many objects are settled at this monotonic time.
    pub fn sample(&mut self, at: Duration, settled: u64) {
        self.samples.push_back((at, settled));
        // The oldest sample inside the window's edge stays, as the base.
        while self.samples.get(1).is_some_and(|(next, _)| at.saturating_sub(*next) >= WINDOW) {
            self.samples.pop_front();
        }
    }

    /// The view, given the total so far and whether it is final.
    #[must_use]
    pub fn view(&self, total: u64, total_is_final: bool) -> ProgressView {
        let settled = self.samples.back().map_or(0, |(_, settled)| *settled);
        let rate = self.rate();
        let left = total.saturating_sub(settled);
        // Beyond a century the estimate says nothing anyway.
        let seconds = (rate > 0.0).then(|| left as f64 / rate).filter(|s| *s < 3.2e9);
        let left = seconds.filter(|_| total_is_final).map(Duration::from_secs_f64);
        ProgressView { settled, total, rate, left }
    }

    fn rate(&self) -> f64 {
        let (Some(first), Some(last)) = (self.samples.front(), self.samples.back()) else {
            return 0.0;
        };
        let seconds = last.0.saturating_sub(first.0).as_secs_f64();
        if seconds > 0.0 { last.1.saturating_sub(first.1) as f64 / seconds } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn the_rate_forgets_what_lies_outside_the_window() {
        let mut progress = Progress::default();
        for s in 0..100 {
            // Fast at first, then 10 a second.
            let settled = if s < 50 { s * 1000 } else { 49_000 + (s - 49) * 10 };
            progress.sample(seconds(s), settled);
        }
        let view = progress.view(50_000, true);
        assert!((view.rate - 10.0).abs() < 0.01, "{view:?}");
        assert_eq!(view.left, Some(seconds(50)));
    }

    #[test]
    fn no_time_left_is_claimed_while_the_total_is_open_or_nothing_moves() {
        let mut progress = Progress::default();
        assert_eq!(progress.view(10, true).left, None);
        progress.sample(seconds(0), 0);
        progress.sample(seconds(1), 5);
        assert_eq!(progress.view(10, false).left, None);
        assert_eq!(progress.view(10, true).left, Some(seconds(1)));
    }
}
