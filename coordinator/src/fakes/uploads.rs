//! Copies in parts of one part.

use async_trait::async_trait;
use reseal_core::ports::{
    CopyReceipt, DestinationGuard, PartReceipt, PartRequest, ScratchUploads, UploadId, UploadRef,
    UploadRequest,
};
use reseal_core::{BucketName, ETag, ObjectRef, StoreError, StoreErrorKind};

use super::{FakeCloud, PartsQuirk, Stored, refused};

#[derive(Debug)]
pub(super) struct Upload {
    to: ObjectRef,
    /// What it will be, without a body yet.
    begun: Stored,
}

impl FakeCloud {
    /// An upload of somebody's, or of a probe that was killed.
    pub(crate) fn seed_upload(&self, key: &str, id: &str) {
        let head = reseal_testkit::build::HeadBuilder::new().build();
        let begun = Stored { head, body: Vec::new(), tags: reseal_core::TagSet::new() };
        let bucket = reseal_testkit::build::bucket("bucket");
        let key = reseal_core::ObjectKey::new(key).expect("a key");
        let to = ObjectRef { bucket, key, version: None };
        self.state().uploads.insert(id.to_owned(), Upload { to, begun });
    }

    /// The ids of all uploads that are unfinished.
    pub(crate) fn uploads_left(&self) -> Vec<String> {
        self.state().uploads.keys().cloned().collect()
    }

    pub(super) fn begin_upload(&self, request: &UploadRequest<'_>) -> Result<UploadId, StoreError> {
        self.verb("create")?;
        if self.quirks.parts == PartsQuirk::Unsupported {
            return refused(StoreErrorKind::Unsupported);
        }
        let UploadRequest { to, target, attributes, protection: _, tags } = request;
        let mut begun = self.find(to)?;
        begun.body.clear();
        begun.head.encryption = self.encryption(target);
        begun.head.attributes = (*attributes).clone();
        begun.tags = (*tags).clone();
        if self.quirks.parts == PartsQuirk::LoseMetadata {
            begun.head.attributes.metadata.clear();
        }
        let mut state = self.state();
        state.written += 1;
        let id = format!("upload-{}", state.written);
        state.uploads.insert(id.clone(), Upload { to: (*to).clone(), begun });
        Ok(UploadId(id))
    }

    pub(super) fn put_part(&self, request: &PartRequest<'_>) -> Result<PartReceipt, StoreError> {
        self.verb("part")?;
        let from = self.find(request.from)?;
        let mut state = self.state();
        let Some(upload) = state.uploads.get_mut(&request.upload.id.0) else {
            return refused(StoreErrorKind::UploadGone);
        };
        upload.begun.body = from.body;
        Ok(PartReceipt { number: 1, etag: ETag::new("part"), size: None, checksum: None })
    }

    pub(super) fn end_upload(
        &self,
        upload: &UploadRef<'_>,
        destination: &DestinationGuard,
    ) -> Result<CopyReceipt, StoreError> {
        self.verb("complete")?;
        let id = &upload.id.0;
        if !self.state().uploads.contains_key(id) {
            return refused(StoreErrorKind::UploadGone);
        }
        let now = self.find(upload.object)?.head.etag;
        let quirk = self.quirks.parts;
        let holds = match destination {
            DestinationGuard::ETag(etag) => *etag == now || quirk == PartsQuirk::IgnoreTheGuard,
            DestinationGuard::Unfenced => true,
        };
        if !holds {
            if quirk == PartsQuirk::UseUpTheUpload {
                self.state().uploads.remove(id);
            }
            return refused(StoreErrorKind::PreconditionFailed);
        }
        if quirk == PartsQuirk::NeverComplete {
            return refused(StoreErrorKind::Denied);
        }
        let Some(done) = self.state().uploads.remove(id) else {
            return refused(StoreErrorKind::UploadGone);
        };
        let head = self.store(&done.to.key, done.begun);
        Ok(CopyReceipt {
            etag: head.etag,
            last_modified: None,
            version: head.version,
            source_version: None,
            encryption: None,
        })
    }

    pub(super) fn drop_upload(&self, upload: &UploadRef<'_>) -> Result<(), StoreError> {
        self.verb("abort")?;
        match self.state().uploads.remove(&upload.id.0) {
            Some(_) => Ok(()),
            None => refused(StoreErrorKind::UploadGone),
        }
    }
}

#[async_trait]
impl ScratchUploads for FakeCloud {
    async fn uploads(
        &self,
        _: &BucketName,
        prefix: &str,
    ) -> Result<Vec<(ObjectRef, UploadId)>, StoreError> {
        self.verb("list_uploads")?;
        let state = self.state();
        let within = state.uploads.iter().filter(|(_, u)| u.to.key.as_str().starts_with(prefix));
        Ok(within.map(|(id, u)| (u.to.clone(), UploadId(id.clone()))).collect())
    }
}
