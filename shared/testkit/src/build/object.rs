//! Objects: as HEAD shows them and as sources name them.

use std::collections::BTreeMap;

use reseal_core::{
    ArchiveState, Attributes, BucketName, ETag, Encryption, KeyArn, ObjectHead, ObjectKey,
    ObjectLock, ObjectRef, SourceRow, StorageClass, Timestamp, VersionId,
};

use super::DAY_ZERO;

/// A bucket's name.
///
/// # Panics
/// When the text isn't one.
#[must_use]
pub fn bucket(name: &str) -> BucketName {
    name.parse().expect("a bucket's name")
}

/// The ARN of the key with this id, in account 111122223333 and us-east-1.
///
/// # Panics
/// When the id is empty.
#[must_use]
pub fn key_arn(id: &str) -> KeyArn {
    format!("arn:aws:kms:us-east-1:111122223333:key/{id}").parse().expect("a key's ARN")
}

/// The current version of this object.
///
/// # Panics
/// When a text isn't a name.
#[must_use]
pub fn object(bucket_name: &str, key: &str) -> ObjectRef {
    let key = ObjectKey::new(key).expect("a key");
    ObjectRef { bucket: bucket(bucket_name), key, version: None }
}

/// An unversioned STANDARD object of 1 KiB under SSE-S3, written an hour
/// before [`DAY_ZERO`], with nothing else to keep.
#[derive(Clone, Debug)]
pub struct HeadBuilder(ObjectHead);

impl HeadBuilder {
    /// The default object.
    #[must_use]
    pub fn new() -> Self {
        let attributes = Attributes {
            storage_class: StorageClass::standard(),
            metadata: BTreeMap::new(),
            missing_metadata: 0,
            content_type: Some("binary/octet-stream".to_owned()),
            content_encoding: None,
            content_language: None,
            content_disposition: None,
            cache_control: None,
            expires: None,
            website_redirect: None,
            checksum: None,
        };
        Self(ObjectHead {
            version: None,
            etag: ETag::new("9b2cf535f27731c974343645a3985328"),
            size: 1_024,
            last_modified: Timestamp::from_millis(DAY_ZERO.as_millis() - 3_600_000),
            encryption: Encryption::SseS3,
            archive: ArchiveState::Online,
            lock: ObjectLock::default(),
            tag_count: 0,
            parts_count: None,
            attributes,
        })
    }

    /// Of so many bytes.
    #[must_use]
    pub fn size(self, size: u64) -> Self {
        self.with(|head| head.size = size)
    }

    /// With this entity tag.
    #[must_use]
    pub fn etag(self, etag: &str) -> Self {
        self.with(|head| head.etag = ETag::new(etag))
    }

    /// At this version.
    #[must_use]
    pub fn version(self, version: &str) -> Self {
        self.with(|head| head.version = Some(VersionId::new(version)))
    }

    /// Encrypted so.
    #[must_use]
    pub fn encryption(self, encryption: Encryption) -> Self {
        self.with(|head| head.encryption = encryption)
    }

    /// Under this KMS key.
    #[must_use]
    pub fn sse_kms(self, key: &KeyArn, bucket_key: bool) -> Self {
        self.encryption(Encryption::SseKms { key: Some(key.as_str().to_owned()), bucket_key })
    }

    /// In this class.
    #[must_use]
    pub fn class(self, class: &str) -> Self {
        self.with(|head| head.attributes.storage_class = StorageClass::new(class))
    }

    /// With this entry of user metadata.
    #[must_use]
    pub fn metadata(self, name: &str, value: &str) -> Self {
        self.with(|head| {
            head.attributes.metadata.insert(name.to_owned(), value.to_owned());
        })
    }

    /// Whatever else it shall show.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut ObjectHead)) -> Self {
        change(&mut self.0);
        self
    }

    /// The head.
    #[must_use]
    pub fn build(self) -> ObjectHead {
        self.0
    }
}

impl Default for HeadBuilder {
    fn default() -> Self {
        Self::new()
    }
}

/// A source's row that says nothing but the key.
#[derive(Clone, Debug)]
pub struct RowBuilder(SourceRow);

impl RowBuilder {
    /// Of this key.
    ///
    /// # Panics
    /// When it is empty or too long.
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self(SourceRow::of_key(ObjectKey::new(key).expect("a key")))
    }

    /// At this version.
    #[must_use]
    pub fn version(self, version: &str) -> Self {
        self.with(|row| row.version = Some(VersionId::new(version)))
    }

    /// Below a newer version.
    #[must_use]
    pub fn noncurrent(self) -> Self {
        self.with(|row| row.is_latest = false)
    }

    /// A delete marker.
    #[must_use]
    pub fn delete_marker(self) -> Self {
        self.with(|row| row.is_delete_marker = true)
    }

    /// Of so many bytes, as the source says.
    #[must_use]
    pub fn size(self, size: u64) -> Self {
        self.with(|row| row.size = Some(size))
    }

    /// Whatever else it shall say.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut SourceRow)) -> Self {
        change(&mut self.0);
        self
    }

    /// The row.
    #[must_use]
    pub fn build(self) -> SourceRow {
        self.0
    }
}
