//! What HEAD doesn't tell.

use async_trait::async_trait;
use bytes::Bytes;
use reseal_core::ports::{FirstPart, ObjectDetails};
use reseal_core::{Acl, Checksum, ETag, ObjectRef, RestoreTier, StoreError, TagSet};

use super::errors::{Call, unexpected};
use super::{SandboxPorts, acl, words};
use crate::model::{
    self, AnnotationRef, ChecksumMode, ChecksumRequest, ChecksumType, ChecksumView, Content,
    ListAnnotations, PutAnnotation, ReadObject, Request, Response, RestoreObject, Selection,
    TagCondition,
};

#[async_trait]
impl ObjectDetails for SandboxPorts {
    async fn tags(&self, object: &ObjectRef) -> Result<TagSet, StoreError> {
        let request = Request::GetTagging(words::object_ref(object));
        match self.ask(Call::Read, None, request).await? {
            Response::Tags(_, tags) => Ok(tags.into_iter().collect()),
            _ => Err(unexpected()),
        }
    }

    async fn put_tags(&self, object: &ObjectRef, tags: &TagSet) -> Result<(), StoreError> {
        let tags = tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        let request = Request::PutTagging { object: words::object_ref(object), tags };
        self.ask(Call::Write, None, request).await.map(|_| ())
    }

    async fn acl(&self, object: &ObjectRef) -> Result<Acl, StoreError> {
        let request = Request::GetObjectAcl(words::object_ref(object));
        match self.ask(Call::Read, None, request).await? {
            Response::Acl(view) => Ok(acl::from_view(&view)),
            _ => Err(unexpected()),
        }
    }

    async fn checksum(&self, object: &ObjectRef) -> Result<Option<Checksum>, StoreError> {
        let view = self.look(object, ChecksumMode::Enabled, None).await?;
        Ok(view.checksum.map(|ChecksumView { algorithm, kind, value }| Checksum {
            algorithm: algorithm.as_str().to_owned(),
            full_object: kind == ChecksumType::FullObject,
            value,
        }))
    }

    async fn first_part(&self, object: &ObjectRef) -> Result<Option<FirstPart>, StoreError> {
        let selection = Selection::Part(1);
        let read = ReadObject { selection, ..ReadObject::whole(words::object_ref(object)) };
        match self.ask(Call::Head, None, Request::HeadObject(read)).await? {
            Response::Object(view) => {
                let bytes = view.served.len;
                let parts = view.parts_count.and_then(|count| u32::try_from(count).ok());
                Ok(parts.map(|parts| FirstPart { bytes, parts }))
            }
            _ => Err(unexpected()),
        }
    }

    async fn annotations(&self, object: &ObjectRef) -> Result<Vec<String>, StoreError> {
        let (mut names, mut after) = (Vec::new(), None);
        loop {
            let request = Request::ListAnnotations(ListAnnotations {
                object: words::object_ref(object),
                prefix: String::new(),
                after,
                max: None,
            });
            let Response::Annotations(page) = self.ask(Call::Read, None, request).await? else {
                return Err(unexpected());
            };
            names.extend(page.annotations.into_iter().map(|(name, _)| name));
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(names),
            }
        }
    }

    async fn annotation(&self, object: &ObjectRef, name: &str) -> Result<Vec<u8>, StoreError> {
        let request = Request::GetAnnotation(annotation(object, name));
        match self.ask(Call::Read, None, request).await? {
            Response::Annotation(view) => Ok(view.annotation.text().into_bytes()),
            _ => Err(unexpected()),
        }
    }

    async fn put_annotation(
        &self,
        object: &ObjectRef,
        etag: &ETag,
        name: &str,
        text: &[u8],
    ) -> Result<(), StoreError> {
        let request = Request::PutAnnotation(Box::new(PutAnnotation {
            annotation: annotation(object, name),
            content: Content::inline(Bytes::copy_from_slice(text)),
            checksum: ChecksumRequest::default(),
            object_if_match: Some(TagCondition::Tag(etag.as_str().to_owned())),
        }));
        self.ask(Call::Write, None, request).await.map(|_| ())
    }

    async fn restore(
        &self,
        object: &ObjectRef,
        days: Option<u32>,
        tier: RestoreTier,
    ) -> Result<(), StoreError> {
        let request = Request::RestoreObject(RestoreObject {
            object: words::object_ref(object),
            days,
            tier: model::RestoreTier::parse(tier.as_str()),
        });
        match self.ask(Call::Write, None, request).await {
            Err(error) if error.code != "RestoreAlreadyInProgress" => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

fn annotation(object: &ObjectRef, name: &str) -> AnnotationRef {
    AnnotationRef { object: words::object_ref(object), name: name.to_owned() }
}
