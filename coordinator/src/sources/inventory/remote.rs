//! A report that lies on S3: brought into the spool folder, so that it is
//! checked whole before anything is touched and read again at leisure.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use md5::Md5;
use reseal_core::ports::{BlobPin, BlobRequest};
use reseal_core::{BucketName, ObjectKey, ObjectRef, StoreError, StoreErrorKind};
use sha2::Digest as _;

use super::manifest::{LONGEST_CHECKSUM, LONGEST_MANIFEST, Listed, Manifest};
use super::{Found, refused};
use crate::cloud::Cloud;
use crate::sources::SourceError;
use crate::sources::files::hex;

/// Answers in a row that may break off without having brought a byte.
const FRUITLESS: u32 = 5;

/// Reads the manifest and its checksum, and fetches the files that the spool
/// folder doesn't have yet.
///
/// # Errors
/// Naming what is malformed, missing, or can't be read.
pub(super) async fn fetch(
    cloud: &Cloud,
    bucket: &BucketName,
    key: &ObjectKey,
    digest: Option<&str>,
    spool: &Path,
) -> Result<Found, SourceError> {
    let found = manifest_at(cloud, bucket, key).await;
    let (named, manifest) = match digest {
        None => found?,
        Some(digest) => that_one(found, digest, &object(bucket, key.clone()))?,
    };
    let bad = |what: String| refused(&named, what);
    let folder = spool.join(format!("inventory-{}", manifest.digest));
    fs::create_dir_all(&folder).map_err(|error| bad(error.to_string()))?;
    let mut paths = Vec::new();
    for listed in &manifest.files {
        paths.push(bring(cloud, bucket, listed, &folder, manifest.layout.suffix()).await?);
    }
    Ok(Found { named, manifest, paths })
}

/// The manifest alone, held against its checksum.
///
/// # Errors
/// As [`fetch`].
pub(super) async fn manifest_at(
    cloud: &Cloud,
    bucket: &BucketName,
    key: &ObjectKey,
) -> Result<(String, Manifest), SourceError> {
    let object = object(bucket, key.clone());
    let named = named(&object);
    let bad = |what: String| refused(&named, what);
    let text = small(cloud, &object, LONGEST_MANIFEST).await.map_err(|e| e.of(&named))?;
    let checksum = checksum(cloud, &object).await.map_err(|e| e.of(&named))?;
    let manifest = Manifest::read(&text, checksum.as_deref()).map_err(bad)?;
    if manifest.destination != *bucket {
        let destination = &manifest.destination;
        return Err(bad(format!("S3 delivered it to {destination}: name it there")));
    }
    Ok((named, manifest))
}

/// Somebody who looked at it found it well: whatever is wrong now came since.
fn that_one(
    found: Result<(String, Manifest), SourceError>,
    digest: &str,
    object: &ObjectRef,
) -> Result<(String, Manifest), SourceError> {
    match found {
        Ok((_, manifest)) if manifest.digest != digest => {}
        Err(SourceError::Report { .. }) => {}
        other => return other,
    }
    Err(SourceError::Replaced { file: reseal_core::escape_control(&named(object)) })
}

fn named(object: &ObjectRef) -> String {
    format!("s3://{}/{}", object.bucket, object.key)
}

fn object(bucket: &BucketName, key: ObjectKey) -> ObjectRef {
    ObjectRef { bucket: bucket.clone(), key, version: None }
}

async fn checksum(cloud: &Cloud, manifest: &ObjectRef) -> Result<Option<Vec<u8>>, Unread> {
    let key = manifest.key.as_str();
    let beside = format!("{}.checksum", key.strip_suffix(".json").unwrap_or(key));
    let Ok(beside) = ObjectKey::new(beside) else { return Ok(None) };
    match small(cloud, &object(&manifest.bucket, beside), LONGEST_CHECKSUM).await {
        Ok(checksum) => Ok(Some(checksum)),
        Err(Unread::Store(error)) if error.kind == StoreErrorKind::Gone => Ok(None),
        Err(error) => Err(error),
    }
}

/// A data file in the spool folder under its MD5. It is written to a side file
/// and renamed. What was damaged there since is fetched anew.
async fn bring(
    cloud: &Cloud,
    bucket: &BucketName,
    listed: &Listed,
    folder: &Path,
    suffix: &str,
) -> Result<PathBuf, SourceError> {
    let kept = folder.join(format!("{}.{suffix}", listed.md5));
    if super::verify::has_md5(&kept, &listed.md5).await {
        return Ok(kept);
    }
    let key = ObjectKey::new(listed.key.as_str())
        .map_err(|error| refused(&listed.key, error.to_string()))?;
    let object = object(bucket, key);
    let named = object.to_string();
    let side = folder.join(format!("incoming-{}", std::process::id()));
    let io = |error: io::Error| refused(&named, format!("{}: {error}", folder.display()));
    let mut file = File::create(&side).map_err(io)?;
    let mut md5 = Md5::new();
    let read = read(cloud, &object, listed.size, |piece| {
        md5.update(piece);
        file.write_all(piece)
    });
    let size = read.await.map_err(|error| error.of(&named))?;
    let digest = hex(&md5.finalize());
    if size != listed.size || digest != listed.md5 {
        // What can't be removed is overwritten the next time.
        let _ = fs::remove_file(&side);
        return Err(super::differs(&named, listed, size, &digest));
    }
    file.sync_all().and_then(|()| fs::rename(&side, &kept)).map_err(io)?;
    Ok(kept)
}

async fn small(cloud: &Cloud, object: &ObjectRef, limit: u64) -> Result<Vec<u8>, Unread> {
    let mut bytes = Vec::new();
    read(cloud, object, limit, |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })
    .await?;
    Ok(bytes)
}

/// Reads an object of at most `limit` bytes, and tells how many it had. Where
/// an answer breaks off, the next one goes on there, on the same version and
/// entity tag: never are two objects put together.
async fn read(
    cloud: &Cloud,
    object: &ObjectRef,
    limit: u64,
    mut taken: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<u64, Unread> {
    let mut pin: Option<BlobPin> = None;
    let (mut from, mut fruitless) = (0, 0);
    loop {
        let request = BlobRequest { object, pin: pin.as_ref(), from, limit };
        let mut blob = cloud.patience().retry(|| cloud.blobs.open(&request)).await?;
        let begun = from;
        let broken = loop {
            match blob.body.next().await {
                Ok(Some(piece)) => {
                    from += piece.len() as u64;
                    taken(&piece)?;
                }
                Ok(None) => break None,
                Err(error) if error.is_transient() => break Some(error),
                Err(error) => return Err(error.into()),
            }
        };
        fruitless = if from > begun { 0 } else { fruitless + 1 };
        match broken {
            None if from == blob.size => return Ok(from),
            // Nothing is left to ask for: a range can't begin at the end.
            Some(_) if from == blob.size => return Ok(from),
            Some(error) if fruitless >= FRUITLESS => return Err(error.into()),
            None => return Err(Unread::Odd(format!("{from} bytes came of {}", blob.size))),
            Some(_) => pin = Some(blob.pin),
        }
    }
}

/// Why an object could not be read.
enum Unread {
    Store(StoreError),
    Disk(io::Error),
    Odd(String),
}

impl From<StoreError> for Unread {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl Unread {
    /// As an error about this object.
    fn of(self, named: &str) -> SourceError {
        let what = match self {
            Self::Store(error) if error.is_transient() => {
                return SourceError::Unreachable {
                    what: reseal_core::escape_control(named),
                    error,
                };
            }
            Self::Store(error) => match error.kind {
                StoreErrorKind::Gone | StoreErrorKind::BucketGone => "it does not exist".to_owned(),
                StoreErrorKind::PreconditionFailed => "it changed while it was read".to_owned(),
                StoreErrorKind::Denied | StoreErrorKind::Key(_) => format!(
                    "it may not be read: s3:GetObject or kms:Decrypt is missing, or another account owns the bucket (then copy the report to this machine): {error}"
                ),
                _ => error.to_string(),
            },
            Self::Disk(error) => format!("spooling it: {error}"),
            Self::Odd(what) => what,
        };
        refused(named, what)
    }
}
