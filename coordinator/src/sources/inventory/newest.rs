//! The newest whole report on one bucket, by its manifest alone.

use reseal_core::{BucketName, ObjectKey};

use super::latest::{manifest_of, newest_date};
use super::refused;
use super::remote::manifest_at;
use crate::cloud::Cloud;
use crate::sources::SourceError;

/// A report that is there; its files were not looked at yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Newest {
    /// The bucket that it is about.
    pub(crate) source: BucketName,
    /// The bucket that it was delivered to.
    pub(crate) bucket: BucketName,
    /// Its manifest.
    pub(crate) key: ObjectKey,
    /// The name of its folder.
    pub(crate) date: String,
    /// SHA-256 of its manifest, which binds its files.
    pub(crate) digest: String,
}

/// The newest one in this folder, which must be about `source`: whoever may
/// write there doesn't decide about other buckets.
///
/// # Errors
/// When it can't be read, isn't what it should be, or is about another bucket.
pub(crate) async fn newest(
    cloud: &Cloud,
    bucket: &BucketName,
    folder: &str,
    source: &BucketName,
) -> Result<Option<Newest>, SourceError> {
    let Some(date) = newest_date(cloud, bucket, folder).await? else { return Ok(None) };
    let Some(key) = manifest_of(folder, &date) else { return Ok(None) };
    let (named, manifest) = manifest_at(cloud, bucket, &key).await?;
    if manifest.bucket != *source {
        let other = &manifest.bucket;
        return Err(refused(&named, format!("it is about {other}, in the folder of {source}")));
    }
    let (source, bucket, digest) = (source.clone(), bucket.clone(), manifest.digest);
    Ok(Some(Newest { source, bucket, key, date, digest }))
}
