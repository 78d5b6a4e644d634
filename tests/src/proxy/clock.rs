//! A server whose clock isn't ours: it dates its answers by its own time, and
//! refuses what was signed at another.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use hyper::header::{DATE, HeaderMap, HeaderValue};
use time::OffsetDateTime;
use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::fault::Answer;
use super::operation::Call;

/// How far a signature's time may lie off, as S3 documents it.
const TOLERANCE: time::Duration = time::Duration::minutes(15);
const SIGNED: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");
const HTTP_DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// Right until it is set ahead.
#[derive(Clone, Debug, Default)]
pub struct ServerClock(Arc<AtomicI64>);

impl ServerClock {
    /// From now on the server's time is so far ahead of ours.
    pub fn set_ahead(&self, by: Duration) {
        self.0.store(by.as_secs().cast_signed(), Ordering::Relaxed);
    }

    fn is_right(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    #[expect(clippy::disallowed_methods, reason = "signatures bear the time of the wall")]
    fn now(&self) -> OffsetDateTime {
        let ahead = time::Duration::seconds(self.0.load(Ordering::Relaxed));
        OffsetDateTime::from(SystemTime::now()) + ahead
    }

    /// The refusal of what was signed too far from this clock's time.
    pub(super) fn refuses(&self, call: &Call) -> Option<Answer> {
        let signed_at = call.signed_at.as_deref().filter(|_| !self.is_right())?;
        let signed_at = PrimitiveDateTime::parse(signed_at, SIGNED).expect("x-amz-date");
        let off = self.now() - signed_at.assume_utc();
        let refusal = || Answer::new(403, "RequestTimeTooSkewed").dated(&self.date());
        (off.abs() > TOLERANCE).then(refusal)
    }

    /// Puts this clock's time on an answer.
    pub(super) fn stamp(&self, headers: &mut HeaderMap) {
        if !self.is_right() {
            let date = HeaderValue::from_str(&self.date()).expect("a date is a header");
            headers.insert(DATE, date);
        }
    }

    fn date(&self) -> String {
        self.now().format(HTTP_DATE).expect("any time has a date")
    }
}
