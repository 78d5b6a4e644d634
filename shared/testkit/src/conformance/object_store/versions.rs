//! Versions and delete markers.

use reseal_core::{StoreErrorKind, VersionId};

use super::copying::Copying;
use super::keeps::tag_set;
use super::{BucketKind, Probe, Seed, Semantic, Verdict, World, refused, same, semantic};

pub(super) const SENTENCES: &[Semantic] = &[
    semantic!(
        "head-of-a-version",
        "HEAD of a named version tells of that one, whatever is current",
        Probe::No("relied on where a version is updated by name"),
        named
    ),
    semantic!(
        "head-of-a-marker",
        "HEAD of a delete marker says gone, by key and by version",
        Probe::No("any other answer is a failure on the object's row"),
        marker
    ),
    semantic!(
        "version-null",
        "what was there before versioning is the version `null`, which HEAD names, and a copy keeps beside its own",
        Probe::No("where HEAD names none the copy isn't held against a version"),
        null
    ),
    semantic!(
        "tags-of-versions",
        "each version has tags of its own; writing those of one leaves the others'",
        Probe::No("tags that are written are read again, from the version they were written to"),
        tags
    ),
    semantic!(
        "copy-is-of-the-current",
        "a copy without a version is of the current one, also where an older one has the same entity tag",
        Probe::No(
            "the reply names the version copied; another one than HEAD's is reported as drift"
        ),
        current
    ),
];

async fn named(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Versioned).await?;
    let mut seed = Seed::new(&bucket, "text");
    seed.attributes.metadata.insert("n".to_owned(), "1".to_owned());
    let old = world.put(seed).await?;
    world.put(Seed::new(&bucket, "text")).await?;
    let head = world.head(&old).await?;
    same(&head.version, &old.version, "the version")?;
    same(&head.attributes.metadata.len(), &1, "entries of metadata")
}

async fn marker(world: &World) -> Verdict {
    let object = world.text(BucketKind::Versioned).await?;
    let marker = world.seeder.delete(&object).await?;
    refused(&world.store.head(&object).await, StoreErrorKind::Gone, "by key")?;
    refused(&world.store.head(&marker).await, StoreErrorKind::Gone, "by version")
}

async fn null(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    world.seeder.keep_versions(&object.bucket).await?;
    let null = Some(VersionId::null());
    same(&world.head(&object).await?.version, &null, "the version")?;
    let copy = Copying::onto_itself(world, &object).await?;
    copy.made().await?;
    same(&world.head(&object.at(null)).await?, &copy.head, "the old version")
}

async fn tags(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Versioned).await?;
    let tagged = |n: &str| Seed { tags: tag_set(&[("n", n)]), ..Seed::new(&bucket, "text") };
    let old = world.put(tagged("1")).await?;
    let current = world.put(tagged("2")).await?;
    same(&world.store.tags(&old).await?, &tag_set(&[("n", "1")]), "the old version's")?;
    same(&world.store.tags(&current.current()).await?, &tag_set(&[("n", "2")]), "the current's")?;
    world.store.put_tags(&old, &tag_set(&[("n", "3")])).await?;
    same(&world.store.tags(&old).await?, &tag_set(&[("n", "3")]), "the old version's afterwards")?;
    same(&world.store.tags(&current).await?, &tag_set(&[("n", "2")]), "the current's afterwards")
}

async fn current(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Versioned).await?;
    for n in ["old", "new"] {
        let mut seed = Seed::new(&bucket, "text");
        seed.attributes.metadata.insert("which".to_owned(), n.to_owned());
        world.put(seed).await?;
    }
    let object = world.put(Seed::new(&bucket, "other")).await?;
    let text = reseal_core::ObjectRef {
        key: reseal_core::ObjectKey::new("text")
            .map_err(|error| super::Doubt::CannotBeAsked(error.to_string()))?,
        ..object.current()
    };
    let made = Copying::onto_itself(world, &text).await?.made().await?;
    same(&made.attributes.metadata.get("which").map(String::as_str), &Some("new"), "the copy")
}
