//! CopyObject: what it keeps, what it resets, when it is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::acl::for_new_object;
use super::super::bucket::Found;
use super::super::conditions::{check_source, check_write};
use super::super::{
    Annotation, AnnotationDirective, Annotations, Caller, Checksum, ChecksumAlgorithm,
    ChecksumRequest, ChecksumType, Code, ContentHeaders, CopyObject, CopySource, Directive, ETag,
    Encryption, Fault, Model, Moment, ObjectVersion, Response, StorageClass, TagSet, VersionId,
    WriteAttributes,
};
use super::check_key;
use super::lock::new_lock;
use super::write::store;

/// A source that may be read, with its version as the answer tells it.
pub(super) struct Source {
    pub(super) object: Arc<ObjectVersion>,
    pub(super) reported: Option<VersionId>,
    is_current: bool,
}

impl Model {
    pub(in super::super) fn copy_object(
        &mut self,
        caller: &Caller,
        copy: CopyObject,
        now: Moment,
    ) -> Result<Response, Fault> {
        check_key(&copy.key)?;
        copy.attributes.check()?;
        let destination = self.bucket(caller, &copy.bucket)?;
        let source = self.open_source(caller, &copy.source, now)?;
        self.check_copy_size(&source.object)?;
        check_changes_something(&copy, &source)?;
        self.check_carried_on_order(&copy, &source.object)?;
        let lock = new_lock(destination, copy.attributes.lock.clone(), now)?;
        let (writer, owner) = (self.account(caller), &destination.home.account);
        let acl = copy.attributes.acl.as_deref();
        let access = for_new_object(destination.ownership, owner, writer, acl)?;
        let current = destination.current(&copy.key).map(AsRef::as_ref);
        check_write(&copy.conditions, current, &copy.key)?;
        let encryption = self.encryption_for(&copy.bucket, &copy.attributes.encryption, now)?;
        let serial = self.serials.next();
        let object = {
            let CopyObject { metadata, tagging, annotations, attributes, .. } = copy;
            let original = &source.object;
            let annotations = copied_annotations(annotations, original, &encryption, serial, now)?;
            let described = Description::choose(metadata, tagging, &attributes, original);
            let WriteAttributes { storage_class, redirect, checksum, .. } = attributes;
            ObjectVersion {
                content: original.content.clone(),
                etag: ETag::of(&original.content, &encryption, serial),
                last_modified: now.whole_seconds(),
                encryption,
                storage_class: storage_class.unwrap_or(StorageClass::Standard),
                archive: None,
                restore: None,
                headers: described.headers,
                metadata: described.metadata,
                tags: described.tags,
                checksum: Some(Box::new(copied_checksum(&checksum, original))),
                parts: None,
                redirect: redirect.map(Into::into),
                lock,
                annotations,
                access,
            }
        };
        let bucket = self.bucket_mut(caller, &copy.bucket)?;
        Ok(Response::Written(store(bucket, &copy.key, object, serial, source.reported)))
    }

    /// Finds the source of a copy and checks all that concerns the source alone.
    pub(super) fn open_source(
        &self,
        caller: &Caller,
        source: &CopySource,
        now: Moment,
    ) -> Result<Source, Fault> {
        let CopySource { object: wanted, conditions, customer_key_md5 } = source;
        let bucket = self.source_bucket(caller, &wanted.bucket)?;
        let found = bucket.find(&wanted.key, wanted.version.as_deref());
        let Found { id, object } = found.map_err(hide_marker)?;
        object.encryption.check_customer_key(customer_key_md5.as_deref())?;
        check_source(conditions, &object)?;
        object.check_active(now)?;
        self.check_decryption(caller, bucket, &object.encryption)?;
        let is_current = bucket.current(&wanted.key).is_some_and(|now| Arc::ptr_eq(now, &object));
        Ok(Source { object, reported: bucket.reported(id), is_current })
    }

    /// What is denied on order by itself is denied as part of a copy, too.
    fn check_carried_on_order(
        &self,
        copy: &CopyObject,
        source: &ObjectVersion,
    ) -> Result<(), Fault> {
        let denied = |reading, writing| {
            self.controls.denies(&copy.source.object.bucket, reading)
                || self.controls.denies(&copy.bucket, writing)
        };
        let tags = copy.tagging == Directive::Copy && !source.tags.is_empty();
        let annotations =
            copy.annotations == AnnotationDirective::Copy && source.annotations.is_some();
        if (tags && denied("GetObjectTagging", "PutObjectTagging"))
            || (annotations && denied("GetObjectAnnotation", "PutObjectAnnotation"))
        {
            return Err(Fault::access_denied());
        }
        Ok(())
    }

    fn check_copy_size(&self, source: &ObjectVersion) -> Result<(), Fault> {
        let limit = self.settings.single_copy_limit;
        if source.content.len() > limit {
            return Err(Fault::invalid(format!(
                "The specified copy source is larger than the maximum allowable size for a copy \
                 source: {limit}"
            )));
        }
        Ok(())
    }
}

/// A copy may not name a delete marker, and says so in words of its own.
fn hide_marker(fault: Fault) -> Fault {
    match fault.code {
        Code::MethodNotAllowed => Fault::invalid(
            "The source of a copy request may not specifically refer to a delete marker by \
             version id.",
        ),
        _ => Fault { marker: None, ..fault },
    }
}

fn check_changes_something(copy: &CopyObject, source: &Source) -> Result<(), Fault> {
    let from = &copy.source.object;
    let onto_itself = source.is_current && from.bucket == copy.bucket && from.key == copy.key;
    let changes = copy.metadata == Directive::Replace
        || copy.attributes.storage_class.is_some()
        || copy.attributes.redirect.is_some()
        || copy.attributes.encryption.is_sent();
    if onto_itself && !changes {
        return Err(Fault::invalid(
            "This copy request is illegal because it is trying to copy an object to itself \
             without changing the object's metadata, storage class, website redirect location or \
             encryption attributes.",
        ));
    }
    Ok(())
}

/// The attributes that follow the directives.
struct Description {
    headers: Option<Box<ContentHeaders>>,
    metadata: BTreeMap<String, String>,
    tags: TagSet,
}

impl Description {
    fn choose(
        metadata: Directive,
        tagging: Directive,
        sent: &WriteAttributes,
        source: &ObjectVersion,
    ) -> Self {
        let (headers, metadata) = match metadata {
            Directive::Copy => (source.headers.clone(), source.metadata.clone()),
            Directive::Replace => (sent.headers.clone().boxed(), sent.metadata.clone()),
        };
        let tags = match tagging {
            Directive::Copy => source.tags.clone(),
            Directive::Replace => sent.tags.clone(),
        };
        Self { headers, metadata, tags }
    }
}

/// The annotations that go along: all of them or none.
fn copied_annotations(
    directive: AnnotationDirective,
    source: &ObjectVersion,
    encryption: &Encryption,
    serial: u64,
    now: Moment,
) -> Result<Option<Box<Annotations>>, Fault> {
    let Some(all) = source.annotations.as_deref() else { return Ok(None) };
    match (directive, encryption) {
        (AnnotationDirective::Exclude, _) => Ok(None),
        (AnnotationDirective::Copy, Encryption::CustomerKey { .. }) => {
            Err(Fault::invalid("Objects encrypted with SSE-C cannot have annotations."))
        }
        (AnnotationDirective::Copy, _) => {
            let copied = |(name, one): (&String, &Annotation)| {
                (name.clone(), one.copied(encryption, serial, now))
            };
            Ok(Some(Box::new(all.iter().map(copied).collect())))
        }
    }
}

/// A composite checksum becomes one of the full object; an object without any gains S3's own.
fn copied_checksum(asked: &ChecksumRequest, source: &ObjectVersion) -> Checksum {
    match (asked.algorithm, source.checksum.as_deref()) {
        (Some(asked), Some(have))
            if have.algorithm == asked && have.kind == ChecksumType::FullObject =>
        {
            have.clone()
        }
        (Some(asked), _) => Checksum::derived(asked),
        (None, Some(have)) if have.kind == ChecksumType::FullObject => have.clone(),
        (None, Some(have)) => Checksum::derived(have.algorithm),
        (None, None) => Checksum::derived(ChecksumAlgorithm::Crc64Nvme),
    }
}
