//! S3 Inventory reports in CSV, ORC and Parquet, on this machine or on S3.
//!
//! Owns: reading a manifest, finding or fetching its files, verifying all of
//! it before anything is touched, and pulling its rows from any place on.
//! Never: acts on a report that isn't whole; lets a row, a field or a file
//! grow at will; holds a whole file in memory.
//! Next: `manifest` for what binds the files, `verify` for what is checked,
//! `rows` for the formats, `line` for what a row says, `local` and `remote`
//! for where the files come from.

mod contain;
mod counts;
mod latest;
mod line;
mod local;
mod manifest;
mod newest;
mod orc;
mod parquet;
mod pull;
mod remote;
mod rows;
mod schema;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod verify;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reseal_core::{BucketName, ObjectKey, SourceSpec, escape_control};

use super::files::Stamp;
use super::{Source, SourceError};
use crate::cloud::Cloud;
pub(crate) use counts::Counts;
pub(crate) use latest::is_report_date;
use manifest::{Listed, Manifest};
pub(crate) use newest::{Newest, newest};
use pull::ReportSource;
use rows::BadRow;
pub(crate) use schema::form_decoded;

/// A manifest, and where its files are.
struct Found {
    /// As the user named it.
    named: String,
    manifest: Manifest,
    /// In the manifest's order.
    paths: Vec<PathBuf>,
}

/// A report that was verified to its last row.
#[derive(Clone, Debug)]
pub struct Report {
    spec: SourceSpec,
    manifest: Arc<Manifest>,
    files: Arc<[Stored]>,
}

/// A data file that was verified.
#[derive(Debug)]
struct Stored {
    path: PathBuf,
    stamp: Stamp,
    rows: u64,
    counts: Counts,
}

impl Report {
    /// Finds and verifies a report on this machine.
    ///
    /// # Errors
    /// Naming the file and the row.
    pub async fn on_disk(manifest: &Path) -> Result<Self, SourceError> {
        Self::verify(local::find(manifest)?).await
    }

    /// Fetches and verifies a report on S3, and no other than that with this
    /// digest, where one is named.
    ///
    /// # Errors
    /// Naming the file and the row.
    pub(crate) async fn on_s3(
        cloud: &Cloud,
        bucket: &BucketName,
        key: &ObjectKey,
        digest: Option<&str>,
        spool: &Path,
    ) -> Result<Self, SourceError> {
        Self::verify(remote::fetch(cloud, bucket, key, digest, spool).await?).await
    }

    /// The newest one below the folder of an inventory configuration.
    ///
    /// # Errors
    /// When there is none, and as [`on_s3`](Self::on_s3).
    pub(crate) async fn latest_on_s3(
        cloud: &Cloud,
        bucket: &BucketName,
        folder: &str,
        spool: &Path,
    ) -> Result<Self, SourceError> {
        let key = latest::latest(cloud, bucket, folder).await?;
        Self::on_s3(cloud, bucket, &key, None, spool).await
    }

    /// The bucket that it is about.
    pub fn bucket(&self) -> &BucketName {
        &self.manifest.bucket
    }

    /// How it is frozen in the job.
    pub fn spec(&self) -> &SourceSpec {
        &self.spec
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        let SourceSpec::Inventory { manifest, bucket, created_at, .. } = &self.spec else {
            return String::new();
        };
        let rows: u64 = self.files.iter().map(|file| file.rows).sum();
        let (manifest, files) = (escape_control(manifest), self.files.len());
        format!("{manifest}, inventory of {bucket} at {created_at}, {rows} rows in {files} files")
    }

    /// What its rows come to, file by file; `None` where they have to be
    /// looked at one by one.
    pub(crate) fn counts(&self) -> Option<impl Iterator<Item = &Counts>> {
        let all_told = self.files.iter().all(|file| file.counts.untold == 0);
        all_told.then(|| self.files.iter().map(|file| &file.counts))
    }

    /// Ready to be pulled.
    pub fn open(self) -> impl Source + use<> {
        ReportSource::new(self)
    }

    async fn verify(found: Found) -> Result<Self, SourceError> {
        let Found { named, manifest, paths } = found;
        let manifest = Arc::new(manifest);
        let files = verify::verify(&manifest, paths).await?;
        let spec = SourceSpec::Inventory {
            manifest: named,
            digest: manifest.digest.clone(),
            bucket: manifest.bucket.clone(),
            created_at: manifest.created_at,
        };
        Ok(Self { spec, manifest, files: files.into() })
    }

    /// The file, if it is still the one that was verified.
    fn file(&self, index: usize, stored: &Stored) -> Result<File, SourceError> {
        let key = &self.manifest.files[index].key;
        let file = File::open(&stored.path).map_err(|error| refused(key, error.to_string()))?;
        match Stamp::of(&file) {
            Ok(stamp) if stamp == stored.stamp => Ok(file),
            _ => Err(SourceError::Changed { file: escape_control(key) }),
        }
    }
}

/// Something wrong with a file or the manifest, for the user.
fn refused(file: &str, what: impl Into<String>) -> SourceError {
    let (file, what) = (escape_control(file), escape_control(&what.into()));
    SourceError::Report { file, row: None, what }
}

fn bad_row(file: &str, bad: &BadRow) -> SourceError {
    let (file, what) = (escape_control(file), escape_control(&bad.what));
    SourceError::Report { file, row: bad.row, what }
}

fn differs(file: &str, listed: &Listed, size: u64, md5: &str) -> SourceError {
    let Listed { size: said, md5: says, .. } = listed;
    if size == *said {
        refused(file, format!("its MD5 is {md5}, the manifest says {says}"))
    } else {
        refused(file, format!("it has {size} bytes, the manifest says {said}"))
    }
}
