//! From the sources that the user named to sources that can be pulled.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reseal_core::ports::Lister;
use reseal_core::{BucketName, SourceSpec, Versions};
use sha2::{Digest as _, Sha256};

use super::listing::Listing;
use super::{KeyList, Source, SourceError};
use crate::cli::SourceRequest;

/// A source whose own input is checked, and that waits for a connection.
#[derive(Clone, Debug)]
pub(crate) enum Prepared {
    Listing { bucket: BucketName, prefix: String },
    Keys(KeyList),
}

impl Prepared {
    /// The buckets that it names.
    pub(crate) fn buckets(&self) -> BTreeSet<BucketName> {
        match self {
            Self::Listing { bucket, .. } => BTreeSet::from([bucket.clone()]),
            Self::Keys(list) => list.buckets().clone(),
        }
    }

    /// How it is frozen in the job.
    pub(crate) fn spec(&self) -> SourceSpec {
        match self {
            Self::Listing { bucket, prefix } => {
                SourceSpec::Listing { bucket: bucket.clone(), prefix: prefix.clone() }
            }
            Self::Keys(list) => list.spec().clone(),
        }
    }

    /// One line for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Listing { bucket, prefix } => {
                format!("s3://{bucket}/{}, listed live", reseal_core::escape_control(prefix))
            }
            Self::Keys(list) => {
                let SourceSpec::Keys { path, .. } = list.spec() else { return String::new() };
                format!("{path}, {} rows in {} buckets", list.rows(), list.buckets().len())
            }
        }
    }

    /// Ready to be pulled.
    pub(crate) fn open(self, lister: &Arc<dyn Lister>, versions: Versions) -> Box<dyn Source> {
        match self {
            Self::Listing { bucket, prefix } => {
                Box::new(Listing::new(Arc::clone(lister), bucket, prefix, versions))
            }
            Self::Keys(list) => Box::new(list),
        }
    }
}

/// Checks every list of keys to its last line. Standard input is kept in the
/// spool folder first, by its digest, so that a resumed run finds it again.
///
/// # Errors
/// Naming the file and line.
pub(crate) fn prepare(
    requests: &[SourceRequest],
    spool: &Path,
    stdin: &mut dyn Read,
) -> Result<Vec<Prepared>, SourceError> {
    let mut prepared = Vec::new();
    for request in requests {
        prepared.push(match request {
            SourceRequest::Listing { bucket, prefix } => {
                Prepared::Listing { bucket: bucket.clone(), prefix: prefix.clone() }
            }
            SourceRequest::KeysFile(path) => {
                Prepared::Keys(KeyList::check(&path.display().to_string(), path)?)
            }
            SourceRequest::KeysStdin => {
                let io = |error| SourceError::File { file: "standard input".to_owned(), error };
                Prepared::Keys(KeyList::check("-", &keep(spool, stdin).map_err(io)?)?)
            }
        });
    }
    Ok(prepared)
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
    let digest: String = hasher.finalize().iter().map(|b| format!("{b:02x}")).collect();
    let kept = spool.join(format!("keys-{digest}"));
    fs::rename(&side, &kept)?;
    Ok(kept)
}
