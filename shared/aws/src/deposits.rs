//! Objects of reseal's own, only where there are none.

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use reseal_core::ports::Deposits;
use reseal_core::{ObjectRef, StoreError};

use crate::errors::Call;
use crate::failure::store_error;
use crate::{S3Store, timeouts};

#[async_trait]
impl Deposits for S3Store {
    async fn create(&self, object: &ObjectRef, bytes: &[u8]) -> Result<(), StoreError> {
        let here = self.at(&object.bucket);
        let call = here
            .client
            .put_object()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .body(ByteStream::from(bytes.to_vec()))
            .if_none_match("*")
            // No content encoding: whoever downloads it gets the file by its name.
            .content_type(content_type(object))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::DEPOSIT));
        call.send().await.map_err(|error| store_error(Call::Write, error))?;
        Ok(())
    }
}

/// By the name's ending: parts of reports are gzip or Parquet.
fn content_type(object: &ObjectRef) -> &'static str {
    match object.key.as_str().ends_with(".parquet") {
        true => "application/vnd.apache.parquet",
        false => "application/gzip",
    }
}
