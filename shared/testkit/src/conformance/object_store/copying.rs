//! What sentences prepare again and again, and copies with their defaults.

use reseal_core::ports::{CopyReceipt, CopyRequest, CopyTags, DestinationGuard, SourceGuard};
use reseal_core::{
    Attributes, BucketName, ETag, Encryption, KmsTarget, ObjectHead, ObjectRef, Protection,
    StoreError, Target,
};

use super::{BucketKind, Doubt, Seed, World, done};

/// An entity tag that no object has.
pub(super) fn no_such_etag() -> ETag {
    ETag::new("00000000000000000000000000000000")
}

pub(super) fn kms(target: &Target) -> Result<&KmsTarget, Doubt> {
    match target {
        Target::SseKms(kms) => Ok(kms),
        other => Err(Doubt::CannotBeAsked(format!("{other} is no SSE-KMS"))),
    }
}

/// What HEAD says of an object at this target.
pub(super) fn under(target: &Target) -> Encryption {
    match target {
        Target::SseS3 => Encryption::SseS3,
        Target::SseKms(KmsTarget { key, bucket_key }) => {
            Encryption::SseKms { key: Some(key.to_string()), bucket_key: *bucket_key }
        }
        Target::DsseKms { key } => Encryption::DsseKms { key: Some(key.to_string()) },
    }
}

impl World {
    pub(super) async fn bucket(&self, kind: BucketKind) -> Result<BucketName, Doubt> {
        self.seeder.bucket(kind).await
    }

    /// A fresh key, without its bucket key: not every world tells of these.
    pub(super) async fn target(&self) -> Result<Target, Doubt> {
        let key = self.seeder.key().await?;
        Ok(Target::SseKms(KmsTarget { key, bucket_key: false }))
    }

    pub(super) async fn put(&self, seed: Seed) -> Result<ObjectRef, Doubt> {
        self.seeder.put(seed).await
    }

    /// A short text in a bucket of its own.
    pub(super) async fn text(&self, kind: BucketKind) -> Result<ObjectRef, Doubt> {
        let bucket = self.bucket(kind).await?;
        Ok(self.put(Seed::new(&bucket, "text")).await?.current())
    }

    pub(super) async fn head(&self, object: &ObjectRef) -> Result<ObjectHead, Doubt> {
        done(self.store.head(object).await, "HEAD")
    }
}

/// A copy, guarded on both ends by what HEAD said.
pub(super) struct Copying<'w> {
    world: &'w World,
    pub(super) from: ObjectRef,
    pub(super) to: ObjectRef,
    pub(super) head: ObjectHead,
    pub(super) target: Target,
    pub(super) source: SourceGuard,
    pub(super) destination: DestinationGuard,
    pub(super) attributes: Attributes,
    pub(super) protection: Protection,
    pub(super) tags: CopyTags,
}

impl<'w> Copying<'w> {
    /// Of an object onto itself, to a fresh key.
    pub(super) async fn onto_itself(world: &'w World, object: &ObjectRef) -> Result<Self, Doubt> {
        let head = world.head(object).await?;
        Ok(Self {
            world,
            from: object.current(),
            to: object.current(),
            target: world.target().await?,
            source: SourceGuard::ETag(head.etag.clone()),
            destination: DestinationGuard::ETag(head.etag.clone()),
            attributes: head.attributes.clone(),
            protection: Protection::default(),
            tags: CopyTags::Keep,
            head,
        })
    }

    pub(super) async fn send(&self) -> Result<CopyReceipt, StoreError> {
        let request = CopyRequest {
            from: &self.from,
            to: &self.to,
            size: self.head.size,
            source: self.source.clone(),
            destination: self.destination.clone(),
            target: &self.target,
            attributes: &self.attributes,
            protection: &self.protection,
            tags: self.tags.clone(),
        };
        self.world.store.copy(&request).await
    }

    /// Sends it, demands success, and looks at what it made.
    pub(super) async fn made(&self) -> Result<ObjectHead, Doubt> {
        done(self.send().await, "a copy")?;
        self.world.head(&self.to).await
    }

    /// Demands that nothing happened to the destination, as far as HEAD tells.
    pub(super) async fn left_it_alone(&self) -> Result<(), Doubt> {
        super::same(&self.world.head(&self.to).await?, &self.head, "the object afterwards")
    }
}
