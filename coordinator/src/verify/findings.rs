//! What was found, for people, as JSON, and every difference as CSV.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use reseal_core::{JobId, escape_control, spreadsheet_safe};
use serde::Serialize;

use super::judge::{Claim, Difference, Judged};
use crate::exit::{CommandError, Exit};

/// Differences that are kept for the result; all of them go into `--out`.
const KEPT: usize = 1_000;
/// Differences that people are shown.
const SHOWN: usize = 20;

/// Counts, the first differences, and the file for all of them.
#[derive(Default)]
pub(crate) struct Findings {
    at_target: u64,
    differences: BTreeMap<Difference, u64>,
    first: Vec<Found>,
    /// Rows that need no look.
    pub(crate) outside: u64,
    /// Rows of the job that aren't settled yet.
    pub(crate) open: u64,
    /// Rows that nobody can name.
    pub(crate) unnamed: u64,
    out: Option<csv::Writer<File>>,
}

#[derive(Debug, Serialize)]
struct Found {
    difference: Difference,
    bucket: String,
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    detail: String,
}

impl Findings {
    /// # Errors
    /// Refused when the file can't be made.
    pub(crate) fn new(out: Option<&Path>) -> Result<Self, CommandError> {
        let Some(path) = out else { return Ok(Self::default()) };
        let file = File::create(path)
            .map_err(|error| CommandError::refused(format!("--out {}: {error}", path.display())))?;
        let mut csv = csv::Writer::from_writer(file);
        csv.write_record(["difference", "bucket", "key", "version", "detail"]).context(WRITING)?;
        Ok(Self { out: Some(csv), ..Self::default() })
    }

    /// Objects that were looked at.
    pub(crate) fn looked_at(&self) -> u64 {
        self.at_target + self.differences.values().sum::<u64>()
    }

    pub(super) fn note(&mut self, claim: &Claim, judged: Judged) -> Result<(), CommandError> {
        let (difference, detail) = match judged {
            Judged::AtTarget => {
                self.at_target += 1;
                return Ok(());
            }
            Judged::Outside | Judged::Blocked(_) => {
                self.outside += 1;
                return Ok(());
            }
            Judged::Difference(difference, detail) => (difference, detail),
        };
        *self.differences.entry(difference).or_default() += 1;
        let found = Found {
            difference,
            bucket: claim.bucket.to_string(),
            key: claim.row.key.as_str().to_owned(),
            version: claim.row.version.as_ref().map(|v| v.as_str().to_owned()),
            detail: escape_control(&detail).to_string(),
        };
        if let Some(csv) = &mut self.out {
            let Found { bucket, key, version, detail, .. } = &found;
            let version = version.as_deref().unwrap_or_default();
            let cells = [&difference_word(difference), bucket, &spreadsheet_safe(key), version];
            let cells = cells.into_iter().map(str::to_owned);
            csv.write_record(cells.chain([spreadsheet_safe(detail)])).context(WRITING)?;
        }
        if self.first.len() < KEPT {
            self.first.push(found);
        }
        Ok(())
    }

    /// Everything that there is to say.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(crate) fn finish(
        mut self,
        job: Option<JobId>,
        target: String,
        seed: Option<u64>,
    ) -> Result<Verified, CommandError> {
        if let Some(csv) = &mut self.out {
            csv.flush().context(WRITING)?;
        }
        let looked_at = self.looked_at();
        let needing = self.differences.iter().filter(|(d, _)| d.needs_a_look());
        let need_a_look = needing.map(|(_, count)| count).sum::<u64>() + self.unnamed;
        let all_listed = looked_at - self.at_target == self.first.len() as u64;
        let Self { at_target, differences, first, outside, open, unnamed, .. } = self;
        Ok(Verified {
            job,
            target,
            seed,
            looked_at,
            at_target,
            need_no_look: outside,
            not_settled_yet: open,
            cannot_be_named: unnamed,
            need_a_look,
            differences,
            all_listed,
            listed: first,
        })
    }
}

const WRITING: &str = "writing the differences (--out)";

fn difference_word(difference: Difference) -> String {
    let value = serde_json::to_value(difference).ok();
    value.and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The result of `verify`.
#[derive(Debug, Serialize)]
pub(crate) struct Verified {
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<JobId>,
    target: String,
    /// Of the sample, where one was picked.
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    looked_at: u64,
    at_target: u64,
    need_no_look: u64,
    not_settled_yet: u64,
    cannot_be_named: u64,
    need_a_look: u64,
    differences: BTreeMap<Difference, u64>,
    /// Whether `listed` holds all differences.
    all_listed: bool,
    listed: Vec<Found>,
}

impl Verified {
    /// 0 only when everything that should be at the target is, as far as it
    /// was looked at.
    pub(crate) fn exit(&self) -> Exit {
        if self.need_a_look + self.not_settled_yet == 0 { Exit::Done } else { Exit::NeedsALook }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String can't fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "target   {}", self.target)?;
        if let Some(job) = &self.job {
            writeln!(out, "report   of job {job}")?;
        }
        let sample =
            self.seed.map(|seed| format!(", a random sample: --seed {seed} picks it again"));
        writeln!(out, "objects  {} looked at{}", self.looked_at, sample.unwrap_or_default())?;
        writeln!(out, "  {:>12}  at the target", self.at_target)?;
        for (difference, count) in &self.differences {
            writeln!(out, "  {count:>12}  {}", difference.words())?;
        }
        let rest = [
            (self.not_settled_yet, "not settled yet by the job"),
            (self.cannot_be_named, "in chunks that can't be read: nobody can name them"),
            (self.need_no_look, "more need no look"),
        ];
        for (count, what) in rest.into_iter().filter(|(count, _)| *count > 0) {
            writeln!(out, "  {count:>12}  {what}")?;
        }
        for Found { difference, bucket, key, detail, .. } in self.listed.iter().take(SHOWN) {
            let (word, key) = (difference_word(*difference), escape_control(key));
            writeln!(out, "{word:<14} s3://{bucket}/{key}  {detail}")?;
        }
        if self.listed.len() > SHOWN || !self.all_listed {
            writeln!(out, "and more: --out FILE lists all")?;
        }
        Ok(())
    }
}
