//! What became of each version, for people, as JSON, and all of it as CSV.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use reseal_core::{BucketName, JobId, VersionId, escape_control, spreadsheet_safe};
use serde::Serialize;

use super::candidate::{Candidate, Census};
use super::proof::Left;
use crate::exit::{CommandError, Exit};
use crate::plan::bytes;

/// Versions that are kept for the result; all of them go into `--out`.
const KEPT: usize = 1_000;
/// Versions that people are shown.
const SHOWN: usize = 20;
const WRITING: &str = "writing what became of the versions (--out)";

/// What became of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// Deleted for good.
    Deleted,
    /// Proved, and left for the dry run.
    WouldDelete,
    /// Somebody deleted it before.
    Gone,
    /// Still there.
    Left(Left),
}

impl Fate {
    fn word(self) -> String {
        match self {
            Self::Deleted => "deleted".to_owned(),
            Self::WouldDelete => "would-delete".to_owned(),
            Self::Gone => "gone".to_owned(),
            Self::Left(left) => {
                let value = serde_json::to_value(left).ok();
                value.and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
            }
        }
    }
}

/// Versions and their bytes.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Sum {
    versions: u64,
    bytes: u64,
}

/// Counts, the first versions, and the file for all of them.
#[derive(Default)]
pub(crate) struct Findings {
    fates: BTreeMap<Fate, Sum>,
    refused: BTreeMap<BucketName, String>,
    first: Vec<Found>,
    all_listed: bool,
    out: Option<csv::Writer<File>>,
}

#[derive(Debug, Serialize)]
struct Found {
    result: String,
    bucket: String,
    key: String,
    version: String,
    size: u64,
    superseded_by: String,
    detail: String,
}

impl Findings {
    /// With a new file for all of them: what an earlier purge wrote may be
    /// the only record of what it deleted.
    ///
    /// # Errors
    /// Refused when the file can't be made, or is there.
    pub(crate) fn new(out: Option<&Path>) -> Result<Self, CommandError> {
        let findings = Self { all_listed: true, ..Self::default() };
        let Some(path) = out else { return Ok(findings) };
        let file = File::create_new(path)
            .map_err(|error| CommandError::refused(format!("--out {}: {error}", path.display())))?;
        let mut csv = csv::Writer::from_writer(file);
        let header = ["result", "bucket", "key", "version", "size", "superseded_by", "detail"];
        csv.write_record(header).context(WRITING)?;
        Ok(Self { out: Some(csv), ..findings })
    }

    pub(crate) fn settled(&self) -> u64 {
        self.fates.values().map(|sum| sum.versions).sum()
    }

    /// A bucket in which nothing is deleted.
    pub(crate) fn refuse(&mut self, bucket: &BucketName, why: String) {
        self.refused.insert(bucket.clone(), why);
    }

    pub(crate) fn note(
        &mut self,
        candidate: &Candidate,
        fate: Fate,
        detail: &str,
    ) -> Result<(), CommandError> {
        let sum = self.fates.entry(fate).or_default();
        sum.versions += 1;
        sum.bytes = sum.bytes.saturating_add(candidate.before.size);
        let object = candidate.old.object();
        let found = Found {
            result: fate.word(),
            bucket: object.bucket.to_string(),
            key: object.key.as_str().to_owned(),
            version: candidate.old.version().as_str().to_owned(),
            size: candidate.before.size,
            superseded_by: candidate.new.version.as_ref().map(text).unwrap_or_default(),
            detail: escape_control(detail).to_string(),
        };
        if let Some(csv) = &mut self.out {
            let Found { result, bucket, key, version, size, superseded_by, detail } = &found;
            let size = size.to_string();
            let texts = [key, version, superseded_by, detail].map(|text| spreadsheet_safe(text));
            let [key, version, superseded_by, detail] = &texts;
            let cells = [result, bucket, key, version, &size, superseded_by, detail];
            csv.write_record(cells).context(WRITING)?;
        }
        // What was to happen, and did, needs no word; what would is asked for.
        match fate {
            Fate::Deleted | Fate::Gone => {}
            Fate::WouldDelete | Fate::Left(_) if self.first.len() < KEPT => self.first.push(found),
            Fate::WouldDelete | Fate::Left(_) => self.all_listed = false,
        }
        Ok(())
    }

    /// Lets the file have all that was noted: of what is deleted there is no
    /// other record.
    pub(crate) fn flush(&mut self) -> Result<(), CommandError> {
        match &mut self.out {
            Some(csv) => Ok(csv.flush().context(WRITING)?),
            None => Ok(()),
        }
    }

    /// Everything that there is to say.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(crate) fn finish(mut self, of: Of<'_>) -> Result<Purged, CommandError> {
        self.flush()?;
        let Of { job, target, census, dry_run, interrupted } = of;
        let sum = |fate| self.fates.get(&fate).copied().unwrap_or_default();
        let (deleted, would_delete) = (sum(Fate::Deleted), sum(Fate::WouldDelete));
        let gone = sum(Fate::Gone).versions;
        let left = self.fates.iter().filter_map(|(fate, sum)| match fate {
            Fate::Left(left) => Some((*left, sum.versions)),
            Fate::Deleted | Fate::WouldDelete | Fate::Gone => None,
        });
        Ok(Purged {
            job: job.clone(),
            target,
            dry_run,
            interrupted,
            superseded: Sum { versions: census.versions, bytes: census.bytes },
            deleted,
            would_delete,
            gone,
            left: left.collect(),
            refused_buckets: self.refused,
            all_listed: self.all_listed,
            listed: self.first,
        })
    }
}

fn text(version: &VersionId) -> String {
    version.as_str().to_owned()
}

/// What was purged, and how far.
pub(crate) struct Of<'a> {
    pub(crate) job: &'a JobId,
    pub(crate) target: String,
    pub(crate) census: &'a Census,
    pub(crate) dry_run: bool,
    pub(crate) interrupted: bool,
}

/// The result of `purge`.
#[derive(Debug, Serialize)]
pub(crate) struct Purged {
    job: JobId,
    target: String,
    dry_run: bool,
    interrupted: bool,
    /// By the report.
    superseded: Sum,
    deleted: Sum,
    would_delete: Sum,
    gone: u64,
    left: BTreeMap<Left, u64>,
    refused_buckets: BTreeMap<BucketName, String>,
    /// Whether `listed` holds all that were left or would be deleted.
    all_listed: bool,
    listed: Vec<Found>,
}

impl Purged {
    /// 0 only when no superseded version stays that could go.
    pub(crate) fn exit(&self) -> Exit {
        match (self.interrupted, self.left.is_empty()) {
            (true, _) => Exit::Interrupted,
            (false, true) => Exit::Done,
            (false, false) => Exit::NeedsALook,
        }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String can't fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let Sum { versions, bytes: size } = self.superseded;
        writeln!(out, "target   {}", self.target)?;
        writeln!(out, "job      {} superseded {versions} versions, {}", self.job, bytes(size))?;
        let sums = [(self.deleted, "deleted"), (self.would_delete, "would be deleted")];
        for (sum, what) in sums.into_iter().filter(|(sum, _)| sum.versions > 0) {
            writeln!(out, "  {:>12}  {what}, {}", sum.versions, bytes(sum.bytes))?;
        }
        if self.gone > 0 {
            writeln!(out, "  {:>12}  were gone", self.gone)?;
        }
        for (left, count) in &self.left {
            writeln!(out, "  {count:>12}  {}", left.words())?;
        }
        for (bucket, why) in &self.refused_buckets {
            writeln!(out, "bucket {bucket}: {why}")?;
        }
        for Found { result, bucket, key, version, detail, .. } in self.listed.iter().take(SHOWN) {
            let key = escape_control(key);
            writeln!(out, "{result:<14} s3://{bucket}/{key} (version {version})  {detail}")?;
        }
        if self.listed.len() > SHOWN || !self.all_listed {
            writeln!(out, "and more: --out FILE lists all")?;
        }
        if self.interrupted {
            writeln!(out, "interrupted: the same command again goes on")?;
        }
        Ok(())
    }
}
