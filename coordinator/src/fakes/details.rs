//! What HEAD doesn't tell, as far as the coordinator asks for it.

use async_trait::async_trait;
use reseal_core::ports::{FirstPart, ObjectDetails};
use reseal_core::{
    Acl, Checksum, ETag, ObjectRef, RestoreTier, StoreError, StoreErrorKind, TagSet,
};

use super::{FakeCloud, refused};

#[async_trait]
impl ObjectDetails for FakeCloud {
    async fn tags(&self, object: &ObjectRef) -> Result<TagSet, StoreError> {
        self.verb("tags")?;
        Ok(self.find(object)?.tags)
    }

    async fn put_tags(&self, _: &ObjectRef, _: &TagSet) -> Result<(), StoreError> {
        refused(StoreErrorKind::Unsupported)
    }

    async fn acl(&self, _: &ObjectRef) -> Result<Acl, StoreError> {
        refused(StoreErrorKind::Unsupported)
    }

    async fn checksum(&self, _: &ObjectRef) -> Result<Option<Checksum>, StoreError> {
        Ok(None)
    }

    async fn first_part(&self, _: &ObjectRef) -> Result<Option<FirstPart>, StoreError> {
        Ok(None)
    }

    async fn annotations(&self, _: &ObjectRef) -> Result<Vec<String>, StoreError> {
        self.verb("annotations")?;
        Ok(Vec::new())
    }

    async fn annotation(&self, _: &ObjectRef, _: &str) -> Result<Vec<u8>, StoreError> {
        refused(StoreErrorKind::Unsupported)
    }

    async fn put_annotation(
        &self,
        _: &ObjectRef,
        _: &ETag,
        _: &str,
        _: &[u8],
    ) -> Result<(), StoreError> {
        refused(StoreErrorKind::Unsupported)
    }

    async fn restore(
        &self,
        _: &ObjectRef,
        _: Option<u32>,
        _: RestoreTier,
    ) -> Result<(), StoreError> {
        refused(StoreErrorKind::Unsupported)
    }
}
