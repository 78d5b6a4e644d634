//! An object's attributes: out of HEAD, and back into the requests that would
//! otherwise lose them. Both ways take `Attributes` apart without `..`, so
//! that a new field breaks the build here.

use aws_sdk_s3::operation::copy_object::builders::CopyObjectFluentBuilder;
use aws_sdk_s3::operation::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{
    AnnotationDirective, ChecksumAlgorithm, ChecksumType, MetadataDirective, ObjectLockEventHold,
    ObjectLockLegalHoldStatus, ObjectLockMode,
};
use aws_smithy_types::DateTime;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reseal_core::{
    ArchiveState, Attributes, Checksum, ETag, Encryption, LockMode, ObjectHead, ObjectLock,
    Retention, StorageClass, StoreError, StoreErrorKind, TagSet, Timestamp, VersionId,
};

use crate::checksums::{self, checksum_fields};
use crate::encryption::Reported;
use crate::failure::unusable_answer;

/// A HEAD's answer in our words.
pub(crate) fn object_head(mut answer: HeadObjectOutput) -> Result<ObjectHead, StoreError> {
    let missing =
        |what: &str| unusable_answer(StoreErrorKind::Invalid, &format!("HEAD told no {what}"));
    Ok(ObjectHead {
        etag: ETag::new(answer.e_tag().ok_or_else(|| missing("ETag"))?),
        size: unsigned(answer.content_length()).ok_or_else(|| missing("size"))?,
        last_modified: timestamp(answer.last_modified()).ok_or_else(|| missing("date"))?,
        encryption: encryption(&mut answer)?,
        archive: archive_state(&answer),
        lock: object_lock(&answer),
        tag_count: unsigned(answer.tag_count()).unwrap_or(0),
        parts_count: unsigned(answer.parts_count()),
        version: answer.version_id.take().map(VersionId::new),
        attributes: attributes(answer),
    })
}

fn attributes(answer: HeadObjectOutput) -> Attributes {
    let checksum = checksum(&answer);
    Attributes {
        storage_class: storage_class(&answer),
        metadata: answer.metadata.unwrap_or_default().into_iter().collect(),
        missing_metadata: unsigned(answer.missing_meta).unwrap_or(0),
        content_type: answer.content_type,
        content_encoding: answer.content_encoding,
        content_language: answer.content_language,
        content_disposition: answer.content_disposition,
        cache_control: answer.cache_control,
        expires: answer.expires_string,
        website_redirect: answer.website_redirect_location,
        checksum,
    }
}

/// What CopyObject drops although it copies metadata: the class would become
/// STANDARD and the redirect would be lost. S3 takes both beside the COPY
/// directive, so REPLACE isn't needed, under which it would be we who restate
/// the metadata, and an edit between HEAD and copy would be undone.
pub(crate) fn restate_on_copy(
    call: CopyObjectFluentBuilder,
    attributes: &Attributes,
) -> CopyObjectFluentBuilder {
    let Attributes {
        storage_class,
        website_redirect,
        // S3 copies these itself, those included that HEAD can't return.
        metadata: _,
        missing_metadata: _,
        content_type: _,
        content_encoding: _,
        content_language: _,
        content_disposition: _,
        cache_control: _,
        expires: _,
        // S3 keeps the algorithm itself; naming one would ask for a new sum.
        checksum: _,
    } = attributes;
    call.metadata_directive(MetadataDirective::Copy)
        .annotation_directive(AnnotationDirective::Copy)
        .storage_class(storage_class.as_str().into())
        .set_website_redirect_location(website_redirect.clone())
}

/// Headers to be sent as they are.
pub(crate) type RawHeaders = Vec<(String, String)>;

/// What a multipart upload must be told: everything. The texts come back as
/// raw headers, since the SDK's builder takes only dates for `Expires` and
/// only ASCII for metadata, while S3 stores what it once was given.
///
/// # Errors
/// When metadata would be lost that HEAD could not return.
pub(crate) fn restate_on_upload(
    call: CreateMultipartUploadFluentBuilder,
    attributes: &Attributes,
) -> Result<(CreateMultipartUploadFluentBuilder, RawHeaders), StoreError> {
    let Attributes {
        storage_class,
        metadata,
        missing_metadata,
        content_type,
        content_encoding,
        content_language,
        content_disposition,
        cache_control,
        expires,
        website_redirect,
        checksum,
    } = attributes;
    if *missing_metadata > 0 {
        let message = format!("a multipart copy would lose {missing_metadata} unreadable headers");
        return Err(StoreError::new(StoreErrorKind::Invalid, "UnreadableMetadata", message));
    }
    let headers = [
        ("content-type", content_type),
        ("content-encoding", content_encoding),
        ("content-language", content_language),
        ("content-disposition", content_disposition),
        ("cache-control", cache_control),
        ("expires", expires),
        ("x-amz-website-redirect-location", website_redirect),
    ];
    let headers = headers
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
        .chain(metadata.iter().map(|(name, value)| (format!("x-amz-meta-{name}"), value.clone())))
        .collect();
    let call = call.storage_class(storage_class.as_str().into());
    Ok((with_checksum(call, checksum.as_ref()), headers))
}

fn with_checksum(
    call: CreateMultipartUploadFluentBuilder,
    checksum: Option<&Checksum>,
) -> CreateMultipartUploadFluentBuilder {
    let Some(Checksum { algorithm, full_object, value: _ }) = checksum else { return call };
    let kind = if *full_object && checksums::joins_parts(algorithm) {
        ChecksumType::FullObject
    } else {
        ChecksumType::Composite
    };
    call.checksum_algorithm(ChecksumAlgorithm::from(algorithm.as_str())).checksum_type(kind)
}

/// The checksum that a HEAD told, which it does only when asked.
pub(crate) fn checksum(answer: &HeadObjectOutput) -> Option<Checksum> {
    let (algorithm, value) = checksums::present(checksum_fields!(answer))?;
    let full_object = match answer.checksum_type() {
        Some(kind) => *kind == ChecksumType::FullObject,
        // Endpoints from before there was a type: "-N" marks a composite.
        None => !value.contains('-'),
    };
    Some(Checksum { algorithm: algorithm.to_owned(), full_object, value: value.to_owned() })
}

/// All but RFC 3986's unreserved characters: tags travel as a query string.
const TAG: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Tags as `x-amz-tagging` wants them.
pub(crate) fn tag_header(tags: &TagSet) -> String {
    let encode = |text| utf8_percent_encode(text, TAG).to_string();
    let pairs: Vec<_> = tags.iter().map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect();
    pairs.join("&")
}

fn encryption(answer: &mut HeadObjectOutput) -> Result<Encryption, StoreError> {
    let reported = Reported {
        algorithm: answer.server_side_encryption.take(),
        key: answer.ssekms_key_id.take(),
        bucket_key: answer.bucket_key_enabled,
        customer_algorithm: answer.sse_customer_algorithm.take(),
    };
    let unknown = |word: String| {
        let message = format!("HEAD told an unknown encryption: {word}");
        unusable_answer(StoreErrorKind::Invalid, &message)
    };
    Ok(reported.encryption().map_err(unknown)?.unwrap_or(Encryption::None))
}

fn storage_class(answer: &HeadObjectOutput) -> StorageClass {
    answer.storage_class().map_or_else(StorageClass::standard, |c| StorageClass::new(c.as_str()))
}

/// Archive classes are known by the class, archive tiers of Intelligent-Tiering
/// by a header of their own; `x-amz-restore` tells how far a restore is.
fn archive_state(answer: &HeadObjectOutput) -> ArchiveState {
    let in_class = storage_class(answer).is_archive();
    let in_tier = answer.archive_status().is_some();
    let restore = answer.restore().unwrap_or_default();
    if !in_class && !in_tier {
        ArchiveState::Online
    } else if restore.contains("ongoing-request=\"true\"") {
        ArchiveState::Restoring
    } else if in_class && restore.contains("ongoing-request=\"false\"") {
        ArchiveState::Restored
    } else {
        ArchiveState::Archived
    }
}

fn object_lock(answer: &HeadObjectOutput) -> ObjectLock {
    let until = timestamp(answer.object_lock_retain_until_date());
    let retention = answer.object_lock_mode().map(|mode| Retention {
        mode: match mode {
            ObjectLockMode::Governance => LockMode::Governance,
            // A mode that we don't know is taken for the strictest.
            _ => LockMode::Compliance,
        },
        until: until.unwrap_or(Timestamp::from_millis(i64::MAX)),
    });
    // An event hold protects a version until an event ends it: to us, a hold.
    let legal_hold = answer.object_lock_legal_hold_status() == Some(&ObjectLockLegalHoldStatus::On)
        || answer.object_lock_event_hold() == Some(&ObjectLockEventHold::On);
    ObjectLock { retention, legal_hold }
}

pub(crate) fn timestamp(time: Option<&DateTime>) -> Option<Timestamp> {
    time?.to_millis().ok().map(Timestamp::from_millis)
}

pub(crate) fn unsigned<N, U: TryFrom<N>>(number: Option<N>) -> Option<U> {
    number.and_then(|number| U::try_from(number).ok())
}

#[cfg(test)]
mod tests;
