//! Copies in parts, with their defaults.

use reseal_core::ports::{
    CopyReceipt, DestinationGuard, PartReceipt, PartRequest, SourceGuard, UploadId, UploadRef,
    UploadRequest,
};
use reseal_core::{
    Attributes, ObjectHead, ObjectRef, PartPlan, PartRange, PartSizing, Protection, StoreError,
    TagSet, Target,
};

use super::{BucketKind, Content, Doubt, Seed, World, done};

pub(super) const MIB: u64 = 1 << 20;

/// A copy of an object onto itself in parts of 5 MiB.
pub(super) struct Uploading<'w> {
    pub(super) world: &'w World,
    pub(super) object: ObjectRef,
    pub(super) head: ObjectHead,
    pub(super) target: Target,
    pub(super) attributes: Attributes,
    pub(super) protection: Protection,
    pub(super) tags: TagSet,
}

/// One that was begun.
pub(super) struct Begun<'w> {
    of: Uploading<'w>,
    pub(super) id: UploadId,
}

impl World {
    /// 12 MiB in a bucket of their own: two full parts, and a smaller one.
    pub(super) async fn large(&self, kind: BucketKind) -> Result<ObjectRef, Doubt> {
        let bucket = self.bucket(kind).await?;
        Ok(self.put(large(Seed::new(&bucket, "large"))).await?.current())
    }
}

/// The same with 12 MiB.
pub(super) fn large(seed: Seed) -> Seed {
    Seed { content: Content::Bytes(12 * MIB), ..seed }
}

impl<'w> Uploading<'w> {
    pub(super) async fn of(world: &'w World, object: &ObjectRef) -> Result<Self, Doubt> {
        let head = world.head(object).await?;
        Ok(Self {
            world,
            object: object.current(),
            target: world.target().await?,
            attributes: head.attributes.clone(),
            protection: Protection::default(),
            tags: TagSet::new(),
            head,
        })
    }

    pub(super) async fn try_to_begin(&self) -> Result<UploadId, StoreError> {
        let request = UploadRequest {
            to: &self.object,
            target: &self.target,
            attributes: &self.attributes,
            protection: &self.protection,
            tags: &self.tags,
        };
        self.world.store.create_upload(&request).await
    }

    pub(super) async fn begin(self) -> Result<Begun<'w>, Doubt> {
        let id = done(self.try_to_begin().await, "CreateMultipartUpload")?;
        Ok(Begun { of: self, id })
    }

    /// From the beginning to the end, and what HEAD says then.
    pub(super) async fn made(self) -> Result<ObjectHead, Doubt> {
        let begun = self.begin().await?;
        let parts = begun.copy_all().await?;
        done(begun.complete(&parts).await, "CompleteMultipartUpload")?;
        begun.of.world.head(&begun.of.object).await
    }
}

impl Begun<'_> {
    pub(super) fn head(&self) -> &ObjectHead {
        &self.of.head
    }

    pub(super) fn target(&self) -> &Target {
        &self.of.target
    }

    pub(super) fn upload(&self) -> UploadRef<'_> {
        UploadRef { object: &self.of.object, id: &self.id }
    }

    pub(super) fn ranges(&self) -> Result<Vec<PartRange>, Doubt> {
        let plan = PartPlan::new(self.of.head.size, PartSizing { preferred: 5 * MIB });
        plan.map(|plan| plan.ranges().collect()).map_err(|e| Doubt::CannotBeAsked(e.to_string()))
    }

    /// Pinned to the version that HEAD named, where it named one.
    pub(super) async fn copy_part(
        &self,
        range: PartRange,
        source: SourceGuard,
    ) -> Result<PartReceipt, StoreError> {
        let request = PartRequest {
            upload: self.upload(),
            from: &self.of.object.at(self.of.head.version.clone()),
            target: &self.of.target,
            source,
            range,
        };
        self.of.world.store.copy_part(&request).await
    }

    pub(super) fn guard(&self) -> SourceGuard {
        SourceGuard::ETag(self.of.head.etag.clone())
    }

    pub(super) async fn copy_all(&self) -> Result<Vec<PartReceipt>, Doubt> {
        let mut parts = Vec::new();
        for range in self.ranges()? {
            parts.push(done(self.copy_part(range, self.guard()).await, "UploadPartCopy")?);
        }
        Ok(parts)
    }

    pub(super) async fn complete(&self, parts: &[PartReceipt]) -> Result<CopyReceipt, StoreError> {
        let guard = DestinationGuard::ETag(self.of.head.etag.clone());
        self.complete_as(parts, self.of.head.size, guard).await
    }

    pub(super) async fn complete_as(
        &self,
        parts: &[PartReceipt],
        size: u64,
        guard: DestinationGuard,
    ) -> Result<CopyReceipt, StoreError> {
        self.of.world.store.complete_upload(&self.upload(), parts, size, guard).await
    }

    /// Demands that the object is as it was, as far as HEAD tells.
    pub(super) async fn left_it_alone(&self) -> Result<(), Doubt> {
        let now = self.of.world.head(&self.of.object).await?;
        super::same(&now, &self.of.head, "the object before completion")
    }
}
