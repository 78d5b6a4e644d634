//! Where the parts of a report lie: a folder of this machine, or a bucket.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use reseal_core::ports::{BlobRequest, Blobs, Deposits};
use reseal_core::{BucketName, ObjectKey, ObjectRef, StoreError, StoreErrorKind};

use super::ReportError;
use crate::retry::Patience;

/// Keeps files by their names. What is there is never replaced.
#[async_trait]
pub(crate) trait Shelf: Send + Sync {
    /// Writes a file, whole or not at all; gives back the one that is there
    /// already. `limit`: the most bytes that are read of that.
    ///
    /// # Errors
    /// When it can't be written, or what is there not read.
    async fn put(
        &self,
        name: &str,
        bytes: &[u8],
        limit: u64,
    ) -> Result<Option<Vec<u8>>, ReportError>;

    /// Where that is, for people.
    fn place(&self, name: &str) -> String;
}

/// A folder of this machine.
pub(crate) struct FolderShelf(pub(crate) PathBuf);

#[async_trait]
impl Shelf for FolderShelf {
    async fn put(
        &self,
        name: &str,
        bytes: &[u8],
        limit: u64,
    ) -> Result<Option<Vec<u8>>, ReportError> {
        let path = self.0.join(name);
        match fs::metadata(&path) {
            Ok(there) if there.len() > limit => return Ok(Some(Vec::new())),
            Ok(_) => return Ok(Some(fs::read(&path)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        let (folder, file) = (path.parent().unwrap_or(&self.0), path.file_name());
        fs::create_dir_all(folder)?;
        // Query engines pass over what begins with a dot.
        let side = format!(".{}.partial", file.unwrap_or_default().to_string_lossy());
        let side = folder.join(side);
        fs::write(&side, bytes)?;
        fs::rename(side, path)?;
        Ok(None)
    }

    fn place(&self, name: &str) -> String {
        Path::new(&self.0).join(name).display().to_string()
    }
}

/// A folder in a bucket.
pub(crate) struct BucketShelf<'a> {
    pub(crate) deposits: &'a dyn Deposits,
    pub(crate) blobs: &'a dyn Blobs,
    pub(crate) bucket: &'a BucketName,
    /// Empty, or with a slash at its end.
    pub(crate) prefix: &'a str,
    pub(crate) patience: Patience<'a>,
}

impl BucketShelf<'_> {
    fn failed(&self, name: &str, error: &impl ToString) -> ReportError {
        ReportError::Part { place: self.place(name), why: error.to_string() }
    }

    async fn read(&self, object: &ObjectRef, limit: u64) -> Result<Vec<u8>, StoreError> {
        let request = BlobRequest { object, pin: None, from: 0, limit };
        let mut blob = self.blobs.open(&request).await?;
        let mut bytes = Vec::new();
        while let Some(piece) = blob.body.next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

#[async_trait]
impl Shelf for BucketShelf<'_> {
    async fn put(
        &self,
        name: &str,
        bytes: &[u8],
        limit: u64,
    ) -> Result<Option<Vec<u8>>, ReportError> {
        let key = ObjectKey::new(format!("{}{name}", self.prefix));
        let key = key.map_err(|error| self.failed(name, &error))?;
        let object = ObjectRef { bucket: self.bucket.clone(), key, version: None };
        // Repeated after a lost answer too: it finds its own object then.
        let created = self.patience.retry(|| self.deposits.create(&object, bytes)).await;
        match created {
            Ok(()) => Ok(None),
            Err(error) if error.kind == StoreErrorKind::PreconditionFailed => {
                let there = self.patience.retry(|| self.read(&object, limit)).await;
                there.map(Some).map_err(|error| self.failed(name, &error))
            }
            Err(error) => Err(self.failed(name, &error)),
        }
    }

    fn place(&self, name: &str) -> String {
        format!("s3://{}/{}{name}", self.bucket, self.prefix)
    }
}
