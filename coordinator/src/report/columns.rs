//! The report's columns: what a row says in each, and of which type.
//!
//! Owns: names, order and types, for every format that the report is written in.
//! Never: how a format spells a value.
//! Next: `rows` for the CSV, `parts` for what query engines read.

use reseal_core::{
    Encryption, ObjectRef, OutcomeRow, Snapshot, Timestamp, VersionId, escape_control,
};

/// A column: its name, and exactly what a row says there. `docs/report.md` explains each.
pub(super) type Column = (&'static str, Says);

/// What a row says, by its type. Nothing is `None`, or no text.
#[derive(Clone, Copy)]
pub(super) enum Says {
    Text(fn(&OutcomeRow) -> String),
    Flag(fn(&OutcomeRow) -> Option<bool>),
    /// In bytes.
    Size(fn(&OutcomeRow) -> Option<u64>),
    Count(fn(&OutcomeRow) -> u32),
    Time(fn(&OutcomeRow) -> Option<Timestamp>),
}

impl Says {
    /// As text: times are RFC 3339 in UTC, and nothing is no text.
    pub(super) fn text(self, row: &OutcomeRow) -> String {
        match self {
            Self::Text(says) => says(row),
            Self::Flag(says) => shown(says(row)),
            Self::Size(says) => shown(says(row)),
            Self::Count(says) => says(row).to_string(),
            Self::Time(says) => shown(says(row)),
        }
    }
}

const COLUMNS: [Column; 29] = [
    ("bucket", Says::Text(|row| row.object.bucket.to_string())),
    ("key", Says::Text(|row| row.object.key.as_str().to_owned())),
    ("version", Says::Text(|row| text(row.object.version.as_ref().map(VersionId::as_str)))),
    ("outcome", Says::Text(|row| row.outcome.word().to_owned())),
    ("reason", Says::Text(|row| row.outcome.reason().unwrap_or_default().to_owned())),
    (
        "action",
        Says::Text(|row| row.action.map(|action| action.word().to_owned()).unwrap_or_default()),
    ),
    ("before_encryption", Says::Text(|row| of(&row.before, encryption))),
    ("before_key", Says::Text(|row| of(&row.before, key))),
    ("before_bucket_key", Says::Flag(|row| row.before.as_ref().and_then(bucket_key))),
    ("before_etag", Says::Text(|row| of(&row.before, etag))),
    ("before_version", Says::Text(|row| of(&row.before, version))),
    ("before_size", Says::Size(|row| row.before.as_ref().map(|before| before.size))),
    ("before_class", Says::Text(|row| of(&row.before, class))),
    (
        "before_last_modified",
        Says::Time(|row| row.before.as_ref().and_then(|before| before.last_modified)),
    ),
    ("after_encryption", Says::Text(|row| of(&row.after, encryption))),
    ("after_key", Says::Text(|row| of(&row.after, key))),
    ("after_bucket_key", Says::Flag(|row| row.after.as_ref().and_then(bucket_key))),
    ("after_etag", Says::Text(|row| of(&row.after, etag))),
    ("after_version", Says::Text(|row| of(&row.after, version))),
    ("after_size", Says::Size(|row| row.after.as_ref().map(|after| after.size))),
    ("after_class", Says::Text(|row| of(&row.after, class))),
    (
        "after_last_modified",
        Says::Time(|row| row.after.as_ref().and_then(|after| after.last_modified)),
    ),
    ("proof", Says::Text(|row| row.proof.map(|proof| proof.word().to_owned()).unwrap_or_default())),
    ("backup", Says::Text(|row| text(row.backup.as_ref().map(place).as_deref()))),
    ("recovered", Says::Flag(|row| Some(row.recovered))),
    ("drift", Says::Flag(|row| Some(row.drift))),
    ("attempts", Says::Count(|row| row.attempts)),
    ("detail", Says::Text(|row| text(row.detail.as_deref().map(escape_control).as_deref()))),
    ("settled_at", Says::Time(|row| Some(row.settled_at))),
];

/// Of a version that keeps the old encryption.
const OLD_VERSIONS: [Column; 8] = [
    ("bucket", Says::Text(|row| row.object.bucket.to_string())),
    ("key", Says::Text(|row| row.object.key.as_str().to_owned())),
    ("version", Says::Text(|row| row.old_version().map(version).unwrap_or_default())),
    ("encryption", Says::Text(|row| row.old_version().map(encryption).unwrap_or_default())),
    ("kms_key", Says::Text(|row| row.old_version().map(key).unwrap_or_default())),
    ("size", Says::Size(|row| row.old_version().map(|before| before.size))),
    ("class", Says::Text(|row| row.old_version().map(class).unwrap_or_default())),
    ("superseded_by", Says::Text(|row| of(&row.after, version))),
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
fn bucket_key(snapshot: &Snapshot) -> Option<bool> {
    match &snapshot.encryption {
        Encryption::SseKms { key: Some(_), bucket_key } => Some(*bucket_key),
        _ => None,
    }
}

fn etag(snapshot: &Snapshot) -> String {
    text(Some(snapshot.etag.as_str()))
}

fn version(snapshot: &Snapshot) -> String {
    text(snapshot.version.as_ref().map(VersionId::as_str))
}

fn class(snapshot: &Snapshot) -> String {
    text(Some(snapshot.storage_class.as_str()))
}

fn place(object: &ObjectRef) -> String {
    format!("s3://{}/{}", object.bucket, object.key.as_str())
}

fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

fn shown(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
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
        assert_eq!(COLUMNS.map(|(_, says)| says.text(&row)).len(), COLUMNS.len());
    }
}
