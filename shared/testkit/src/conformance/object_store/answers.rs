//! What a copy makes and what its reply says of it.

use reseal_core::ports::{DestinationGuard, SourceGuard};
use reseal_core::{Encryption, KmsTarget, ObjectKey, Target, VersionId};

use super::copying::{Copying, kms, under};
use super::{
    BucketKind, Doubt, Probe, Seed, Semantic, Verdict, World, done, same, semantic, true_that,
};

pub(super) const SENTENCES: &[Semantic] = &[
    semantic!(
        "copy-ends-at-the-target",
        "a copy ends under the encryption and the key that it names, from none, SSE-S3 and SSE-KMS, and back under SSE-S3",
        Probe::Tries("a copy to the target, as HEAD shows it"),
        every_pair
    ),
    semantic!(
        "copy-to-dsse",
        "a copy to DSSE-KMS ends there",
        Probe::Tries("a copy to the target, as HEAD shows it, where DSSE-KMS is the target"),
        to_dsse
    ),
    semantic!(
        "copy-bucket-key",
        "a copy has the bucket-key state that it names, on or off, and HEAD tells it",
        Probe::Tries("the bucket-key state that the target names, as HEAD shows it"),
        bucket_key
    ),
    semantic!(
        "copy-reply",
        "a copy's reply tells entity tag, date and encryption as HEAD then does",
        Probe::No(
            "relied on: the encryption that a reply tells is a copy's proof, and HEAD is asked where it tells none; `verify` asks HEAD"
        ),
        reply
    ),
    semantic!(
        "copy-reply-versions",
        "where versions are kept a copy makes one, and its reply names it and the version copied",
        Probe::Tries("the new version: a run is refused where a copy's reply names none"),
        versions
    ),
    semantic!(
        "copy-elsewhere",
        "a copy to another key, unconditional, is the object with all that copies keep, and leaves the source as it is",
        Probe::No(
            "needed by --backup-to alone, which looks at size and encryption of each backup before the original is replaced"
        ),
        elsewhere
    ),
    semantic!(
        "copy-without-kms-keeps-md5",
        "the entity tag of a text copied to SSE-S3 stays its MD5",
        Probe::No(
            "where the tag has that form, the source's date guards the copy instead: harmless where it changes"
        ),
        md5_stays
    ),
];

async fn every_pair(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let old =
        Encryption::SseKms { key: Some(world.seeder.key().await?.to_string()), bucket_key: false };
    for (name, encryption) in [("none", Encryption::None), ("s3", Encryption::SseS3), ("kms", old)]
    {
        let object = world.put(Seed { encryption, ..Seed::new(&bucket, name) }).await?.current();
        let to_kms = Copying::onto_itself(world, &object).await?;
        let made = to_kms.made().await?;
        let met = to_kms.target.is_met_without_bucket_key(&made.encryption);
        true_that(met, format_args!("from {name}: ended as {:?}", made.encryption))?;
        let mut back = Copying::onto_itself(world, &object).await?;
        back.target = Target::SseS3;
        same(&back.made().await?.encryption, &Encryption::SseS3, "back again")?;
    }
    Ok(())
}

async fn to_dsse(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    copy.target = Target::DsseKms { key: world.seeder.key().await? };
    same(&copy.made().await?.encryption, &under(&copy.target), "the copy")
}

async fn bucket_key(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    for bucket_key in [true, false] {
        let mut copy = Copying::onto_itself(world, &object).await?;
        copy.target = Target::SseKms(KmsTarget { bucket_key, ..kms(&copy.target)?.clone() });
        same(&copy.made().await?.encryption, &under(&copy.target), "the copy")?;
    }
    Ok(())
}

async fn reply(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let copy = Copying::onto_itself(world, &object).await?;
    let reply = done(copy.send().await, "a copy")?;
    let made = world.head(&object).await?;
    same(&reply.etag, &made.etag, "the entity tag")?;
    // The reply may tell fractions of the second.
    let told = reply.last_modified.map(|date| date.as_secs());
    same(&told, &Some(made.last_modified.as_secs()), "the date")?;
    same(&reply.encryption, &Some(made.encryption), "the encryption")
}

async fn versions(world: &World) -> Verdict {
    let object = world.text(BucketKind::Versioned).await?;
    let copy = Copying::onto_itself(world, &object).await?;
    let reply = done(copy.send().await, "a copy")?;
    same(&reply.source_version, &copy.head.version, "the source's version")?;
    let made = world.head(&object).await?;
    same(&reply.version, &made.version, "the version")?;
    let new = made.version != copy.head.version && made.version != Some(VersionId::null());
    true_that(new && made.version.is_some(), format_args!("no new version: {:?}", made.version))?;
    let old = world.head(&object.at(copy.head.version.clone())).await?;
    same(&old, &copy.head, "the old version")
}

async fn elsewhere(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    copy.to.bucket = world.bucket(BucketKind::Plain).await?;
    let key = ObjectKey::new("elsewhere/text");
    copy.to.key = key.map_err(|error| Doubt::CannotBeAsked(error.to_string()))?;
    copy.destination = DestinationGuard::Unfenced;
    let made = copy.made().await?;
    same(&made.attributes, &copy.head.attributes, "the copy's attributes")?;
    same(&made.size, &copy.head.size, "the copy's size")?;
    same(&world.head(&object).await?, &copy.head, "the source")
}

async fn md5_stays(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let seed = Seed { encryption: Encryption::None, ..Seed::new(&bucket, "md5") };
    let object = world.put(seed).await?.current();
    let mut copy = Copying::onto_itself(world, &object).await?;
    copy.source = SourceGuard::UnmodifiedSince(copy.head.last_modified);
    copy.target = Target::SseS3;
    true_that(copy.head.etag.looks_like_md5(), format_args!("{} is no MD5", copy.head.etag))?;
    same(&copy.made().await?.etag, &copy.head.etag, "the entity tag")
}
