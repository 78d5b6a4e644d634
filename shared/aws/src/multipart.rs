//! A copy in parts: CreateMultipartUpload, UploadPartCopy, ListParts,
//! CompleteMultipartUpload, AbortMultipartUpload.

use aws_sdk_s3::operation::complete_multipart_upload::CompleteMultipartUploadOutput;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Part};
use aws_smithy_types::DateTime;
use reseal_core::ports::{
    CopyReceipt, DestinationGuard, PartReceipt, PartRequest, SourceGuard, UploadId, UploadRef,
    UploadRequest,
};
use reseal_core::{PartRange, StoreError, StoreErrorKind, VersionId};

use crate::attributes::{restate_on_upload, tag_header, unsigned};
use crate::checksums::{self, checksum_fields};
use crate::copy_source::copy_source;
use crate::encryption::{Reported, Wanted};
use crate::errors::Call;
use crate::failure::{store_error, store_error_for, unusable_answer};
use crate::protection::protect;
use crate::store::{destination_condition, quoted, whole_etag};
use crate::{S3Store, pages, timeouts};

impl S3Store {
    pub(crate) async fn create_multipart(
        &self,
        request: &UploadRequest<'_>,
    ) -> Result<UploadId, StoreError> {
        let UploadRequest { to, target, attributes, protection, tags } = request;
        let wanted = Wanted::from(*target);
        let here = self.at(&to.bucket);
        let call = here
            .client
            .create_multipart_upload()
            .bucket(to.bucket.as_str())
            .key(to.key.as_str())
            .expected_bucket_owner(here.owner.as_str())
            .server_side_encryption(wanted.algorithm)
            .set_ssekms_key_id(wanted.key)
            .set_bucket_key_enabled(wanted.bucket_key)
            .set_tagging((!tags.is_empty()).then(|| tag_header(tags)));
        let (call, headers) = restate_on_upload(protect!(call, protection), attributes)?;
        let call = call.customize().config_override(Self::within(timeouts::CHANGE));
        let call = call.map_request(move |mut request| {
            for (name, value) in &headers {
                request.headers_mut().try_insert(name.clone(), value.clone())?;
            }
            Ok::<_, aws_smithy_runtime_api::http::HttpError>(request)
        });
        let key = target.key().map(reseal_core::KeyArn::as_str);
        let answer = call.send().await.map_err(|e| store_error_for(Call::Write, key, e))?;
        answer.upload_id.map(UploadId).ok_or_else(|| no_answer("CreateMultipartUpload", "an id"))
    }

    pub(crate) async fn upload_part_copy(
        &self,
        request: &PartRequest<'_>,
    ) -> Result<PartReceipt, StoreError> {
        let PartRequest { upload, from, target, source, range } = request;
        let key = target.key().map(reseal_core::KeyArn::as_str);
        let here = self.at(&upload.object.bucket);
        let call = here
            .client
            .upload_part_copy()
            .bucket(upload.object.bucket.as_str())
            .key(upload.object.key.as_str())
            .upload_id(upload.id.0.as_str())
            .set_part_number(unsigned(Some(range.number)))
            .copy_source(copy_source(&from.bucket, &from.key, from.version.as_ref()))
            .set_copy_source_range(range_header(range))
            .expected_bucket_owner(here.owner.as_str())
            .expected_source_bucket_owner(self.at(&from.bucket).owner.as_str());
        let call = match source {
            SourceGuard::ETag(etag) => call.copy_source_if_match(quoted(etag)),
            SourceGuard::UnmodifiedSince(time) => {
                call.copy_source_if_unmodified_since(DateTime::from_secs(time.as_secs()))
            }
        };
        let deadline = Self::within(timeouts::copy_of(range.len()));
        let answer = call.customize().config_override(deadline).send().await;
        let result = answer.map_err(|e| store_error_for(Call::Write, key, e))?.copy_part_result;
        let part = result.as_ref().and_then(|result| {
            Some(PartReceipt {
                number: range.number,
                etag: whole_etag(result.e_tag())?,
                size: None,
                checksum: checksums::named(checksum_fields!(result)),
            })
        });
        part.ok_or_else(|| no_answer("UploadPartCopy", "an ETag"))
    }

    pub(crate) async fn all_parts(
        &self,
        upload: &UploadRef<'_>,
    ) -> Result<Vec<PartReceipt>, StoreError> {
        let mut parts: Vec<PartReceipt> = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let here = self.at(&upload.object.bucket);
            let call = here
                .client
                .list_parts()
                .bucket(upload.object.bucket.as_str())
                .key(upload.object.key.as_str())
                .upload_id(upload.id.0.as_str())
                .set_part_number_marker(marker.clone())
                .expected_bucket_owner(here.owner.as_str())
                .customize()
                .config_override(Self::within(timeouts::LIST));
            let page = call.send().await.map_err(|e| store_error(Call::Read, e))?;
            parts.extend(page.parts().iter().filter_map(part_receipt));
            let (truncated, next) = (page.is_truncated, page.next_part_number_marker);
            marker = pages::next("an upload's parts", truncated, next, marker.as_deref())?;
            if marker.is_none() {
                return Ok(parts);
            }
        }
    }

    pub(crate) async fn complete_multipart(
        &self,
        upload: &UploadRef<'_>,
        parts: &[PartReceipt],
        size: u64,
        destination: &DestinationGuard,
    ) -> Result<CopyReceipt, StoreError> {
        let here = self.at(&upload.object.bucket);
        let call = here
            .client
            .complete_multipart_upload()
            .bucket(upload.object.bucket.as_str())
            .key(upload.object.key.as_str())
            .upload_id(upload.id.0.as_str())
            .multipart_upload(part_list(parts))
            .set_mpu_object_size(unsigned(Some(size)))
            .set_if_match(destination_condition(destination))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::COMPLETE));
        completion(call.send().await.map_err(|e| store_error(Call::Write, e))?)
    }

    pub(crate) async fn abort_multipart(&self, upload: &UploadRef<'_>) -> Result<(), StoreError> {
        let here = self.at(&upload.object.bucket);
        let call = here
            .client
            .abort_multipart_upload()
            .bucket(upload.object.bucket.as_str())
            .key(upload.object.key.as_str())
            .upload_id(upload.id.0.as_str())
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::CHANGE));
        call.send().await.map(|_| ()).map_err(|e| store_error(Call::Write, e))
    }
}

/// S3 copies a range only of sources above 5 MB. A part that small is the last
/// one; where it is the first as well, it is the whole source, which goes
/// without: its ETag tells that the source didn't grow.
fn range_header(range: &PartRange) -> Option<String> {
    let whole = range.first == 0 && range.len() < MIN_PART;
    (!whole).then(|| format!("bytes={}-{}", range.first, range.last))
}

/// S3's smallest part, but for the last one.
const MIN_PART: u64 = 5 * 1024 * 1024;

fn part_receipt(part: &Part) -> Option<PartReceipt> {
    Some(PartReceipt {
        number: unsigned(part.part_number())?,
        etag: whole_etag(part.e_tag())?,
        size: unsigned(part.size()),
        checksum: checksums::named(checksum_fields!(part)),
    })
}

/// S3 wants the parts in order; copies finish in any.
fn part_list(parts: &[PartReceipt]) -> CompletedMultipartUpload {
    let mut parts: Vec<&PartReceipt> = parts.iter().collect();
    parts.sort_by_key(|part| part.number);
    let parts = parts.into_iter().map(|part| {
        let completed = CompletedPart::builder()
            .set_part_number(unsigned(Some(part.number)))
            .e_tag(quoted(&part.etag));
        checksums::restate(completed, part.checksum.as_ref()).build()
    });
    CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build()
}

fn completion(answer: CompleteMultipartUploadOutput) -> Result<CopyReceipt, StoreError> {
    let etag = whole_etag(answer.e_tag())
        .ok_or_else(|| no_answer("CompleteMultipartUpload", "an ETag"))?;
    let reported = Reported {
        algorithm: answer.server_side_encryption,
        key: answer.ssekms_key_id,
        bucket_key: answer.bucket_key_enabled,
        customer_algorithm: None,
    };
    Ok(CopyReceipt {
        etag,
        last_modified: None,
        version: answer.version_id.map(VersionId::new),
        source_version: None,
        // A word that we don't know proves nothing.
        encryption: reported.encryption().unwrap_or(None),
    })
}

fn no_answer(operation: &str, what: &str) -> StoreError {
    let message = format!("{operation} answered without {what}");
    unusable_answer(StoreErrorKind::Ambiguous, &message)
}

#[cfg(test)]
mod tests;
