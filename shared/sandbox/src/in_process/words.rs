//! Between the engine's words and the model's.

use reseal_core::ports::{DestinationGuard, SourceGuard};
use reseal_core::{
    ArchiveState, Attributes, ETag, Encryption, KmsTarget, LockMode, ObjectHead, ObjectLock,
    ObjectRef, Protection, Retention, StorageClass, StoreError, Target, Timestamp, VersionId,
};

use super::acl::acl;
use super::errors::unbuildable;
use crate::model;

pub(super) fn moment(time: Timestamp) -> model::Moment {
    model::Moment::from_millis(time.as_millis())
}

pub(super) fn timestamp(moment: model::Moment) -> Timestamp {
    Timestamp::from_millis(moment.millis())
}

pub(super) fn object_ref(object: &ObjectRef) -> model::ObjectRef {
    model::ObjectRef {
        bucket: object.bucket.as_str().to_owned(),
        key: object.key.as_str().to_owned(),
        version: object.version.as_ref().map(|version| version.as_str().to_owned()),
    }
}

pub(super) fn version(id: Option<model::VersionId>) -> Option<VersionId> {
    id.map(|id| VersionId::new(id.to_string()))
}

pub(super) fn etag(etag: &model::ETag) -> ETag {
    ETag::new(&etag.to_string())
}

fn condition(etag: &ETag) -> model::TagCondition {
    model::TagCondition::Tag(etag.as_str().to_owned())
}

pub(super) fn source_conditions(guard: &SourceGuard) -> model::ReadConditions {
    let mut conditions = model::ReadConditions::default();
    match guard {
        SourceGuard::ETag(etag) => conditions.if_match = Some(condition(etag)),
        SourceGuard::UnmodifiedSince(time) => {
            conditions.if_unmodified_since = Some(moment(*time));
        }
    }
    conditions
}

pub(super) fn write_conditions(guard: &DestinationGuard) -> model::WriteConditions {
    let if_match = match guard {
        DestinationGuard::ETag(etag) => Some(condition(etag)),
        DestinationGuard::Unfenced => None,
    };
    model::WriteConditions { if_match, if_none_match: None }
}

pub(super) fn encryption_request(target: &Target) -> model::EncryptionRequest {
    match target {
        Target::SseS3 => model::EncryptionRequest::sse_s3(),
        Target::SseKms(KmsTarget { key, bucket_key }) => {
            model::EncryptionRequest::kms(key.as_str(), *bucket_key)
        }
        Target::DsseKms { key } => model::EncryptionRequest::dsse(key.as_str()),
    }
}

pub(super) fn encryption(encryption: &model::Encryption) -> Encryption {
    match encryption {
        model::Encryption::None => Encryption::None,
        model::Encryption::SseS3 => Encryption::SseS3,
        model::Encryption::Kms { key, bucket_key, context: _ } => {
            Encryption::SseKms { key: Some(key.to_string()), bucket_key: *bucket_key }
        }
        model::Encryption::Dsse { key, context: _ } => {
            Encryption::DsseKms { key: Some(key.to_string()) }
        }
        model::Encryption::CustomerKey { .. } => Encryption::SseC,
    }
}

pub(super) fn default_encryption(default: model::DefaultEncryption) -> Encryption {
    let model::DefaultEncryption { algorithm, key, bucket_key, blocks_customer_keys: _ } = default;
    match algorithm {
        model::SseAlgorithm::Aes256 => Encryption::SseS3,
        model::SseAlgorithm::Kms => Encryption::SseKms { key, bucket_key },
        model::SseAlgorithm::Dsse => Encryption::DsseKms { key },
    }
}

pub(super) fn storage_class(class: &StorageClass) -> Result<model::StorageClass, StoreError> {
    model::StorageClass::parse(class.as_str())
        .ok_or_else(|| unbuildable(format!("the model has no storage class {class}")))
}

/// A HEAD's answer. Like the real one it tells no number of parts, and no checksum
/// unless that was asked for.
pub(super) fn object_head(view: &model::ObjectView) -> ObjectHead {
    let model::ObjectView {
        version_id,
        object,
        served: _,
        parts_count: _,
        checksum: _,
        readiness,
        lock,
    } = view;
    // Destructured in full: a new attribute must be told, or be left out on purpose.
    let model::ObjectVersion {
        content,
        etag: tag,
        last_modified,
        encryption: sealed,
        storage_class,
        archive: _,
        restore: _,
        headers,
        metadata,
        tags,
        checksum: _,
        parts: _,
        redirect,
        // As far as the caller may know it, it stands beside.
        lock: _,
        annotations: _,
        access: _,
    } = object.as_ref();
    let headers = headers.as_deref().cloned().unwrap_or_default();
    ObjectHead {
        version: version(*version_id),
        etag: etag(tag),
        size: content.len(),
        last_modified: timestamp(*last_modified),
        encryption: encryption(sealed),
        archive: match readiness {
            model::Readiness::Online => ArchiveState::Online,
            model::Readiness::Archived => ArchiveState::Archived,
            model::Readiness::Restoring => ArchiveState::Restoring,
            model::Readiness::Restored(_) => ArchiveState::Restored,
        },
        lock: lock.as_ref().map(object_lock).unwrap_or_default(),
        // S3 allows ten.
        tag_count: u32::try_from(tags.len()).unwrap_or(u32::MAX),
        parts_count: None,
        attributes: Attributes {
            storage_class: StorageClass::new(storage_class.as_str()),
            metadata: metadata.clone(),
            missing_metadata: 0,
            // S3 says what it stores where the writer said nothing.
            content_type: Some(
                headers.content_type.unwrap_or_else(|| "binary/octet-stream".to_owned()),
            ),
            content_encoding: headers.content_encoding,
            content_language: headers.content_language,
            content_disposition: headers.content_disposition,
            cache_control: headers.cache_control,
            expires: headers.expires,
            website_redirect: redirect.as_deref().map(str::to_owned),
            checksum: None,
        },
    }
}

pub(super) fn object_lock(lock: &model::Lock) -> ObjectLock {
    let model::Lock { retention, legal_hold } = lock;
    let retention = retention.map(|(mode, until)| Retention {
        mode: match mode {
            model::LockMode::Governance => LockMode::Governance,
            model::LockMode::Compliance => LockMode::Compliance,
        },
        until: timestamp(until),
    });
    ObjectLock { retention, legal_hold: *legal_hold }
}

fn lock(lock: &ObjectLock) -> Option<model::Lock> {
    let ObjectLock { retention, legal_hold } = lock;
    let retention = retention.map(|Retention { mode, until }| {
        let mode = match mode {
            LockMode::Governance => model::LockMode::Governance,
            LockMode::Compliance => model::LockMode::Compliance,
        };
        (mode, moment(until))
    });
    let lock = model::Lock { retention, legal_hold: *legal_hold };
    (lock != model::Lock::default()).then_some(lock)
}

/// What a single copy restates: S3 keeps the rest by itself.
pub(super) fn restated_on_copy(
    attributes: &Attributes,
    protection: &Protection,
    target: &Target,
) -> Result<model::WriteAttributes, StoreError> {
    let Attributes {
        storage_class: class,
        website_redirect,
        metadata: _,
        missing_metadata: _,
        content_type: _,
        content_encoding: _,
        content_language: _,
        content_disposition: _,
        cache_control: _,
        expires: _,
        checksum: _,
    } = attributes;
    Ok(model::WriteAttributes {
        storage_class: Some(storage_class(class)?),
        redirect: website_redirect.clone(),
        lock: lock(&protection.lock),
        acl: acl(protection.acl.as_ref())?,
        encryption: encryption_request(target),
        ..model::WriteAttributes::default()
    })
}

/// What a multipart copy restates: everything.
pub(super) fn restated_on_upload(
    attributes: &Attributes,
    protection: &Protection,
    target: &Target,
    tags: &reseal_core::TagSet,
) -> Result<model::WriteAttributes, StoreError> {
    let Attributes {
        storage_class: class,
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
        return Err(unbuildable("a multipart copy would lose unreadable metadata"));
    }
    Ok(model::WriteAttributes {
        headers: model::ContentHeaders {
            content_type: content_type.clone(),
            content_encoding: content_encoding.clone(),
            content_language: content_language.clone(),
            content_disposition: content_disposition.clone(),
            cache_control: cache_control.clone(),
            expires: expires.clone(),
        },
        metadata: metadata.clone(),
        tags: tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        storage_class: Some(storage_class(class)?),
        redirect: website_redirect.clone(),
        lock: lock(&protection.lock),
        acl: acl(protection.acl.as_ref())?,
        encryption: encryption_request(target),
        checksum: checksum.as_ref().map(checksum_request).transpose()?.unwrap_or_default(),
    })
}

/// Only CRCs of parts add up to one of the whole.
fn checksum_request(
    checksum: &reseal_core::Checksum,
) -> Result<model::ChecksumRequest, StoreError> {
    let reseal_core::Checksum { algorithm: name, full_object, value: _ } = checksum;
    let algorithm = model::ChecksumAlgorithm::parse(name)
        .ok_or_else(|| unbuildable(format!("the model has no checksum {name}")))?;
    let kind = match *full_object && name.starts_with("CRC") {
        true => model::ChecksumType::FullObject,
        false => model::ChecksumType::Composite,
    };
    Ok(model::ChecksumRequest { algorithm: Some(algorithm), value: None, kind: Some(kind) })
}
