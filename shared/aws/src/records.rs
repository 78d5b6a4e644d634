//! Small files by name, as plain objects.

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use reseal_core::ports::{FileError, FileErrorKind, ListPage, ListRequest, Lister as _, Records};
use reseal_core::{BucketName, ObjectKey, StoreError, StoreErrorKind, Versions};

use crate::errors::Call;
use crate::failure::store_error;
use crate::list::MAX_PAGE;
use crate::{S3Store, timeouts};

/// The most that is read of one: far more than any that is written.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The `Records` port below one prefix of a bucket.
#[derive(Clone, Debug)]
pub struct S3Records {
    store: S3Store,
    bucket: BucketName,
    prefix: String,
}

impl S3Records {
    pub(crate) fn new(store: S3Store, bucket: BucketName, prefix: String) -> Self {
        Self { store, bucket, prefix }
    }

    /// Writes; a condition that doesn't hold is `PreconditionFailed`.
    async fn write(&self, name: &str, bytes: &[u8], new: bool) -> Result<(), StoreError> {
        let here = self.store.at(&self.bucket);
        let call = here
            .client
            .put_object()
            .bucket(self.bucket.as_str())
            .key(format!("{}{name}", self.prefix))
            .body(ByteStream::from(bytes.to_vec()))
            .set_if_none_match(new.then(|| "*".to_owned()))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(S3Store::within(timeouts::SCRATCH));
        call.send().await.map(|_| ()).map_err(|error| store_error(Call::Write, error))
    }

    fn failed(&self, name: &str, error: &StoreError) -> FileError {
        // A write whose answer was lost is found again by its own condition.
        let kind =
            if error.is_transient() { FileErrorKind::Transient } else { FileErrorKind::OutOfReach };
        FileError { kind, ..self.broken(name, &error.to_string()) }
    }

    fn broken(&self, name: &str, why: &str) -> FileError {
        let what = format!("s3://{}/{}{name}", self.bucket, self.prefix);
        FileError { what, message: why.to_owned(), kind: FileErrorKind::Broken }
    }
}

#[async_trait]
impl Records for S3Records {
    async fn create(&self, name: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, FileError> {
        match self.write(name, bytes, true).await {
            Ok(()) => Ok(None),
            Err(error) if error.kind == StoreErrorKind::PreconditionFailed => {
                match self.read(name).await? {
                    Some(there) => Ok(Some(there)),
                    None => Err(self.broken(name, "it was there, and is not")),
                }
            }
            Err(error) => Err(self.failed(name, &error)),
        }
    }

    async fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        self.write(name, bytes, false).await.map_err(|error| self.failed(name, &error))
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>, FileError> {
        let prefix = format!("{}{folder}/", self.prefix);
        let mut names = Vec::new();
        let mut after: Option<ObjectKey> = None;
        loop {
            let request = ListRequest {
                bucket: &self.bucket,
                prefix: &prefix,
                versions: Versions::Current,
                after: after.as_ref().map(|key| (key.as_str(), None)),
                limit: MAX_PAGE,
            };
            let page = self.store.list(&request).await;
            let ListPage { entries, truncated } =
                page.map_err(|error| self.failed(folder, &error))?;
            let keys = entries.iter().filter_map(|entry| {
                entry.key.as_str().strip_prefix(&self.prefix).map(str::to_owned)
            });
            names.extend(keys);
            after = entries.into_iter().last().map(|entry| entry.key);
            if !truncated || after.is_none() {
                names.sort_unstable();
                return Ok(names);
            }
        }
    }

    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FileError> {
        let stalls = StalledStreamProtectionConfig::enabled().build();
        let here = self.store.at(&self.bucket);
        let call = here
            .client
            .get_object()
            .bucket(self.bucket.as_str())
            .key(format!("{}{name}", self.prefix))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(S3Store::within(timeouts::SCRATCH).stalled_stream_protection(stalls));
        let answer = match call.send().await.map_err(|error| store_error(Call::Read, error)) {
            Ok(answer) => answer,
            Err(error) if error.kind == StoreErrorKind::Gone => return Ok(None),
            Err(error) => return Err(self.failed(name, &error)),
        };
        let announced = answer.content_length().unwrap_or(0);
        if announced < 0 || announced.unsigned_abs() > MAX_BYTES {
            return Err(self.broken(name, &format!("it has {announced} bytes")));
        }
        let body = answer.body.collect().await.map_err(|error| FileError {
            kind: FileErrorKind::Transient,
            ..self.broken(name, &error.to_string())
        })?;
        Ok(Some(body.into_bytes().to_vec()))
    }
}
