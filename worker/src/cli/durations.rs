//! Durations as people write them.

use std::time::Duration;

/// Reads `25s`, `10m`, `2h`, `500ms`: a whole number and its unit. A number
/// alone is refused, since nobody can tell what it counts.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3_600).map(Duration::from_secs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_its_unit() {
        for (text, millis) in
            [("0s", 0), ("500ms", 500), ("25s", 25_000), ("10m", 600_000), ("1h", 3_600_000)]
        {
            let duration = parse_duration(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(duration, Duration::from_millis(millis), "{text}");
        }
        for wrong in [
            "",
            "25",
            "s",
            "-1s",
            "1.5h",
            "1 h",
            "1h30m",
            "1d",
            "99999999999999999999s",
            "5124095576030432h",
            "٣s",
        ] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }
}
