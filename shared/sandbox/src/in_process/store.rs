//! The data path.

use async_trait::async_trait;
use reseal_core::ports::{
    CopyReceipt, CopyRequest, CopyTags, DestinationGuard, ObjectStore, PartReceipt, PartRequest,
    UploadId, UploadRef, UploadRequest,
};
use reseal_core::{KmsTarget, ObjectHead, ObjectRef, StoreError};

use super::errors::{Call, unexpected};
use super::{SandboxPorts, words};
use crate::model::{
    AnnotationDirective, ChecksumMode, ChecksumRequest, ChecksumView, CompleteUpload,
    CompletedPart, CopyObject, CopySource, Directive, ObjectView, ReadObject, Request, Response,
    UpdateEncryption, UploadPartCopy, UploadRef as ModelUpload, Written,
};

impl SandboxPorts {
    pub(super) async fn look(
        &self,
        object: &ObjectRef,
        checksum_mode: ChecksumMode,
        target_key: Option<&str>,
    ) -> Result<ObjectView, StoreError> {
        let read = ReadObject { checksum_mode, ..ReadObject::whole(words::object_ref(object)) };
        match self.ask(Call::Head, target_key, Request::HeadObject(read)).await? {
            Response::Object(view) => Ok(view),
            _ => Err(unexpected()),
        }
    }

    async fn write(
        &self,
        target_key: Option<&str>,
        request: Request,
    ) -> Result<Written, StoreError> {
        match self.ask(Call::Write, target_key, request).await? {
            Response::Written(written) | Response::Part(written) => Ok(written),
            _ => Err(unexpected()),
        }
    }
}

fn upload_ref(upload: &UploadRef<'_>) -> ModelUpload {
    let UploadRef { object, id } = upload;
    ModelUpload {
        bucket: object.bucket.as_str().to_owned(),
        key: object.key.as_str().to_owned(),
        upload_id: id.0.clone(),
    }
}

fn named_checksum(checksum: Option<ChecksumView>) -> Option<(String, String)> {
    checksum.map(|ChecksumView { algorithm, kind: _, value }| {
        (format!("Checksum{}", algorithm.as_str()), value)
    })
}

fn completed(parts: &[PartReceipt]) -> Vec<CompletedPart> {
    let mut parts: Vec<_> = parts
        .iter()
        .map(|PartReceipt { number, etag, size: _, checksum }| CompletedPart {
            number: *number,
            etag: etag.as_str().to_owned(),
            checksum: checksum.as_ref().map(|(_, value)| value.clone()),
        })
        .collect();
    // S3 wants the parts in order; copies finish in any.
    parts.sort_by_key(|part| part.number);
    parts
}

#[async_trait]
impl ObjectStore for SandboxPorts {
    async fn head(&self, object: &ObjectRef) -> Result<ObjectHead, StoreError> {
        Ok(words::object_head(&self.look(object, ChecksumMode::Off, None).await?))
    }

    async fn update_encryption(
        &self,
        object: &ObjectRef,
        target: &KmsTarget,
    ) -> Result<(), StoreError> {
        let KmsTarget { key, bucket_key } = target;
        let request = Request::UpdateEncryption(UpdateEncryption {
            object: words::object_ref(object),
            key_arn: key.as_str().to_owned(),
            bucket_key: Some(*bucket_key),
        });
        self.ask(Call::Update, Some(key.as_str()), request).await.map(|_| ())
    }

    async fn copy(&self, request: &CopyRequest<'_>) -> Result<CopyReceipt, StoreError> {
        let CopyRequest {
            from,
            to,
            size: _,
            source,
            destination,
            target,
            attributes,
            protection,
            tags,
        } = request;
        let mut restated = words::restated_on_copy(attributes, protection, target)?;
        let tagging = match tags {
            CopyTags::Keep => Directive::Copy,
            CopyTags::Replace(tags) => {
                restated.tags = tags.clone().into_iter().collect();
                Directive::Replace
            }
        };
        let copy = CopyObject {
            bucket: to.bucket.as_str().to_owned(),
            key: to.key.as_str().to_owned(),
            source: CopySource {
                // Not pinned to a version: that would bring back an older one.
                object: words::object_ref(&from.current()),
                conditions: words::source_conditions(source),
                customer_key_md5: None,
            },
            conditions: words::write_conditions(destination),
            metadata: Directive::Copy,
            tagging,
            annotations: AnnotationDirective::Copy,
            attributes: restated,
        };
        let key = target.key().map(reseal_core::KeyArn::as_str);
        let written = self.write(key, Request::CopyObject(Box::new(copy))).await?;
        Ok(CopyReceipt {
            etag: words::etag(&written.etag),
            last_modified: Some(words::timestamp(written.last_modified)),
            version: words::version(written.version_id),
            source_version: words::version(written.source_version_id),
            encryption: Some(words::encryption(&written.encryption)),
        })
    }

    async fn create_upload(&self, request: &UploadRequest<'_>) -> Result<UploadId, StoreError> {
        let UploadRequest { to, target, attributes, protection, tags } = request;
        let key = target.key().map(reseal_core::KeyArn::as_str);
        let request = Request::CreateUpload {
            bucket: to.bucket.as_str().to_owned(),
            key: to.key.as_str().to_owned(),
            attributes: Box::new(words::restated_on_upload(attributes, protection, target, tags)?),
        };
        match self.ask(Call::Write, key, request).await? {
            Response::UploadStarted(started) => Ok(UploadId(started.upload_id)),
            _ => Err(unexpected()),
        }
    }

    async fn copy_part(&self, request: &PartRequest<'_>) -> Result<PartReceipt, StoreError> {
        let PartRequest { upload, from, target, source, range } = request;
        let part = UploadPartCopy {
            upload: upload_ref(upload),
            number: range.number,
            source: CopySource {
                object: words::object_ref(from),
                conditions: words::source_conditions(source),
                customer_key_md5: None,
            },
            range: Some((range.first, range.last)),
        };
        let key = target.key().map(reseal_core::KeyArn::as_str);
        let written = self.write(key, Request::UploadPartCopy(part)).await?;
        Ok(PartReceipt {
            number: range.number,
            etag: words::etag(&written.etag),
            size: None,
            checksum: named_checksum(written.checksum),
        })
    }

    async fn list_parts(&self, upload: &UploadRef<'_>) -> Result<Vec<PartReceipt>, StoreError> {
        let (mut parts, mut marker) = (Vec::new(), 0);
        loop {
            let request = Request::ListParts { upload: upload_ref(upload), marker, max: None };
            let Response::Parts(page) = self.ask(Call::Read, None, request).await? else {
                return Err(unexpected());
            };
            parts.extend(page.parts.into_iter().map(|part| PartReceipt {
                number: part.number,
                etag: words::etag(&part.etag),
                size: Some(part.size),
                checksum: named_checksum(part.checksum),
            }));
            match page.next {
                Some(next) => marker = next,
                None => return Ok(parts),
            }
        }
    }

    async fn complete_upload(
        &self,
        upload: &UploadRef<'_>,
        parts: &[PartReceipt],
        size: u64,
        destination: DestinationGuard,
    ) -> Result<CopyReceipt, StoreError> {
        let request = Request::CompleteUpload(CompleteUpload {
            upload: upload_ref(upload),
            parts: completed(parts),
            conditions: words::write_conditions(&destination),
            size: Some(size),
            checksum: ChecksumRequest::default(),
        });
        let written = self.write(None, request).await?;
        Ok(CopyReceipt {
            etag: words::etag(&written.etag),
            // The real answer tells neither a date nor the source.
            last_modified: None,
            version: words::version(written.version_id),
            source_version: None,
            encryption: Some(words::encryption(&written.encryption)),
        })
    }

    async fn abort_upload(&self, upload: &UploadRef<'_>) -> Result<(), StoreError> {
        let request = Request::AbortUpload(upload_ref(upload));
        self.ask(Call::Write, None, request).await.map(|_| ())
    }
}
