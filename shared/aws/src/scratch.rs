//! Scratch objects of the probe: the only writes and deletes of their own.

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use reseal_core::ports::{SCRATCH_PREFIX, Scratch, ScratchUploads, Setting, UploadId};
use reseal_core::{
    BucketName, ObjectKey, ObjectRef, StoreError, StoreErrorKind, Target, VersionId,
};

use crate::encryption::Wanted;
use crate::errors::Call;
use crate::failure::{store_error, store_error_for};
use crate::{S3Store, timeouts};

/// Far more than the probe writes; nothing larger is read into memory.
const MAX_BODY: i64 = 1024 * 1024;

#[async_trait]
impl Scratch for S3Store {
    async fn put(
        &self,
        object: &ObjectRef,
        body: &[u8],
        encryption: &Target,
    ) -> Result<Option<VersionId>, StoreError> {
        check(object)?;
        let wanted = Wanted::from(encryption);
        let here = self.at(&object.bucket);
        let call = here
            .client
            .put_object()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .body(ByteStream::from(body.to_vec()))
            .if_none_match("*")
            .expected_bucket_owner(here.owner.as_str())
            .server_side_encryption(wanted.algorithm)
            .set_ssekms_key_id(wanted.key)
            .set_bucket_key_enabled(wanted.bucket_key)
            .customize()
            .config_override(Self::within(timeouts::SCRATCH));
        let key = encryption.key().map(reseal_core::KeyArn::as_str);
        let answer = call.send().await.map_err(|e| store_error_for(Call::Write, key, e))?;
        Ok(answer.version_id.map(VersionId::new))
    }

    async fn sees_locks(&self, object: &ObjectRef) -> Result<Setting, StoreError> {
        check(object)?;
        let here = self.at(&object.bucket);
        let retention = here
            .client
            .get_object_retention()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::SCRATCH));
        let retention = retention.send().await.map_err(|e| store_error(Call::Read, e));
        let here = self.at(&object.bucket);
        let hold = here
            .client
            .get_object_legal_hold()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::SCRATCH));
        let hold = hold.send().await.map_err(|e| store_error(Call::Read, e));
        seen(retention.err(), "s3:GetObjectRetention").and_then(|seen_so_far| match seen_so_far {
            Setting::Yes => seen(hold.err(), "s3:GetObjectLegalHold"),
            hidden => Ok(hidden),
        })
    }

    async fn get(&self, object: &ObjectRef) -> Result<Vec<u8>, StoreError> {
        check(object)?;
        // The attempt's deadline ends with the headers; this guards the body.
        let stalls = StalledStreamProtectionConfig::enabled().build();
        let here = self.at(&object.bucket);
        let call = here
            .client
            .get_object()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::SCRATCH).stalled_stream_protection(stalls));
        let answer = call.send().await.map_err(|e| store_error(Call::Read, e))?;
        if answer.content_length().is_none_or(|length| length > MAX_BODY) {
            return Err(refused(object, "it is too large for a scratch object"));
        }
        let body =
            answer.body.collect().await.map_err(|e| {
                StoreError::new(StoreErrorKind::Unavailable, "NoAnswer", e.to_string())
            })?;
        Ok(body.to_vec())
    }

    async fn delete(&self, object: &ObjectRef) -> Result<(), StoreError> {
        check(object)?;
        let here = self.at(&object.bucket);
        let call = here
            .client
            .delete_object()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::SCRATCH));
        call.send().await.map(|_| ()).map_err(|e| store_error(Call::Write, e))
    }
}

/// An object without a lock answers with an error, too, but with one of its own.
fn seen(error: Option<StoreError>, permission: &str) -> Result<Setting, StoreError> {
    match error {
        None => Ok(Setting::Yes),
        Some(error) if error.code == "NoSuchObjectLockConfiguration" => Ok(Setting::Yes),
        Some(error) if error.kind == StoreErrorKind::Denied => {
            Ok(Setting::Unreadable(format!("{permission} is missing")))
        }
        Some(error) => Err(error),
    }
}

#[async_trait]
impl ScratchUploads for S3Store {
    async fn uploads(
        &self,
        bucket: &BucketName,
        prefix: &str,
    ) -> Result<Vec<(ObjectRef, UploadId)>, StoreError> {
        if !prefix.starts_with(SCRATCH_PREFIX) {
            let message = format!("{prefix} is no folder of scratch objects");
            return Err(StoreError::new(StoreErrorKind::Invalid, "NotScratch", message));
        }
        let here = self.at(bucket);
        let call = here
            .client
            .list_multipart_uploads()
            .bucket(bucket.as_str())
            .prefix(prefix)
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LIST));
        let page = call.send().await.map_err(|e| store_error(Call::Bucket, e))?;
        let found = page.uploads.unwrap_or_default().into_iter().filter_map(|upload| {
            let key = ObjectKey::new(upload.key?).ok()?;
            let object = ObjectRef { bucket: bucket.clone(), key, version: None };
            Some((object, UploadId(upload.upload_id?)))
        });
        // An endpoint that ignores the prefix would name other people's.
        Ok(found
            .filter(|(object, _)| object.key.as_str().starts_with(prefix) && check(object).is_ok())
            .collect())
    }
}

/// Lets only keys under the scratch prefix pass, and none that an endpoint
/// with folders underneath could resolve to somewhere else.
fn check(object: &ObjectRef) -> Result<(), StoreError> {
    let name = object.key.as_str().strip_prefix(SCRATCH_PREFIX);
    let inside = name.is_some_and(|name| {
        !name.contains('\\') && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
    });
    if inside { Ok(()) } else { Err(refused(object, "it is no scratch object")) }
}

fn refused(object: &ObjectRef, why: &str) -> StoreError {
    let message = format!("{object} is left alone: {why}");
    StoreError::new(StoreErrorKind::Invalid, "NotScratch", message)
}

#[cfg(test)]
mod tests {
    use reseal_core::ObjectKey;

    use super::*;

    #[test]
    fn only_scratch_keys_pass() {
        let object = |key: &str| ObjectRef {
            bucket: "bucket".parse().expect("a bucket"),
            key: ObjectKey::new(key).expect("a key"),
            version: None,
        };
        assert!(check(&object(".reseal-probe/20261121/a")).is_ok());
        for outside in [
            "data",
            "/.reseal-probe/a",
            ".reseal-probe",
            ".reseal-probe/",
            ".reseal-probe/../data",
            ".reseal-probe/a/..",
            ".reseal-probe//a",
            ".reseal-probe/..\\data",
            ".reseal-probex/a",
        ] {
            assert!(check(&object(outside)).is_err(), "{outside}");
        }
    }
}
