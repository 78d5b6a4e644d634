//! One CSV row per object.
//!
//! Text that others could have written (keys above all) is quoted by the CSV
//! rules, so that it comes back byte for byte, newlines and quotes included.
//! Where a spreadsheet would take it for a formula it gets one leading
//! apostrophe: whoever reads the file takes one leading apostrophe away. What
//! is written for machines (`parts`) has none.

use std::io::Write;

use async_trait::async_trait;
use reseal_core::{
    Encryption, ObjectRef, OutcomeRow, Snapshot, VersionId, escape_control, spreadsheet_safe,
};

use super::{ReportError, TakesRows};

/// A column: its name, and exactly what a row says there. `docs/report.md` explains each.
pub(super) type Column = (&'static str, fn(&OutcomeRow) -> String);

const COLUMNS: [Column; 29] = [
    ("bucket", |row| row.object.bucket.to_string()),
    ("key", |row| row.object.key.as_str().to_owned()),
    ("version", |row| text(row.object.version.as_ref().map(VersionId::as_str))),
    ("outcome", |row| row.outcome.word().to_owned()),
    ("reason", |row| row.outcome.reason().unwrap_or_default().to_owned()),
    ("action", |row| row.action.map(|action| action.word().to_owned()).unwrap_or_default()),
    ("before_encryption", |row| of(&row.before, encryption)),
    ("before_key", |row| of(&row.before, key)),
    ("before_bucket_key", |row| of(&row.before, bucket_key)),
    ("before_etag", |row| of(&row.before, etag)),
    ("before_version", |row| of(&row.before, version)),
    ("before_size", |row| of(&row.before, size)),
    ("before_class", |row| of(&row.before, class)),
    ("before_last_modified", |row| of(&row.before, last_modified)),
    ("after_encryption", |row| of(&row.after, encryption)),
    ("after_key", |row| of(&row.after, key)),
    ("after_bucket_key", |row| of(&row.after, bucket_key)),
    ("after_etag", |row| of(&row.after, etag)),
    ("after_version", |row| of(&row.after, version)),
    ("after_size", |row| of(&row.after, size)),
    ("after_class", |row| of(&row.after, class)),
    ("after_last_modified", |row| of(&row.after, last_modified)),
    ("proof", |row| row.proof.map(|proof| proof.word().to_owned()).unwrap_or_default()),
    ("backup", |row| text(row.backup.as_ref().map(place).as_deref())),
    ("recovered", |row| row.recovered.to_string()),
    ("drift", |row| row.drift.to_string()),
    ("attempts", |row| row.attempts.to_string()),
    ("detail", |row| text(row.detail.as_deref().map(escape_control).as_deref())),
    ("settled_at", |row| row.settled_at.to_string()),
];

/// Of a version that keeps the old encryption.
const OLD_VERSIONS: [Column; 8] = [
    ("bucket", |row| row.object.bucket.to_string()),
    ("key", |row| row.object.key.as_str().to_owned()),
    ("version", |row| row.old_version().map(version).unwrap_or_default()),
    ("encryption", |row| row.old_version().map(encryption).unwrap_or_default()),
    ("kms_key", |row| row.old_version().map(key).unwrap_or_default()),
    ("size", |row| row.old_version().map(size).unwrap_or_default()),
    ("class", |row| row.old_version().map(class).unwrap_or_default()),
    ("superseded_by", |row| of(&row.after, version)),
];

/// Which rows, and what of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowKind {
    /// All, with everything.
    Objects,
    /// The versions that keep the old encryption.
    OldVersions,
}

impl RowKind {
    pub(super) fn columns(self) -> &'static [Column] {
        match self {
            Self::Objects => &COLUMNS,
            Self::OldVersions => &OLD_VERSIONS,
        }
    }

    pub(super) fn takes(self, row: &OutcomeRow) -> bool {
        match self {
            Self::Objects => true,
            Self::OldVersions => row.old_version().is_some(),
        }
    }
}

/// Writes the header, then rows.
pub(super) struct RowWriter<W: Write> {
    csv: csv::Writer<W>,
    kind: RowKind,
}

impl<W: Write> RowWriter<W> {
    pub(super) fn new(out: W, kind: RowKind) -> Result<Self, ReportError> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(kind.columns().iter().map(|(name, _)| name))?;
        Ok(Self { csv, kind })
    }

    pub(super) fn write(&mut self, row: &OutcomeRow) -> Result<(), ReportError> {
        if !self.kind.takes(row) {
            return Ok(());
        }
        Ok(self.csv.write_record(
            self.kind.columns().iter().map(|(_, cell)| spreadsheet_safe(&cell(row))),
        )?)
    }

    pub(super) fn finish(mut self) -> Result<(), ReportError> {
        Ok(self.csv.flush()?)
    }
}

#[async_trait]
impl<W: Write + Send> TakesRows for RowWriter<W> {
    async fn take(&mut self, rows: &[OutcomeRow]) -> Result<(), ReportError> {
        rows.iter().try_for_each(|row| self.write(row))
    }
}

fn of(snapshot: &Option<Snapshot>, cell: fn(&Snapshot) -> String) -> String {
    snapshot.as_ref().map(cell).unwrap_or_default()
}

fn encryption(snapshot: &Snapshot) -> String {
    snapshot.encryption.kind().to_owned()
}

fn key(snapshot: &Snapshot) -> String {
    text(snapshot.encryption.key())
}

/// Where the key isn't known, neither is this: a trusted report's row.
fn bucket_key(snapshot: &Snapshot) -> String {
    match &snapshot.encryption {
        Encryption::SseKms { key: Some(_), bucket_key } => bucket_key.to_string(),
        _ => String::new(),
    }
}

fn etag(snapshot: &Snapshot) -> String {
    text(Some(snapshot.etag.as_str()))
}

fn version(snapshot: &Snapshot) -> String {
    text(snapshot.version.as_ref().map(VersionId::as_str))
}

fn size(snapshot: &Snapshot) -> String {
    snapshot.size.to_string()
}

fn class(snapshot: &Snapshot) -> String {
    text(Some(snapshot.storage_class.as_str()))
}

fn last_modified(snapshot: &Snapshot) -> String {
    snapshot.last_modified.map(|time| time.to_string()).unwrap_or_default()
}

fn place(object: &ObjectRef) -> String {
    format!("s3://{}/{}", object.bucket, object.key.as_str())
}

fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_explained_and_nothing_else() {
        let page = include_str!("../../../docs/report.md");
        let cell =
            |line: &str| line.strip_prefix("| `")?.split_once('`').map(|(n, _)| n.to_owned());
        let columns = page.split("## Reasons").next().unwrap_or_default();
        let explained: Vec<String> = columns.lines().filter_map(cell).collect();
        let columns: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        assert_eq!(explained, columns);
        let old = page.split("## Old versions").nth(1).unwrap_or_default();
        let explained: Vec<String> = old.lines().filter_map(cell).collect();
        let columns: Vec<&str> = OLD_VERSIONS.iter().map(|(name, _)| *name).collect();
        assert_eq!(explained, columns);
    }

    #[test]
    fn every_reason_is_explained() {
        let page = include_str!("../../../docs/report.md");
        let failed = reseal_core::FailReason::ALL.iter().map(|reason| reason.word());
        let skipped = reseal_core::SkipReason::ALL.iter().map(|reason| reason.word());
        for word in failed.chain(skipped) {
            assert!(page.contains(&format!("`{word}`")), "{word}");
        }
    }

    /// A new field breaks the build here until it has found its column.
    #[test]
    fn every_field_has_a_column() {
        let row = reseal_testkit::build::OutcomeBuilder::new(0, reseal_core::Outcome::ReEncrypted)
            .build();
        let OutcomeRow {
            index: _,
            object: _,
            outcome: _,
            action: _,
            before: _,
            after: _,
            proof: _,
            backup: _,
            recovered: _,
            drift: _,
            attempts: _,
            detail: _,
            settled_at: _,
        } = &row;
        assert_eq!(COLUMNS.map(|(_, cell)| cell(&row)).len(), COLUMNS.len());
    }
}
