//! UpdateObjectEncryption: another key around the same data key, and nothing
//! else.

use reseal_core::ports::KeyStatus;
use reseal_core::{
    ArchiveState, Encryption, KeyTrouble, KmsTarget, ObjectHead, ObjectRef, StoreErrorKind, Target,
};

use super::copying::{kms, under};
use super::keeps::{rich, tag_set};
use super::protected::locked;
use super::{
    BucketKind, Doubt, Probe, Seed, Semantic, Verdict, World, done, refused, same, semantic,
};

const TRIED: Probe = Probe::Tries(
    "UpdateObjectEncryption: encryption, bytes, size, entity tag and version of a scratch object afterwards",
);
const PLANNED: Probe = Probe::No(
    "such objects are told by HEAD; a refusal is followed by the next action of the table",
);

pub(super) const SENTENCES: &[Semantic] = &[
    semantic!(
        "update-changes-encryption-alone",
        "an update from SSE-S3 and from SSE-KMS changes the encryption; entity tag, date, version, class, metadata, tags, checksum and bytes stay",
        TRIED,
        encryption_alone
    ),
    semantic!(
        "update-bucket-key",
        "an update sets the bucket-key state that it names, on or off",
        Probe::Tries(
            "UpdateObjectEncryption: the state that the target names, where HEAD tells any"
        ),
        bucket_key
    ),
    semantic!(
        "update-of-a-version",
        "an update of a named version leaves the current one as it is",
        Probe::No("the version is named and looked at afterwards"),
        old_version
    ),
    semantic!(
        "update-of-archived",
        "an archived object can be updated, and stays archived",
        Probe::No("a refusal is followed by the next action of the table"),
        archived
    ),
    semantic!(
        "update-of-unencrypted",
        "an update of an unencrypted object is refused as such",
        PLANNED,
        unencrypted
    ),
    semantic!(
        "update-of-dsse",
        "an update of an object under DSSE-KMS is refused as such",
        PLANNED,
        dsse
    ),
    semantic!("update-of-locked", "an update of a locked object is refused as such", PLANNED, held),
    semantic!(
        "update-foreign-key",
        "an update to a key of another account is refused as such",
        Probe::No("the key's account is known: update isn't tried then"),
        foreign_key
    ),
    semantic!(
        "update-key-disabled",
        "an update to a disabled key is refused with trouble of that key",
        Probe::No("the key's state is asked for first, and the first such refusal pauses the job"),
        disabled
    ),
    semantic!(
        "update-of-nothing",
        "an update where nothing is, or nothing any more, is refused as gone",
        Probe::No("a HEAD comes before every attempt"),
        gone
    ),
];

async fn update(world: &World, object: &ObjectRef, to: &Target) -> Result<ObjectHead, Doubt> {
    done(world.store.update_encryption(object, kms(to)?).await, "UpdateObjectEncryption")?;
    world.head(object).await
}

async fn encryption_alone(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Versioned).await?;
    let old =
        Encryption::SseKms { key: Some(world.seeder.key().await?.to_string()), bucket_key: false };
    for encryption in [Encryption::SseS3, old] {
        let tags = tag_set(&[("t", "1")]);
        let attributes = rich("STANDARD_IA");
        let seed = Seed { encryption, tags, attributes, ..Seed::new(&bucket, "updated") };
        let object = world.put(seed).await?;
        let (before, target) = (world.head(&object).await?, world.target().await?);
        let (tags, sum) = (world.store.tags(&object).await?, world.store.checksum(&object).await?);
        let bytes = world.seeder.bytes(&object).await?;
        let after = update(world, &object, &target).await?;
        same(&world.seeder.bytes(&object).await?, &bytes, "the bytes")?;
        same(&after, &ObjectHead { encryption: under(&target), ..before }, "the object")?;
        same(&world.store.tags(&object).await?, &tags, "the tags")?;
        same(&world.store.checksum(&object).await?, &sum, "the checksum")?;
    }
    Ok(())
}

async fn bucket_key(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    for bucket_key in [true, false] {
        let target = world.target().await?;
        let target = Target::SseKms(KmsTarget { bucket_key, ..kms(&target)?.clone() });
        let after = update(world, &object, &target).await?;
        same(&after.encryption, &under(&target), "the object")?;
    }
    Ok(())
}

async fn old_version(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Versioned).await?;
    let old = world.put(Seed::new(&bucket, "text")).await?;
    let current = world.put(Seed::new(&bucket, "text")).await?;
    let (before, target) = (world.head(&current).await?, world.target().await?);
    same(&update(world, &old, &target).await?.encryption, &under(&target), "the old version")?;
    same(&world.head(&current).await?, &before, "the current version")
}

async fn archived(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let seed = Seed { attributes: rich("GLACIER"), ..Seed::new(&bucket, "frozen") };
    let object = world.put(seed).await?.current();
    let target = world.target().await?;
    let after = update(world, &object, &target).await?;
    same(&after.encryption, &under(&target), "the object")?;
    same(&after.archive, &ArchiveState::Archived, "its state")
}

async fn refuses(world: &World, object: &ObjectRef, kind: StoreErrorKind) -> Verdict {
    let (before, target) = (world.head(object).await?, world.target().await?);
    let sent = world.store.update_encryption(object, kms(&target)?).await;
    refused(&sent, kind, "the update")?;
    same(&world.head(object).await?, &before, "the object afterwards")
}

async fn unencrypted(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let seed = Seed { encryption: Encryption::None, ..Seed::new(&bucket, "text") };
    let object = world.put(seed).await?.current();
    refuses(world, &object, StoreErrorKind::UpdateRefused).await
}

async fn dsse(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let key = Some(world.seeder.key().await?.to_string());
    let seed = Seed { encryption: Encryption::DsseKms { key }, ..Seed::new(&bucket, "text") };
    let object = world.put(seed).await?.current();
    refuses(world, &object, StoreErrorKind::UpdateRefused).await
}

async fn held(world: &World) -> Verdict {
    let somewhere = world.bucket(BucketKind::Plain).await?;
    let (object, _) = locked(world, Seed::new(&somewhere, "locked")).await?;
    refuses(world, &object, StoreErrorKind::UpdateRefused).await
}

async fn foreign_key(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let target = KmsTarget { key: world.seeder.foreign_key().await?, bucket_key: true };
    let sent = world.store.update_encryption(&object, &target).await;
    refused(&sent, StoreErrorKind::UpdateRefused, "the update")
}

async fn disabled(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let target = KmsTarget { key: world.seeder.key().await?, bucket_key: true };
    world.seeder.set_key(&target.key, KeyStatus::Disabled).await?;
    let sent = world.store.update_encryption(&object, &target).await;
    refused(&sent, StoreErrorKind::Key(KeyTrouble::Disabled), "the update")
}

async fn gone(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Versioned).await?;
    let target = world.target().await?;
    let deleted = world.put(Seed::new(&bucket, "deleted")).await?.current();
    world.seeder.delete(&deleted).await?;
    let never = world.text(BucketKind::Plain).await?;
    world.seeder.delete(&never).await?;
    for object in [deleted, never] {
        let sent = world.store.update_encryption(&object, kms(&target)?).await;
        refused(&sent, StoreErrorKind::Gone, "the update")?;
        refused(&world.store.head(&object).await, StoreErrorKind::Gone, "HEAD afterwards")?;
    }
    Ok(())
}
