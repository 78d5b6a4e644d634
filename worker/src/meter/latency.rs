//! How long requests take, in buckets: counting one is two additions without
//! a lock, whatever the rate.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of all buckets but the last, which has none, in
/// milliseconds: from a HEAD within a region to a copy of 5 GiB.
pub const LATENCY_BOUNDS_MILLIS: [u64; 13] =
    [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000];

const BUCKETS: usize = LATENCY_BOUNDS_MILLIS.len() + 1;

/// What a request is to S3, which answers the two at different speeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestKind {
    /// GET or HEAD.
    Read,
    /// PUT, COPY, POST or DELETE.
    Write,
}

/// Durations, counted.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    micros: AtomicU64,
}

impl Histogram {
    pub(crate) fn observe(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        // Bounds are inclusive, as Prometheus has them.
        let index = LATENCY_BOUNDS_MILLIS.partition_point(|bound| bound * 1_000 < micros);
        if let Some(bucket) = self.buckets.get(index) {
            bucket.fetch_add(1, Ordering::Relaxed);
            self.micros.fetch_add(micros, Ordering::Relaxed);
        }
    }

    pub(crate) fn read(&self) -> HistogramReading {
        let counts = self.buckets.each_ref().map(|bucket| bucket.load(Ordering::Relaxed));
        HistogramReading { counts, micros: self.micros.load(Ordering::Relaxed) }
    }
}

/// One reading of durations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistogramReading {
    counts: [u64; BUCKETS],
    micros: u64,
}

impl HistogramReading {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All of them together, in seconds.
    #[must_use]
    pub fn sum_seconds(&self) -> f64 {
        self.micros as f64 / 1e6
    }

    /// Each bound in milliseconds with the number of durations that don't
    /// exceed it.
    pub fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        LATENCY_BOUNDS_MILLIS.iter().zip(&self.counts).scan(0, |sum, (bound, count)| {
            *sum += count;
            Some((*bound, *sum))
        })
    }

    /// What came on top of an earlier reading.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut counts = self.counts;
        for (count, before) in counts.iter_mut().zip(&earlier.counts) {
            *count = count.saturating_sub(*before);
        }
        Self { counts, micros: self.micros.saturating_sub(earlier.micros) }
    }

    /// The duration in milliseconds that this share of them, from 0 to 1,
    /// doesn't exceed, as nearly as the buckets tell: between two bounds a
    /// straight line is drawn, and beyond the last bound nothing is told but
    /// that bound. `None` when there are none.
    #[must_use]
    pub fn quantile_millis(&self, share: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let wanted = share.clamp(0.0, 1.0) * count as f64;
        let (mut lower, mut below) = (0, 0);
        for (bound, upto) in self.cumulative() {
            if upto > below && upto as f64 >= wanted {
                let part = (wanted - below as f64) / (upto - below) as f64;
                return Some(lower as f64 + part * (bound - lower) as f64);
            }
            (lower, below) = (bound, upto);
        }
        Some(lower as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(millis: &[u64]) -> HistogramReading {
        let histogram = Histogram::default();
        millis.iter().for_each(|millis| histogram.observe(Duration::from_millis(*millis)));
        histogram.read()
    }

    #[test]
    fn a_bound_belongs_to_its_bucket_and_nothing_is_left_out() {
        let reading = of(&[0, 5, 6, 60_000, 60_001, 1_000_000]);
        let counts: Vec<u64> = reading.cumulative().map(|(_, count)| count).collect();
        assert_eq!(counts.first(), Some(&2), "0 and 5");
        assert_eq!(counts.get(1), Some(&3), "and 6");
        assert_eq!(counts.last(), Some(&4), "and 60,000");
        assert_eq!(reading.count(), 6);
        assert!((reading.sum_seconds() - 1_120.012).abs() < 1e-9, "{}", reading.sum_seconds());
    }

    #[test]
    fn quantiles_lie_between_the_bounds_that_the_buckets_tell() {
        let mut millis = vec![20; 98];
        millis.extend([400, 90_000]);
        let reading = of(&millis);
        let quantile = |share| reading.quantile_millis(share).expect("there are some");
        assert!((10.0..=25.0).contains(&quantile(0.5)), "{}", quantile(0.5));
        assert!((250.0..=500.0).contains(&quantile(0.99)), "{}", quantile(0.99));
        assert!((quantile(1.0) - 60_000.0).abs() < 1e-9, "no more than the last bound is known");
        assert_eq!(of(&[]).quantile_millis(0.5), None);
    }

    #[test]
    fn what_came_on_top_is_told_apart() {
        let (before, after) = (of(&[3, 30]), of(&[3, 30, 30, 300]));
        assert_eq!(after.since(&before), of(&[30, 300]));
    }
}
