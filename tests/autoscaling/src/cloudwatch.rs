//! What CloudWatch makes of samples: arithmetic of metric math, and alarms.

use crate::Second;

/// One period of every metric here: SQS and Container Insights report each minute.
pub const PERIOD: Second = 60;

/// `a + b + …` of metric math: a missing value counts as 0, and there is no
/// result where nothing reports at all.
#[must_use]
pub fn sum(values: &[Option<f64>]) -> Option<f64> {
    values.iter().flatten().copied().reduce(|sum, value| sum + value)
}

/// `a / b` of metric math: a data point that would divide by zero is dropped.
#[must_use]
pub fn divide(dividend: Option<f64>, divisor: Option<f64>) -> Option<f64> {
    let divisor = divisor.unwrap_or(0.0);
    (divisor != 0.0).then(|| dividend.unwrap_or(0.0) / divisor)
}

/// On which side of the threshold a value breaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `GreaterThanOrEqualToThreshold`
    AtLeast,
    /// `GreaterThanThreshold`
    Above,
    /// `LessThanThreshold`
    Below,
    /// `LessThanOrEqualToThreshold`
    AtMost,
}

/// The side on which an alarm's values breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The threshold and above.
    Above,
    /// The threshold and below.
    Below,
}

impl Comparison {
    /// The side of the threshold.
    #[must_use]
    pub fn side(self) -> Side {
        match self {
            Self::AtLeast | Self::Above => Side::Above,
            Self::AtMost | Self::Below => Side::Below,
        }
    }
}

/// An alarm on minutes, whose missing data doesn't breach.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// What a value is compared with.
    pub threshold: f64,
    /// How.
    pub comparison: Comparison,
    /// N of "M out of N".
    pub periods: usize,
    /// M of "M out of N".
    pub datapoints: usize,
}

impl Alarm {
    fn breaches(&self, value: f64) -> bool {
        match self.comparison {
            Comparison::AtLeast => value >= self.threshold,
            Comparison::Above => value > self.threshold,
            Comparison::Below => value < self.threshold,
            Comparison::AtMost => value <= self.threshold,
        }
    }

    /// Whether it is in ALARM after these data points, the newest last; then by
    /// the largest of those that breach, as `MetricAggregationType: Maximum`
    /// has it.
    #[must_use]
    pub fn fires(&self, known: &[Option<f64>]) -> Option<f64> {
        let window = &known[known.len().saturating_sub(self.periods)..];
        let breaching: Vec<f64> =
            window.iter().flatten().copied().filter(|value| self.breaches(*value)).collect();
        (breaching.len() >= self.datapoints)
            .then(|| breaching.into_iter().fold(f64::NEG_INFINITY, f64::max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_takes_missing_values_for_zero_and_drops_divisions_by_it() {
        assert_eq!(sum(&[Some(2.0), None, Some(3.0)]), Some(5.0));
        assert_eq!(sum(&[None, None]), None);
        assert_eq!(divide(Some(6.0), Some(3.0)), Some(2.0));
        assert_eq!(divide(Some(6.0), Some(0.0)), None);
        assert_eq!(divide(Some(6.0), None), None);
    }

    #[test]
    fn an_alarm_wants_m_out_of_n_and_missing_data_does_not_breach() {
        let two_of_three =
            Alarm { threshold: 5.0, comparison: Comparison::Above, periods: 3, datapoints: 2 };
        assert_eq!(two_of_three.fires(&[Some(6.0), Some(1.0), Some(8.0)]), Some(8.0));
        assert_eq!(two_of_three.fires(&[Some(6.0), None, None]), None);
        assert_eq!(two_of_three.fires(&[Some(9.0), Some(9.0), None, None, Some(9.0)]), None);
        let empty =
            Alarm { threshold: 1.0, comparison: Comparison::Below, periods: 15, datapoints: 15 };
        assert_eq!(empty.fires(&[Some(0.0); 14]), None);
        assert_eq!(empty.fires(&[Some(0.0); 15]), Some(0.0));
        let mut one_is_missing = [Some(0.0); 15];
        one_is_missing[3] = None;
        assert_eq!(empty.fires(&one_is_missing), None);
    }
}
