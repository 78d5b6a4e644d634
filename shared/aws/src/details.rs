//! What HEAD doesn't tell: tags, ACL, checksum, parts, annotations; and the
//! request to restore.

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumMode, GlacierJobParameters, RestoreRequest, Tag, Tagging, Tier};
use reseal_core::ports::{FirstPart, ObjectDetails};
use reseal_core::{
    Acl, Checksum, ETag, ObjectRef, RestoreTier, StoreError, StoreErrorKind, TagSet,
};

use crate::errors::Call;
use crate::failure::{store_error, unusable_answer};
use crate::store::quoted;
use crate::{S3Store, attributes, protection, timeouts};

/// S3's limit on one annotation, in bytes.
const MAX_ANNOTATION: i64 = 1024 * 1024;

#[async_trait]
impl ObjectDetails for S3Store {
    async fn tags(&self, object: &ObjectRef) -> Result<TagSet, StoreError> {
        let here = self.at(&object.bucket);
        let call = here
            .client
            .get_object_tagging()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        let answer = call.send().await.map_err(|e| store_error(Call::Read, e))?;
        Ok(answer.tag_set.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    async fn put_tags(&self, object: &ObjectRef, tags: &TagSet) -> Result<(), StoreError> {
        let here = self.at(&object.bucket);
        let call = here
            .client
            .put_object_tagging()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .tagging(tagging(tags)?)
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::CHANGE));
        call.send().await.map(|_| ()).map_err(|e| store_error(Call::Write, e))
    }

    async fn acl(&self, object: &ObjectRef) -> Result<Acl, StoreError> {
        let here = self.at(&object.bucket);
        let call = here
            .client
            .get_object_acl()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        let answer = call.send().await.map_err(|e| store_error(Call::Read, e))?;
        protection::acl(&answer)
    }

    async fn checksum(&self, object: &ObjectRef) -> Result<Option<Checksum>, StoreError> {
        let here = self.at(&object.bucket);
        let call = here
            .client
            .head_object()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .checksum_mode(ChecksumMode::Enabled)
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        match call.send().await {
            Ok(answer) => Ok(attributes::checksum(&answer)),
            Err(error) => Err(self.explain(object, store_error(Call::Head, error)).await),
        }
    }

    async fn first_part(&self, object: &ObjectRef) -> Result<Option<FirstPart>, StoreError> {
        let here = self.at(&object.bucket);
        let call = here
            .client
            .head_object()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .part_number(1)
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        match call.send().await {
            Ok(answer) => {
                let bytes = attributes::unsigned(answer.content_length());
                let parts = attributes::unsigned(answer.parts_count());
                Ok(bytes.zip(parts).map(|(bytes, parts)| FirstPart { bytes, parts }))
            }
            Err(error) => Err(self.explain(object, store_error(Call::Head, error)).await),
        }
    }

    async fn annotations(&self, object: &ObjectRef) -> Result<Vec<String>, StoreError> {
        let mut names: Vec<String> = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let here = self.at(&object.bucket);
            let call = here
                .client
                .list_object_annotations()
                .bucket(object.bucket.as_str())
                .key(object.key.as_str())
                .set_version_id(Self::version(object))
                .set_continuation_token(token.clone())
                .expected_bucket_owner(here.owner.as_str())
                .customize()
                .config_override(Self::within(timeouts::LIST));
            let page = call.send().await.map_err(|e| store_error(Call::Read, e))?;
            names.extend(page.annotations().iter().map(|entry| entry.annotation_name.clone()));
            match page.next_continuation_token {
                None => return Ok(names),
                // An endpoint that repeats itself would be asked for ever.
                Some(next) if token.as_ref() == Some(&next) => {
                    let what = "ListObjectAnnotations doesn't move on";
                    return Err(unusable_answer(StoreErrorKind::Invalid, what));
                }
                Some(next) => token = Some(next),
            }
        }
    }

    async fn annotation(&self, object: &ObjectRef, name: &str) -> Result<Vec<u8>, StoreError> {
        let here = self.at(&object.bucket);
        let call = here
            .client
            .get_object_annotation()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .annotation_name(name)
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        let answer = call.send().await.map_err(|e| store_error(Call::Read, e))?;
        if answer.content_length().is_none_or(|length| length > MAX_ANNOTATION) {
            let what = "GetObjectAnnotation answered with more than an annotation holds";
            return Err(unusable_answer(StoreErrorKind::Invalid, what));
        }
        let body =
            answer.annotation_payload.collect().await.map_err(|e| {
                StoreError::new(StoreErrorKind::Unavailable, "NoAnswer", e.to_string())
            })?;
        Ok(body.to_vec())
    }

    async fn put_annotation(
        &self,
        object: &ObjectRef,
        etag: &ETag,
        name: &str,
        text: &[u8],
    ) -> Result<(), StoreError> {
        let here = self.at(&object.bucket);
        let call = here
            .client
            .put_object_annotation()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .object_if_match(quoted(etag))
            .annotation_name(name)
            .annotation_payload(ByteStream::from(text.to_vec()))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::CHANGE));
        call.send().await.map(|_| ()).map_err(|e| store_error(Call::Write, e))
    }

    async fn restore(
        &self,
        object: &ObjectRef,
        days: Option<u32>,
        tier: RestoreTier,
    ) -> Result<(), StoreError> {
        let here = self.at(&object.bucket);
        let call = here
            .client
            .restore_object()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .restore_request(restore_request(days, tier)?)
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::CHANGE));
        match call.send().await.map_err(|e| store_error(Call::Write, e)) {
            Err(error) if error.code != "RestoreAlreadyInProgress" => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

fn tagging(tags: &TagSet) -> Result<Tagging, StoreError> {
    let tags: Result<Vec<Tag>, _> =
        tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    tags.and_then(|tags| Tagging::builder().set_tag_set(Some(tags)).build()).map_err(unbuildable)
}

fn restore_request(days: Option<u32>, tier: RestoreTier) -> Result<RestoreRequest, StoreError> {
    let tier = match tier {
        RestoreTier::Standard => Tier::Standard,
        RestoreTier::Bulk => Tier::Bulk,
        RestoreTier::Expedited => Tier::Expedited,
    };
    let job = GlacierJobParameters::builder().tier(tier).build().map_err(unbuildable)?;
    let days = attributes::unsigned(days);
    Ok(RestoreRequest::builder().set_days(days).glacier_job_parameters(job).build())
}

fn unbuildable(error: impl std::fmt::Display) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, "UnbuildableRequest", error.to_string())
}
