//! Where our reports lie: `[PREFIX/]SOURCE-BUCKET/reseal/` of one bucket.

use reseal_core::BucketName;

use super::wanted::ID;
use crate::sources::is_report_date;

/// The bucket that reports go to, and the folder there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) bucket: BucketName,
    /// Never empty, and without a slash at its end.
    pub(crate) prefix: Option<String>,
}

impl Destination {
    /// The folder of our reports on this bucket.
    pub(crate) fn folder(&self, source: &BucketName) -> String {
        format!("{}{source}/{ID}/", self.base())
    }

    /// The bucket that a report of ours is about, by the key of one of the two
    /// files that S3 writes last; `None` for every other object.
    pub(crate) fn source_of(&self, bucket: &str, key: &str) -> Option<BucketName> {
        if bucket != self.bucket.as_str() {
            return None;
        }
        let parts: Vec<&str> = key.strip_prefix(&self.base())?.split('/').collect();
        match parts[..] {
            [source, ID, date, "manifest.json" | "manifest.checksum"] if is_report_date(date) => {
                source.parse().ok()
            }
            _ => None,
        }
    }

    fn base(&self) -> String {
        self.prefix.as_ref().map(|prefix| format!("{prefix}/")).unwrap_or_default()
    }
}
