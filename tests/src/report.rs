//! Reading a report back, as a user's own script would.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use crate::inventory::PYARROW;
use crate::{python_environment, workspace};

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

/// Holds the Parquet parts in a folder against the CSV, value by value, as
/// pyarrow reads them. Gives the number of `rows`, and `types` by column.
///
/// # Panics
/// When they differ.
#[must_use]
pub fn compare_parquet(report: &Path, folder: &Path) -> Value {
    let output = Command::new(python_environment("pyarrow", &[PYARROW]))
        .arg(workspace().join("tests/python/compare_parquet.py"))
        .args([report, folder])
        .output()
        .expect("python starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}
