//! The newest whole report of an inventory configuration, by the names that
//! S3 gives to what it delivers.

use std::collections::BTreeSet;
use std::time::Duration;

use reseal_core::ports::{ListPage, ListRequest};
use reseal_core::{BucketName, ObjectKey, Timestamp, Versions};

use crate::cloud::Cloud;
use crate::sources::SourceError;

/// What S3 allows.
const PAGE: u32 = 1_000;
/// How far our clock may be behind S3's. A report of a later day is none that
/// S3 delivered: it would hide all others until then.
const AHEAD: Duration = Duration::from_secs(24 * 3600);
/// `2026-11-20T01-00Z`: `d` stands for a digit.
const DATE: &[u8] = b"dddd-dd-ddTdd-ddZ";

/// The newest manifest below this folder, `PREFIX/SOURCE-BUCKET/CONFIG-ID/`,
/// whose checksum is there too: S3 writes that last.
///
/// # Errors
/// When the folder can't be listed or holds no whole report.
pub(super) async fn latest(
    cloud: &Cloud,
    bucket: &BucketName,
    folder: &str,
) -> Result<ObjectKey, SourceError> {
    let nothing = || SourceError::Report {
        file: format!("s3://{bucket}/{}", reseal_core::escape_control(folder)),
        row: None,
        what: "no folder of a date with a manifest.json and a manifest.checksum: is it \
               PREFIX/SOURCE-BUCKET/CONFIG-ID/, and was a report delivered yet?"
            .to_owned(),
    };
    let date = newest_date(cloud, bucket, folder).await?.ok_or_else(nothing)?;
    manifest_of(folder, &date).ok_or_else(nothing)
}

/// The manifest of this date.
pub(super) fn manifest_of(folder: &str, date: &str) -> Option<ObjectKey> {
    ObjectKey::new(format!("{folder}{date}/manifest.json")).ok()
}

/// The date of the newest whole report, where there is one.
///
/// # Errors
/// When the folder can't be listed.
pub(super) async fn newest_date(
    cloud: &Cloud,
    bucket: &BucketName,
    folder: &str,
) -> Result<Option<String>, SourceError> {
    let mut found = Found::default();
    let mut after: Option<ObjectKey> = None;
    loop {
        let request = ListRequest {
            bucket,
            prefix: folder,
            versions: Versions::Current,
            after: after.as_ref().map(|key| (key.as_str(), None)),
            limit: PAGE,
        };
        let listed = cloud.patience().retry(|| cloud.lister.list(&request)).await;
        let ListPage { entries, truncated } =
            listed.map_err(|error| SourceError::Listing { bucket: bucket.clone(), error })?;
        let mut keys = entries.iter().filter_map(|entry| entry.key.as_str().strip_prefix(folder));
        let is_past_dates = keys.any(|rest| found.note(rest));
        after = entries.last().map(|entry| entry.key.clone());
        if !truncated || is_past_dates || after.is_none() {
            break;
        }
    }
    let until = cloud.clock.now().plus(AHEAD);
    Ok(found.newest(until).map(str::to_owned))
}

/// Dates whose folders hold one or the other.
#[derive(Default)]
struct Found {
    manifests: BTreeSet<String>,
    checksums: BTreeSet<String>,
}

impl Found {
    /// Notes a key, without the folder; true when no date can come any more:
    /// what else S3 delivers, `data/` and `hive/`, comes behind all digits.
    fn note(&mut self, rest: &str) -> bool {
        let Some((date, name)) = rest.split_once('/') else { return rest > ":" };
        if is_report_date(date) {
            let dates = match name {
                "manifest.json" => &mut self.manifests,
                "manifest.checksum" => &mut self.checksums,
                _ => return false,
            };
            dates.insert(date.to_owned());
        }
        rest > ":"
    }

    /// Names sort as the times that they tell.
    fn newest(&self, until: Timestamp) -> Option<&str> {
        let whole = self.manifests.intersection(&self.checksums);
        let in_time = whole.filter(|date| time_of(date).is_some_and(|time| time <= until));
        in_time.last().map(String::as_str)
    }
}

/// Whether S3 would name the folder of a report so.
pub(crate) fn is_report_date(name: &str) -> bool {
    let fits = |(byte, wanted): (u8, &u8)| match wanted {
        b'd' => byte.is_ascii_digit(),
        other => byte == *other,
    };
    // A date that no calendar has would sort behind all others, for ever.
    name.len() == DATE.len() && name.bytes().zip(DATE).all(fits) && time_of(name).is_some()
}

fn time_of(name: &str) -> Option<Timestamp> {
    let (day, time) = (name.get(..10)?, name.get(11..16)?.replace('-', ":"));
    Timestamp::parse_rfc3339(&format!("{day}T{time}:00Z"))
}

#[cfg(test)]
mod tests {
    use super::Found;

    fn found(keys: &[&str]) -> Found {
        let mut found = Found::default();
        for key in keys {
            found.note(key);
        }
        found
    }

    #[test]
    fn only_days_that_are_count() {
        for (name, is_one) in [
            ("2026-11-20T01-00Z", true),
            ("2024-02-29T23-59Z", true),
            ("9999-99-99T99-99Z", false),
            ("2026-02-29T01-00Z", false),
            ("2026-11-20T24-00Z", false),
            ("2026-11-20T01-00", false),
        ] {
            assert_eq!(super::is_report_date(name), is_one, "{name}");
        }
    }

    #[test]
    fn the_newest_is_the_last_that_has_both() {
        let all = found(&[
            "2026-11-19T01-00Z/manifest.checksum",
            "2026-11-19T01-00Z/manifest.json",
            "2026-11-20T01-00Z/manifest.checksum",
            "2026-11-20T01-00Z/manifest.json",
            "2026-11-21T01-00Z/manifest.json",
            "2026-11-22T01-00Z/manifest.checksum",
            "9999-notes/manifest.checksum",
            "9999-notes/manifest.json",
        ]);
        let until = |text| super::Timestamp::parse_rfc3339(text).expect("a time");
        let late = until("2031-01-01T00:00:00Z");
        assert_eq!(all.newest(late), Some("2026-11-20T01-00Z"));
        assert_eq!(found(&["2026-11-20T01-00Z/manifest.json"]).newest(late), None);
        let early = until("2026-11-20T00:59:00Z");
        assert_eq!(
            all.newest(early),
            Some("2026-11-19T01-00Z"),
            "what is yet to come is no report"
        );
    }

    #[test]
    fn nothing_is_looked_for_behind_the_dates() {
        let mut found = Found::default();
        assert!(!found.note("2026-11-19T01-00Z/manifest.json"));
        assert!(!found.note("0-my-notes"));
        assert!(found.note("data/0001.csv.gz"));
        assert!(found.note("hive/dt=2026-11-19-01-00/symlink.txt"));
    }
}
