//! What a copy in parts has: all that it is told, and nothing else.

use reseal_core::{Checksum, TagSet};

use super::keeps::{annotated, rich, tag_set};
use super::uploading::{MIB, Uploading, large};
use super::{BucketKind, Content, Probe, Seed, Semantic, Verdict, World, same, semantic};

const TRIED: Probe = Probe::Tries("a copy in parts: kept size, metadata and tags");

pub(super) const SENTENCES: &[Semantic] = &[
    semantic!(
        "parts-restate-metadata",
        "a copy in parts has the metadata and content headers that it is told",
        TRIED,
        metadata
    ),
    semantic!(
        "parts-restate-raw-expires",
        "a copy in parts has the `Expires` that it is told, also one that is no date",
        Probe::No("each copy in parts is compared with what it was told"),
        expires
    ),
    semantic!("parts-restate-tags", "a copy in parts has the tags that it is told", TRIED, tags),
    semantic!(
        "parts-restate-class",
        "a copy in parts has the class that it is told",
        Probe::No("each copy in parts is compared with what it was told"),
        class
    ),
    semantic!(
        "parts-restate-redirect",
        "a copy in parts has the website redirect that it is told",
        Probe::No("each copy in parts is compared with what it was told"),
        redirect
    ),
    semantic!(
        "parts-inherit-nothing",
        "a copy in parts has no metadata and no tags that it isn't told",
        Probe::No("all are told: harmless where some stay"),
        nothing_inherited
    ),
    semantic!(
        "parts-lose-annotations",
        "a copy in parts has no annotations",
        Probe::No("they are written back after it, whatever it kept"),
        annotations
    ),
    semantic!(
        "parts-composite-checksum",
        "cut as the source was and told its algorithm, a copy in parts has the same checksum of parts' checksums",
        Probe::No("each copy's checksum is compared where the source's cut is known"),
        composite
    ),
];

async fn metadata(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let seed = Seed { attributes: rich("STANDARD"), ..large(Seed::new(&bucket, "rich")) };
    let object = world.put(seed).await?.current();
    let made = Uploading::of(world, &object).await?.made().await?;
    same(&made.attributes, &rich("STANDARD"), "the copy")
}

async fn expires(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    for expires in ["Wed, 21 Oct 2037 07:28:00 GMT", "whenever"] {
        let mut seed = large(Seed::new(&bucket, "expires"));
        seed.attributes.expires = Some(expires.to_owned());
        let object = world.put(seed).await?.current();
        let made = Uploading::of(world, &object).await?.made().await?;
        same(&made.attributes.expires.as_deref(), &Some(expires), "Expires")?;
    }
    Ok(())
}

async fn tags(world: &World) -> Verdict {
    let object = world.large(BucketKind::Plain).await?;
    let mut upload = Uploading::of(world, &object).await?;
    let tags = tag_set(&[("t 1", "é+&="), ("empty", "")]);
    upload.tags = tags.clone();
    upload.made().await?;
    same(&world.store.tags(&object).await?, &tags, "the copy's tags")
}

async fn class(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let seed = Seed { attributes: rich("STANDARD_IA"), ..large(Seed::new(&bucket, "classy")) };
    let object = world.put(seed).await?.current();
    let made = Uploading::of(world, &object).await?.made().await?;
    same(&made.attributes.storage_class.as_str(), &"STANDARD_IA", "the copy's class")
}

async fn redirect(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let mut seed = large(Seed::new(&bucket, "redirects"));
    seed.attributes.website_redirect = Some("/elsewhere".to_owned());
    let object = world.put(seed).await?.current();
    let made = Uploading::of(world, &object).await?.made().await?;
    same(&made.attributes.website_redirect.as_deref(), &Some("/elsewhere"), "the redirect")
}

async fn nothing_inherited(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let tags = tag_set(&[("old", "1")]);
    let seed = Seed { attributes: rich("STANDARD"), tags, ..large(Seed::new(&bucket, "rich")) };
    let object = world.put(seed).await?.current();
    let mut upload = Uploading::of(world, &object).await?;
    upload.attributes.metadata.clear();
    let made = upload.made().await?;
    same(&made.attributes.metadata.len(), &0, "entries of metadata")?;
    same(&world.store.tags(&object).await?, &TagSet::new(), "the copy's tags")
}

async fn annotations(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let annotations = tag_set(&[("a", "first")]);
    let seed = Seed { annotations, ..large(Seed::new(&bucket, "annotated")) };
    let object = world.put(seed).await?.current();
    annotated(world, &object).await?;
    Uploading::of(world, &object).await?.made().await?;
    same(&world.store.annotations(&object).await?, &Vec::new(), "the copy's annotations")
}

async fn composite(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let mut seed = Seed::new(&bucket, "summed");
    seed.content = Content::Parts(vec![5 * MIB, 5 * MIB, 2 * MIB]);
    let checksum =
        Checksum { algorithm: "SHA256".to_owned(), full_object: false, value: String::new() };
    seed.attributes.checksum = Some(checksum);
    let object = world.put(seed).await?.current();
    let before = world.store.checksum(&object).await?;
    let mut upload = Uploading::of(world, &object).await?;
    upload.attributes.checksum = before.clone();
    upload.made().await?;
    let after = world.store.checksum(&object).await?;
    let told =
        |found: &Option<Checksum>| found.as_ref().map(|c| (c.algorithm.clone(), c.full_object));
    same(&told(&after), &Some(("SHA256".to_owned(), false)), "the kind")?;
    same(&after, &before, "the checksum")
}
