//! One CSV row per object.
//!
//! Text that others could have written (keys above all) is quoted by the CSV
//! rules, so that it comes back byte for byte, newlines and quotes included.
//! Where a spreadsheet would take it for a formula it gets one leading
//! apostrophe: whoever reads the file takes one leading apostrophe away.

use std::io::Write;

use reseal_core::{Outcome, OutcomeRow, Snapshot, spreadsheet_safe};
use serde::Serialize;

use super::ReportError;

const COLUMNS: [&str; 27] = [
    "bucket",
    "key",
    "version",
    "outcome",
    "reason",
    "action",
    "before_encryption",
    "before_key",
    "before_bucket_key",
    "before_etag",
    "before_version",
    "before_size",
    "before_class",
    "before_last_modified",
    "after_encryption",
    "after_key",
    "after_bucket_key",
    "after_etag",
    "after_version",
    "after_size",
    "after_class",
    "after_last_modified",
    "proof",
    "recovered",
    "drift",
    "attempts",
    "detail",
];
const LAST_COLUMN: &str = "settled_at";

/// Writes the header, then rows.
pub(super) struct RowWriter<W: Write> {
    csv: csv::Writer<W>,
}

impl<W: Write> RowWriter<W> {
    pub(super) fn new(out: W) -> Result<Self, ReportError> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(COLUMNS.iter().chain([&LAST_COLUMN]))?;
        Ok(Self { csv })
    }

    pub(super) fn write(&mut self, row: &OutcomeRow) -> Result<(), ReportError> {
        // Without `..`: a new field must find its column.
        let OutcomeRow {
            index: _,
            object,
            outcome,
            action,
            before,
            after,
            proof,
            recovered,
            drift,
            attempts,
            detail,
            settled_at,
        } = row;
        let reason = match outcome {
            Outcome::Skipped(reason) => word(reason),
            Outcome::Failed(reason) => word(reason),
            Outcome::ReEncrypted | Outcome::AlreadyCompliant => String::new(),
        };
        let mut cells = vec![
            object.bucket.to_string(),
            spreadsheet_safe(object.key.as_str()),
            safe(object.version.as_ref().map(|version| version.as_str())),
            outcome.word().to_owned(),
            reason,
            action.as_ref().map(word).unwrap_or_default(),
        ];
        cells.extend(snapshot(before.as_ref()));
        cells.extend(snapshot(after.as_ref()));
        cells.extend([
            proof.as_ref().map(word).unwrap_or_default(),
            recovered.to_string(),
            drift.to_string(),
            attempts.to_string(),
            safe(detail.as_deref().map(reseal_core::escape_control).as_deref()),
            settled_at.to_string(),
        ]);
        Ok(self.csv.write_record(cells)?)
    }

    pub(super) fn finish(mut self) -> Result<(), ReportError> {
        Ok(self.csv.flush()?)
    }
}

fn snapshot(snapshot: Option<&Snapshot>) -> [String; 8] {
    let Some(snapshot) = snapshot else { return Default::default() };
    let Snapshot { version, etag, size, last_modified, storage_class, encryption } = snapshot;
    let bucket_key = match encryption {
        reseal_core::Encryption::SseKms { bucket_key, .. } => bucket_key.to_string(),
        _ => String::new(),
    };
    [
        encryption.kind().to_owned(),
        safe(encryption.key()),
        bucket_key,
        safe(Some(etag.as_str())),
        safe(version.as_ref().map(|version| version.as_str())),
        size.to_string(),
        safe(Some(storage_class.as_str())),
        last_modified.map(|time| time.to_string()).unwrap_or_default(),
    ]
}

fn safe(text: Option<&str>) -> String {
    text.map(spreadsheet_safe).unwrap_or_default()
}

/// serde's word for a reason, an action or a proof.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
