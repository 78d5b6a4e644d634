//! PutObject, and what all writes share.

use super::super::acl::for_new_object;
use super::super::bucket::Bucket;
use super::super::conditions::check_write;
use super::super::{
    Caller, Checksum, ETag, Fault, Model, Moment, ObjectVersion, PutObject, Response, StorageClass,
    VersionId, Written,
};
use super::lock::new_lock;
use super::{check_key, check_put_size, known_checksum};

impl Model {
    pub(in super::super) fn put_object(
        &mut self,
        caller: &Caller,
        put: PutObject,
        now: Moment,
    ) -> Result<Response, Fault> {
        let PutObject { bucket: name, key, content, attributes, conditions } = put;
        check_key(&key)?;
        check_put_size(&content)?;
        attributes.check()?;
        let bucket = self.bucket(caller, &name)?;
        let lock = new_lock(bucket, attributes.lock, now)?;
        check_write(&conditions, bucket.current(&key).map(AsRef::as_ref), &key)?;
        let (writer, owner) = (self.account(caller), &bucket.home.account);
        let access = for_new_object(bucket.ownership, owner, writer, attributes.acl.as_deref())?;
        let checksum = Checksum::for_write(&attributes.checksum, &content)?;
        let encryption = self.encryption_for(&name, &attributes.encryption, now)?;
        let serial = self.serials.next();
        let object = ObjectVersion {
            etag: ETag::of(&content, &encryption, serial),
            content,
            last_modified: now.whole_seconds(),
            encryption,
            storage_class: attributes.storage_class.unwrap_or(StorageClass::Standard),
            archive: None,
            restore: None,
            headers: attributes.headers.boxed(),
            metadata: attributes.metadata,
            tags: attributes.tags,
            checksum: Some(Box::new(checksum)),
            parts: None,
            redirect: attributes.redirect.map(Into::into),
            lock,
            annotations: None,
            access,
        };
        let bucket = self.bucket_mut(caller, &name)?;
        Ok(Response::Written(store(bucket, &key, object, serial, None)))
    }
}

/// Stores a version and says what the answer to its writer says.
pub(super) fn store(
    bucket: &mut Bucket,
    key: &str,
    object: ObjectVersion,
    serial: u64,
    source_version_id: Option<VersionId>,
) -> Written {
    let (etag, last_modified) = (object.etag, object.last_modified);
    let encryption = object.encryption.clone();
    let checksum = known_checksum(object.checksum.as_deref());
    let id = bucket.store(key, object, serial);
    Written {
        version_id: bucket.reported(id),
        etag,
        last_modified,
        encryption,
        checksum,
        source_version_id,
    }
}
