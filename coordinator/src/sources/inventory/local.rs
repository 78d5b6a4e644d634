//! A report that lies on this machine.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::manifest::{LONGEST_CHECKSUM, LONGEST_MANIFEST, Listed, Manifest};
use super::{Found, refused};
use crate::sources::SourceError;

/// Reads the manifest and its checksum, and looks for the files.
///
/// # Errors
/// Naming what is malformed or missing.
pub(super) fn find(path: &Path) -> Result<Found, SourceError> {
    let named = path.display().to_string();
    let bad = |what: String| refused(&named, what);
    let text = read(path, LONGEST_MANIFEST).map_err(|error| bad(error.to_string()))?;
    let checksum = match read(&path.with_extension("checksum"), LONGEST_CHECKSUM) {
        Ok(checksum) => Some(checksum),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(bad(format!("manifest.checksum: {error}"))),
    };
    let manifest = Manifest::read(&text, checksum.as_deref()).map_err(bad)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    // Symbolic links and `..` must not change where the ancestors are.
    let folder = folder.canonicalize().map_err(|error| bad(error.to_string()))?;
    let places = manifest.files.iter().map(|listed| place(&folder, listed));
    let paths: Result<Vec<PathBuf>, String> = places.collect();
    Ok(Found { paths: paths.map_err(bad)?, named, manifest })
}

fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("longer than {limit} bytes")));
    }
    Ok(bytes)
}

/// Where a data file lies: the first of these that is a file. Which it is
/// doesn't matter for safety, since its MD5 is checked.
///
/// 1. by its whole key below the manifest's folder or one above it, the
///    nearest first: the destination bucket was copied as it is;
/// 2. in `data/` beside the manifest's folder, as S3 lays a report out: the
///    folder of the inventory's configuration was copied;
/// 3. in `data/` in the manifest's folder, or right beside the manifest.
fn place(folder: &Path, listed: &Listed) -> Result<PathBuf, String> {
    let key = &listed.key;
    let steps: Vec<&str> = key.split('/').collect();
    let hostile = |step: &&str| matches!(*step, "" | "." | "..") || step.contains(['\\', '\0']);
    if steps.iter().any(hostile) {
        return Err(format!("it lists {key}, which can't be a file's path"));
    }
    let name = steps.last().copied().unwrap_or_default();
    let by_key = folder.ancestors().map(|above| above.join(key));
    let beside = folder.parent().map(|above| above.join("data").join(name));
    let within = [folder.join("data").join(name), folder.join(name)];
    let mut places = by_key.chain(beside).chain(within);
    places.find(|path| path.is_file()).ok_or_else(|| {
        format!(
            "{key} is missing: neither by its key below a folder above the manifest, nor in ../data, data or beside it"
        )
    })
}
