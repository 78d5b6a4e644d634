//! From the sources that the user named to sources that can be pulled.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reseal_core::ports::Lister;
use reseal_core::{BucketName, ObjectKey, SourceSpec, Versions};
use sha2::{Digest as _, Sha256};

use super::files::hex;
use super::inventory::Report;
use super::listing::Listing;
use super::{JobRows, KeyList, Source, SourceError, accounts};
use crate::cli::SourceRequest;
use crate::cloud::Cloud;
use crate::exit::CommandError;

/// A source whose own input is checked, as far as it lies on this machine.
#[derive(Clone, Debug)]
pub(crate) enum Checked {
    Prepared(Prepared),
    /// A report that lies on S3, which takes a connection.
    Manifest {
        bucket: BucketName,
        key: ObjectKey,
        /// Its SHA-256 where no other will do.
        digest: Option<String>,
    },
    /// The newest report of a configuration.
    Latest {
        bucket: BucketName,
        folder: String,
    },
    /// Buckets with any of these tags.
    Tagged(Vec<(String, String)>),
    AllBuckets,
}

/// A source whose own input is checked.
#[derive(Clone, Debug)]
pub(crate) enum Prepared {
    Listing { bucket: BucketName, prefix: String },
    Inventory(Report),
    Keys(KeyList),
    Rows(JobRows),
}

impl Prepared {
    /// The buckets that it names.
    pub(crate) fn buckets(&self) -> BTreeSet<BucketName> {
        match self {
            Self::Listing { bucket, .. } => BTreeSet::from([bucket.clone()]),
            Self::Inventory(report) => BTreeSet::from([report.bucket().clone()]),
            Self::Keys(list) => list.buckets().clone(),
            Self::Rows(rows) => rows.buckets().clone(),
        }
    }

    /// How it is frozen in the job.
    pub(crate) fn spec(&self) -> SourceSpec {
        match self {
            Self::Listing { bucket, prefix } => {
                SourceSpec::Listing { bucket: bucket.clone(), prefix: prefix.clone() }
            }
            Self::Inventory(report) => report.spec().clone(),
            Self::Keys(list) => list.spec().clone(),
            Self::Rows(rows) => rows.spec().clone(),
        }
    }

    /// One line for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Listing { bucket, prefix } => {
                format!("s3://{bucket}/{}, listed live", reseal_core::escape_control(prefix))
            }
            Self::Inventory(report) => report.describe(),
            Self::Keys(list) => {
                let SourceSpec::Keys { path, .. } = list.spec() else { return String::new() };
                format!("{path}, {} rows in {} buckets", list.rows(), list.buckets().len())
            }
            Self::Rows(rows) => rows.describe(),
        }
    }

    /// Ready to be pulled.
    pub(crate) fn open(self, lister: &Arc<dyn Lister>, versions: Versions) -> Box<dyn Source> {
        match self {
            Self::Listing { bucket, prefix } => {
                Box::new(Listing::new(Arc::clone(lister), bucket, prefix, versions))
            }
            Self::Inventory(report) => Box::new(report.open()),
            Self::Keys(list) => Box::new(list),
            Self::Rows(rows) => Box::new(rows),
        }
    }

    /// Whether it is meant to name every object of a bucket, rather than
    /// single ones.
    fn covers(&self, bucket: &BucketName) -> bool {
        match self {
            Self::Listing { bucket: listed, .. } => listed == bucket,
            Self::Inventory(report) => report.bucket() == bucket,
            Self::Keys(_) | Self::Rows(_) => false,
        }
    }
}

/// Checks every list of keys to its last line, and every report on this
/// machine to its last row. Standard input is kept in the spool folder first,
/// by its digest, so that a resumed run finds it again.
///
/// # Errors
/// Naming the file and line.
pub(crate) async fn prepare(
    requests: &[SourceRequest],
    spool: &Path,
    stdin: &mut dyn Read,
) -> Result<Vec<Checked>, SourceError> {
    let mut checked = Vec::new();
    for request in requests {
        let prepared = match request {
            SourceRequest::Listing { bucket, prefix } => {
                Prepared::Listing { bucket: bucket.clone(), prefix: prefix.clone() }
            }
            SourceRequest::ManifestFile(path) => Prepared::Inventory(Report::on_disk(path).await?),
            SourceRequest::ManifestObject { bucket, key, digest } => {
                let (bucket, key, digest) = (bucket.clone(), key.clone(), digest.clone());
                checked.push(Checked::Manifest { bucket, key, digest });
                continue;
            }
            SourceRequest::ManifestLatest { bucket, folder } => {
                checked.push(Checked::Latest { bucket: bucket.clone(), folder: folder.clone() });
                continue;
            }
            SourceRequest::Tagged(tags) => {
                checked.push(Checked::Tagged(tags.clone()));
                continue;
            }
            SourceRequest::AllBuckets => {
                checked.push(Checked::AllBuckets);
                continue;
            }
            SourceRequest::KeysFile(path) => {
                Prepared::Keys(KeyList::check(&path.display().to_string(), path)?)
            }
            SourceRequest::KeysStdin => {
                let io = |error| SourceError::File { file: "standard input".to_owned(), error };
                Prepared::Keys(KeyList::check("-", &keep(spool, stdin).map_err(io)?)?)
            }
        };
        checked.push(Checked::Prepared(prepared));
    }
    Ok(checked)
}

/// Finds the buckets that weren't named; fetches the reports that lie on S3, and
/// verifies them to their last row.
///
/// # Errors
/// Naming the file and row, two sources that cover the same bucket, or what
/// can't be told of buckets.
pub(crate) async fn fetch(
    checked: Vec<Checked>,
    cloud: &Cloud,
    spool: &Path,
) -> Result<Vec<Prepared>, CommandError> {
    let (mut prepared, mut found) = (Vec::new(), Vec::new());
    for source in checked {
        prepared.push(match source {
            Checked::Prepared(prepared) => prepared,
            Checked::Manifest { bucket, key, digest } => {
                let report = Report::on_s3(cloud, &bucket, &key, digest.as_deref(), spool).await;
                Prepared::Inventory(report?)
            }
            Checked::Latest { bucket, folder } => {
                Prepared::Inventory(Report::latest_on_s3(cloud, &bucket, &folder, spool).await?)
            }
            Checked::Tagged(tags) => {
                found.extend(accounts::tagged(&tags, cloud).await?);
                continue;
            }
            Checked::AllBuckets => {
                found.extend(accounts::all(cloud).await?);
                continue;
            }
        });
    }
    accounts::not_named_too(&found, &prepared)?;
    let whole = |bucket| Prepared::Listing { bucket, prefix: String::new() };
    prepared.extend(found.into_iter().map(whole));
    once_only(&prepared)?;
    Ok(prepared)
}

/// Which prefix a report is about its manifest doesn't tell: so another source
/// of the same bucket may name the same objects.
fn once_only(prepared: &[Prepared]) -> Result<(), SourceError> {
    for (index, source) in prepared.iter().enumerate() {
        let Prepared::Inventory(report) = source else { continue };
        let mut others = prepared.iter().enumerate().filter(|(other, _)| *other != index);
        if others.any(|(_, other)| other.covers(report.bucket())) {
            return Err(SourceError::Overlap { bucket: report.bucket().clone() });
        }
    }
    Ok(())
}

/// Writes to a side file, then renames it to its digest: a file under such a
/// name is always whole.
fn keep(spool: &Path, stdin: &mut dyn Read) -> io::Result<PathBuf> {
    fs::create_dir_all(spool)?;
    let side = spool.join(format!("incoming-{}", std::process::id()));
    let mut file = File::create(&side)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = match stdin.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&buffer[..read]);
        file.write_all(&buffer[..read])?;
    }
    file.sync_all()?;
    let kept = spool.join(format!("keys-{}", hex(&hasher.finalize())));
    fs::rename(&side, &kept)?;
    Ok(kept)
}
