//! Reading a report back, as a user's own script would.

use std::path::Path;

use serde::Deserialize;

/// The columns that tests look at.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReportRow {
    /// Bucket.
    pub bucket: String,
    /// Key, with the spreadsheet apostrophe removed again.
    pub key: String,
    /// Version as the source named it; empty for the current one.
    pub version: String,
    /// re-encrypted, already-compliant, skipped or failed.
    pub outcome: String,
    /// Why, for the last two.
    pub reason: String,
    /// update, copy or multipart.
    pub action: String,
    /// Encryption before.
    pub before_encryption: String,
    /// Version before.
    pub before_version: String,
    /// Encryption after, where it changed.
    pub after_encryption: String,
    /// Version after.
    pub after_version: String,
    /// Key after.
    pub after_key: String,
    /// Where the backup is.
    pub backup: String,
    /// Whether it was found at the target after an interruption.
    pub recovered: String,
    /// Whether somebody edited it in a way that nothing can fence.
    pub drift: String,
    /// One line for people.
    pub detail: String,
}

/// All rows.
///
/// # Panics
/// When the report can't be read.
#[must_use]
pub fn read_report(path: &Path) -> Vec<ReportRow> {
    let mut reader = csv::Reader::from_path(path).expect("a report");
    reader
        .deserialize()
        .map(|row| {
            let mut row: ReportRow = row.expect("a row");
            if let Some(key) = row.key.strip_prefix('\'') {
                row.key = key.to_owned();
            }
            row
        })
        .collect()
}
