//! A census for people, for scripts, and for spreadsheets.

use std::fmt::Write as _;
use std::io;

use reseal_core::{JobId, spreadsheet_safe};
use serde::Serialize;

use super::{Census, Count, Group, Seal};
use crate::inventory::LeftOut;
use crate::plan::bytes;

/// The columns of the CSV file.
const COLUMNS: [&str; 12] = [
    "bucket",
    "encryption",
    "kms_key",
    "bucket_key",
    "encryption_after",
    "kms_key_after",
    "bucket_key_after",
    "storage_class",
    "version",
    "size",
    "objects",
    "bytes",
];

#[derive(Debug, Serialize)]
struct Line {
    #[serde(flatten)]
    group: Group,
    #[serde(flatten)]
    count: Count,
}

/// The result of `census`.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<JobId>,
    sources: Vec<String>,
    objects: u64,
    bytes: u64,
    /// Asked of S3, one HEAD each; the sources told the others.
    looked_at: u64,
    delete_markers: u64,
    gone: u64,
    not_seen: u64,
    not_settled: u64,
    left_out: Vec<LeftOut>,
    groups: Vec<Line>,
}

impl Shown {
    pub(crate) fn new(
        job: Option<JobId>,
        sources: Vec<String>,
        looked_at: u64,
        census: Census,
    ) -> Self {
        let Count { objects, bytes } = census.total();
        let Census { groups, delete_markers, gone, not_seen, not_settled } = census;
        let groups = groups.into_iter().map(|(group, count)| Line { group, count }).collect();
        Self {
            job,
            sources,
            objects,
            bytes,
            looked_at,
            delete_markers,
            gone,
            not_seen,
            not_settled,
            left_out: Vec::new(),
            groups,
        }
    }

    /// The same, naming buckets that it says nothing of.
    pub(crate) fn without(self, left_out: Vec<LeftOut>) -> Self {
        Self { left_out, ..self }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String can't fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        if let Some(job) = &self.job {
            writeln!(out, "job      {job}")?;
        }
        for source in &self.sources {
            writeln!(out, "source   {source}")?;
        }
        writeln!(out, "objects  {}, {}", self.objects, bytes(self.bytes))?;
        let others = [
            (self.looked_at, "asked of S3, the others as their source says"),
            (self.delete_markers, "delete markers besides"),
            (self.gone, "named by a source and not there any more"),
            (self.not_seen, "could not be looked at: shown as ?"),
            (self.not_settled, "not settled yet by the job"),
        ];
        for (count, what) in others.into_iter().filter(|(count, _)| *count > 0) {
            writeln!(out, "  {count:>12}  {what}")?;
        }
        for LeftOut { bucket, why, .. } in &self.left_out {
            writeln!(out, "left out {bucket}: {}", reseal_core::escape_control(why))?;
        }
        let mut bucket = None;
        for Line { group, count } in &self.groups {
            if bucket != Some(&group.bucket) {
                writeln!(out, "\n{}", group.bucket)?;
                bucket = Some(&group.bucket);
            }
            write!(out, "  {:>12}  {:>10}  ", count.objects, bytes(count.bytes))?;
            write!(out, "{}", words(&group.seal))?;
            if let Some(after) = &group.after {
                write!(out, " -> {}", words(after))?;
            }
            write!(out, ", {}", group.storage_class)?;
            if let Some(version) = group.version {
                write!(out, ", {}", version.word())?;
            }
            writeln!(out, ", {}", group.size.word())?;
        }
        Ok(())
    }
}

fn words(seal: &Seal) -> String {
    let key = seal.kms_key.as_ref().map(|key| format!(" {key}"));
    let bucket_key = match seal.bucket_key {
        Some(true) => " with a bucket key",
        Some(false) if seal.encryption == "SSE-KMS" => " without a bucket key",
        _ => "",
    };
    format!("{}{}{bucket_key}", seal.encryption, key.unwrap_or_default())
}

/// One line per group, as CSV with a header.
///
/// # Errors
/// When it can't be written.
pub(crate) fn write_csv(shown: &Shown, writer: impl io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(writer);
    csv.write_record(COLUMNS)?;
    for Line { group, count } in &shown.groups {
        let [encryption, key, bucket_key] = cells(Some(&group.seal));
        let [encryption_after, key_after, bucket_key_after] = cells(group.after.as_ref());
        csv.write_record([
            group.bucket.to_string(),
            encryption,
            key,
            bucket_key,
            encryption_after,
            key_after,
            bucket_key_after,
            spreadsheet_safe(&group.storage_class),
            group.version.map_or("", super::Layer::word).to_owned(),
            group.size.word().to_owned(),
            count.objects.to_string(),
            count.bytes.to_string(),
        ])?;
    }
    csv.flush()
}

fn cells(seal: Option<&Seal>) -> [String; 3] {
    let Some(seal) = seal else { return [const { String::new() }; 3] };
    [
        seal.encryption.to_owned(),
        seal.kms_key.as_deref().map(spreadsheet_safe).unwrap_or_default(),
        seal.bucket_key.map(|used| used.to_string()).unwrap_or_default(),
    ]
}
