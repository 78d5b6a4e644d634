//! Sizes as people write them.

/// Reads `1024`, `10KiB`, `10MiB`, `5GB` …, in bytes. Units are
/// case-insensitive; `KiB` is 1,024 and `KB` 1,000.
pub(super) fn parse_size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::parse_size;

    #[test]
    fn units_are_binary_or_decimal_as_written() {
        assert_eq!(parse_size("0"), Some(0));
        assert_eq!(parse_size("10MiB"), Some(10 * 1024 * 1024));
        assert_eq!(parse_size("10 mb"), Some(10_000_000));
        assert_eq!(parse_size("5GiB"), Some(5 * 1024 * 1024 * 1024));
        for wrong in ["", "MiB", "-1", "1.5GiB", "10M", "99999999999TiB", "1 2"] {
            assert_eq!(parse_size(wrong), None, "{wrong}");
        }
    }
}
