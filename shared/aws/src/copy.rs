//! CopyObject of the current version, onto itself or elsewhere as a backup.

use aws_sdk_s3::operation::copy_object::CopyObjectOutput;
use aws_sdk_s3::operation::copy_object::builders::CopyObjectFluentBuilder;
use aws_sdk_s3::types::TaggingDirective;
use aws_smithy_types::DateTime;
use reseal_core::ports::{CopyReceipt, CopyRequest, CopyTags, SourceGuard};
use reseal_core::{StoreError, StoreErrorKind, VersionId};

use crate::attributes::{restate_on_copy, tag_header, timestamp};
use crate::copy_source::copy_source;
use crate::encryption::{Reported, Wanted};
use crate::errors::Call;
use crate::failure::{store_error_for, unusable_answer};
use crate::protection::protect;
use crate::store::{destination_condition, quoted, whole_etag};
use crate::{S3Store, timeouts};

impl S3Store {
    pub(crate) async fn copy_object(
        &self,
        request: &CopyRequest<'_>,
    ) -> Result<CopyReceipt, StoreError> {
        let CopyRequest {
            from,
            to,
            size,
            source,
            destination,
            target,
            attributes,
            protection,
            tags,
        } = request;
        let wanted = Wanted::from(*target);
        let here = self.at(&to.bucket);
        let call = here
            .client
            .copy_object()
            .bucket(to.bucket.as_str())
            .key(to.key.as_str())
            // Not pinned to a version: that would bring back an older one.
            .copy_source(copy_source(&from.bucket, &from.key, None))
            .expected_bucket_owner(here.owner.as_str())
            .expected_source_bucket_owner(self.at(&from.bucket).owner.as_str())
            .set_if_match(destination_condition(destination))
            .server_side_encryption(wanted.algorithm)
            .set_ssekms_key_id(wanted.key)
            .set_bucket_key_enabled(wanted.bucket_key);
        let call = with_source_guard(call, source);
        let call = with_tags(restate_on_copy(call, attributes), tags);
        let call = protect!(call, protection);
        let deadline = Self::within(timeouts::copy_of(*size));
        let answer = call.customize().config_override(deadline).send().await;
        let key = target.key().map(reseal_core::KeyArn::as_str);
        receipt(answer.map_err(|e| store_error_for(Call::Write, key, e))?)
    }
}

/// One condition only: of two, S3 lets the entity tag win.
fn with_source_guard(
    call: CopyObjectFluentBuilder,
    guard: &SourceGuard,
) -> CopyObjectFluentBuilder {
    match guard {
        SourceGuard::ETag(etag) => call.copy_source_if_match(quoted(etag)),
        SourceGuard::UnmodifiedSince(time) => {
            call.copy_source_if_unmodified_since(DateTime::from_secs(time.as_secs()))
        }
    }
}

fn with_tags(call: CopyObjectFluentBuilder, tags: &CopyTags) -> CopyObjectFluentBuilder {
    match tags {
        CopyTags::Keep => call.tagging_directive(TaggingDirective::Copy),
        CopyTags::Replace(tags) => {
            call.tagging_directive(TaggingDirective::Replace).tagging(tag_header(tags))
        }
    }
}

fn receipt(answer: CopyObjectOutput) -> Result<CopyReceipt, StoreError> {
    let result = answer.copy_object_result();
    let etag = whole_etag(result.and_then(|result| result.e_tag())).ok_or_else(|| {
        unusable_answer(StoreErrorKind::Ambiguous, "CopyObject answered without an ETag")
    })?;
    let last_modified = timestamp(result.and_then(|result| result.last_modified()));
    let reported = Reported {
        algorithm: answer.server_side_encryption,
        key: answer.ssekms_key_id,
        bucket_key: answer.bucket_key_enabled,
        customer_algorithm: answer.sse_customer_algorithm,
    };
    Ok(CopyReceipt {
        etag,
        last_modified,
        version: answer.version_id.map(VersionId::new),
        source_version: answer.copy_source_version_id.map(VersionId::new),
        // A word that we don't know proves nothing.
        encryption: reported.encryption().unwrap_or(None),
    })
}
