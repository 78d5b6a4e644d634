//! Dates in the forms that S3 writes and reads.

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

/// As in listings, to the second with the milliseconds at zero.
pub(super) fn iso_date(moment: Moment) -> String {
    let date = date(moment);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.000Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        date.hour(),
        date.minute(),
        date.second()
    )
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
