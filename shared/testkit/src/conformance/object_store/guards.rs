//! What holds a single copy back: the guards on both of its ends.

use std::time::Duration;

use reseal_core::ports::{DestinationGuard, SourceGuard};
use reseal_core::{ObjectKey, StoreErrorKind, Timestamp};

use super::copying::{Copying, no_such_etag};
use super::{BucketKind, Doubt, Probe, Seed, Semantic, Verdict, World, done, refused, semantic};

pub(super) const SENTENCES: &[Semantic] = &[
    semantic!(
        "copy-source-etag",
        "a copy is refused (412) where the source's entity tag isn't the one named",
        Probe::No(
            "the condition on the destination, which the probe tries, sees the same write: source and destination are one object"
        ),
        wrong_source_etag
    ),
    semantic!(
        "copy-destination-etag",
        "a copy is refused (412) where the destination's entity tag isn't the one named",
        Probe::Tries("a copy whose If-Match on the destination is wrong"),
        wrong_destination_etag
    ),
    semantic!(
        "copy-source-date",
        "a copy is refused (412) where the source was modified after the time named, and done where it was modified in that very second",
        Probe::No("the condition on the destination is sent as well"),
        unmodified_since
    ),
    semantic!(
        "copy-never-recreates",
        "a copy with If-Match to a key where nothing is, or nothing any more, is refused as gone",
        Probe::No("the source is the same object: without it there is nothing to copy"),
        nothing_at_the_destination
    ),
    semantic!(
        "copy-of-nothing",
        "a copy of a key where nothing is is refused as gone",
        Probe::No("a HEAD comes before every attempt"),
        nothing_at_the_source
    ),
    semantic!(
        "copy-source-is-the-key",
        "a source key is the key as it is, whatever it spells (`?versionId=`, `%2F`, `+`, blanks, other scripts)",
        Probe::No("the entity tags on both ends must match, and another object has its own"),
        hostile_key
    ),
];

async fn wrong_source_etag(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    copy.source = SourceGuard::ETag(no_such_etag());
    refused(&copy.send().await, StoreErrorKind::PreconditionFailed, "a wrong source ETag")?;
    copy.left_it_alone().await
}

async fn wrong_destination_etag(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    copy.destination = DestinationGuard::ETag(no_such_etag());
    refused(&copy.send().await, StoreErrorKind::PreconditionFailed, "a wrong destination ETag")?;
    copy.left_it_alone().await
}

async fn unmodified_since(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    let modified = copy.head.last_modified;
    let before = Timestamp::from_millis(modified.as_millis() - 1_000);
    copy.source = SourceGuard::UnmodifiedSince(before);
    refused(&copy.send().await, StoreErrorKind::PreconditionFailed, "a second too early")?;
    copy.left_it_alone().await?;
    copy.source = SourceGuard::UnmodifiedSince(modified.plus(Duration::ZERO));
    done(copy.send().await, "the very second").map(|_| ())
}

async fn nothing_at_the_destination(world: &World) -> Verdict {
    let object = world.text(BucketKind::Versioned).await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    copy.to.key = key("nothing-was-ever-here")?;
    refused(&copy.send().await, StoreErrorKind::Gone, "to a fresh key")?;
    let deleted = world.put(Seed::new(&object.bucket, "deleted")).await?.current();
    copy.destination = DestinationGuard::ETag(world.head(&deleted).await?.etag);
    world.seeder.delete(&deleted).await?;
    copy.to = deleted;
    refused(&copy.send().await, StoreErrorKind::Gone, "to a deleted key")?;
    refused(&world.store.head(&copy.to).await, StoreErrorKind::Gone, "HEAD of it afterwards")
}

async fn nothing_at_the_source(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    copy.from.key = key("nothing-was-ever-here")?;
    refused(&copy.send().await, StoreErrorKind::Gone, "from a fresh key")?;
    copy.left_it_alone().await
}

async fn hostile_key(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    for (decoy, name) in
        [("k", "k?versionId=null"), ("a/b", "a%2Fb"), ("a b", "a+b"), ("e", "é 日本")]
    {
        world.put(Seed::new(&bucket, decoy)).await?;
        let mut seed = Seed::new(&bucket, name);
        seed.attributes.metadata.insert("which".to_owned(), "this-one".to_owned());
        let object = world.put(seed).await?.current();
        let copy = Copying::onto_itself(world, &object).await?;
        let made = copy.made().await?;
        super::same(&made.attributes.metadata, &copy.head.attributes.metadata, name)?;
        super::true_that(
            copy.target.is_met_without_bucket_key(&made.encryption),
            format_args!("{name}: ended as {}", made.encryption),
        )?;
    }
    Ok(())
}

fn key(text: &str) -> Result<ObjectKey, Doubt> {
    ObjectKey::new(text).map_err(|error| Doubt::CannotBeAsked(error.to_string()))
}
