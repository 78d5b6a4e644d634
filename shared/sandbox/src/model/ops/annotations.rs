//! Annotations: put, get, list, delete.

use std::ops::Bound;

use super::super::annotation::{Annotation, MOST_ANNOTATIONS, check};
use super::super::{
    AnnotationPage, AnnotationRef, AnnotationView, Caller, Checksum, Code, DeleteAnnotation, ETag,
    Encryption, Fault, ListAnnotations, Model, Moment, ObjectVersion, PutAnnotation, Response,
    TagCondition,
};
use super::lock::check_removal;
use super::{page_size, show_checksum};

impl Model {
    pub(in super::super) fn put_annotation(
        &mut self,
        caller: &Caller,
        put: PutAnnotation,
        now: Moment,
    ) -> Result<Response, Fault> {
        let PutAnnotation { annotation, content, checksum, object_if_match } = put;
        let AnnotationRef { object: wanted, name } = annotation;
        check(&name, &content)?;
        let bucket = self.bucket(caller, &wanted.bucket)?;
        let found = bucket.find(&wanted.key, wanted.version.as_deref())?;
        check_object(object_if_match.as_ref(), &found.object)?;
        if let Encryption::CustomerKey { .. } = found.object.encryption {
            return Err(Fault::invalid("Objects encrypted with SSE-C cannot have annotations."));
        }
        self.check_decryption(caller, bucket, &found.object.encryption)?;
        let checksum = Checksum::for_write(&checksum, &content)?;
        let serial = self.serials.next();
        let annotation = Annotation {
            etag: ETag::of(&content, &found.object.encryption, serial),
            content,
            last_modified: now.whole_seconds(),
            checksum,
        };
        let bucket = self.bucket_mut(caller, &wanted.bucket)?;
        let (id, object) = bucket.find_mut(&wanted.key, wanted.version.as_deref())?;
        let encryption = object.encryption.clone();
        let all = object.annotations.get_or_insert_default();
        if all.len() >= MOST_ANNOTATIONS && !all.contains_key(&name) {
            return Err(Fault::new(
                Code::AnnotationLimitExceeded,
                "The request would exceed the maximum number of annotations allowed per object.",
            ));
        }
        all.insert(name.clone(), annotation.clone());
        let version_id = bucket.reported(id);
        let checksum = Some(show_checksum(&annotation.checksum, &annotation.content));
        let view = AnnotationView { version_id, name, annotation, checksum, encryption };
        Ok(Response::AnnotationWritten(Box::new(view)))
    }

    pub(in super::super) fn annotation(
        &self,
        caller: &Caller,
        wanted: &AnnotationRef,
    ) -> Result<Response, Fault> {
        let AnnotationRef { object: wanted, name } = wanted;
        let bucket = self.bucket(caller, &wanted.bucket)?;
        let found = bucket.find(&wanted.key, wanted.version.as_deref())?;
        let annotations = found.object.annotations.as_deref();
        let annotation = annotations.and_then(|all| all.get(name)).ok_or_else(|| {
            Fault::new(Code::NoSuchAnnotation, "The specified annotation does not exist.")
                .with("AnnotationName", name)
        })?;
        self.check_decryption(caller, bucket, &found.object.encryption)?;
        Ok(Response::Annotation(Box::new(AnnotationView {
            version_id: bucket.reported(found.id),
            name: name.clone(),
            annotation: annotation.clone(),
            checksum: Some(show_checksum(&annotation.checksum, &annotation.content)),
            encryption: found.object.encryption.clone(),
        })))
    }

    pub(in super::super) fn list_annotations(
        &self,
        caller: &Caller,
        list: &ListAnnotations,
    ) -> Result<Response, Fault> {
        let ListAnnotations { object: wanted, prefix, after, max } = list;
        let bucket = self.bucket(caller, &wanted.bucket)?;
        let found = bucket.find(&wanted.key, wanted.version.as_deref())?;
        let mut page = AnnotationPage {
            version_id: bucket.reported(found.id),
            annotations: Vec::new(),
            next: None,
        };
        if let Some(all) = found.object.annotations.as_deref() {
            let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let mut rest = all
                .range::<str, _>((from, Bound::Unbounded))
                .filter(|(name, _)| name.starts_with(prefix.as_str()));
            let taken = rest.by_ref().take(page_size(*max));
            page.annotations = taken.map(|(name, one)| (name.clone(), one.clone())).collect();
            page.next = rest.next().and(page.annotations.last()).map(|(name, _)| name.clone());
        }
        Ok(Response::Annotations(page))
    }

    pub(in super::super) fn delete_annotation(
        &mut self,
        caller: &Caller,
        delete: &DeleteAnnotation,
        now: Moment,
    ) -> Result<Response, Fault> {
        let DeleteAnnotation { annotation, object_if_match } = delete;
        let AnnotationRef { object: wanted, name } = annotation;
        let bucket = self.bucket_mut(caller, &wanted.bucket)?;
        let (id, object) = bucket.find_mut(&wanted.key, wanted.version.as_deref())?;
        check_object(object_if_match.as_ref(), object)?;
        check_removal(object, caller.bypass_governance, now)?;
        if let Some(all) = object.annotations.as_deref_mut() {
            all.remove(name);
            if all.is_empty() {
                object.annotations = None;
            }
        }
        Ok(Response::AnnotationDeleted(bucket.reported(id)))
    }
}

fn check_object(condition: Option<&TagCondition>, object: &ObjectVersion) -> Result<(), Fault> {
    match condition {
        Some(tag) if !tag.matches(&object.etag) => {
            Err(Fault::precondition("x-amz-object-if-match"))
        }
        _ => Ok(()),
    }
}
