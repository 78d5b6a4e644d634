//! Dates in the forms that S3 writes and reads.

use std::fmt::{self, Display};

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::model::Moment;

fn date(moment: Moment) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(moment.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// As in `Last-Modified`.
pub(super) fn http_date(moment: Moment) -> String {
    let date = date(moment);
    let (weekday, month) = (date.weekday().to_string(), date.month().to_string());
    format!(
        "{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
        &weekday[..3],
        date.day(),
        &month[..3],
        date.year(),
        date.hour(),
        date.minute(),
        date.second()
    )
}

/// As in listings, to the second with the milliseconds at zero. Digit by digit
/// in place, because a page of a listing has a thousand of them.
pub(super) fn iso_date(moment: Moment) -> impl Display {
    let date = date(moment);
    let (year, month, day) = date.to_calendar_date();
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |at: usize, mut number: u32| {
        let mut digits = text[..at].iter_mut().rev().take_while(|digit| digit.is_ascii_digit());
        while let (Some(digit), 1..) = (digits.next(), number) {
            *digit += (number % 10) as u8;
            number /= 10;
        }
    };
    put(4, year.unsigned_abs());
    put(7, u32::from(u8::from(month)));
    put(10, u32::from(day));
    put(13, u32::from(date.hour()));
    put(16, u32::from(date.minute()));
    put(19, u32::from(date.second()));
    // Digits always are text.
    fmt::from_fn(move |out| out.write_str(std::str::from_utf8(&text).unwrap_or_default()))
}

/// Reads a date of a conditional header.
pub(super) fn parse_http_date(text: &str) -> Option<Moment> {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = PrimitiveDateTime::parse(text.trim(), format).ok()?;
    Some(Moment::from_millis(date.assume_utc().unix_timestamp() * 1000))
}

/// Reads a date of a lock header.
pub(super) fn parse_iso_date(text: &str) -> Option<Moment> {
    let date = OffsetDateTime::parse(text.trim(), &Rfc3339).ok()?;
    Some(Moment::from_millis((date.unix_timestamp_nanos() / 1_000_000) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_listings_are_written_digit_by_digit() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_825_599, "2000-02-29T11:59:59.000Z"),
            (1_786_019_704, "2026-08-06T12:35:04.000Z"),
            (253_402_300_799, "9999-12-31T23:59:59.000Z"),
        ] {
            let moment = Moment::from_millis(seconds * 1000 + 999);
            assert_eq!(iso_date(moment).to_string(), text);
            assert_eq!(parse_iso_date(text), Some(Moment::from_millis(seconds * 1000)));
        }
    }
}
