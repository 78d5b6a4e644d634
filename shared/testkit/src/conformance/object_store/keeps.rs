//! What a single copy keeps by itself, and what it has only if it is told.

use std::collections::BTreeMap;

use reseal_core::ports::CopyTags;
use reseal_core::{Attributes, Checksum, StorageClass, TagSet};

use super::copying::Copying;
use super::uploading::{MIB, large};
use super::{
    BucketKind, Content, Doubt, Probe, Seed, Semantic, Verdict, World, same, semantic, true_that,
};

const DEEP: Probe =
    Probe::No("relied on; `verify --deep` compares the report with the objects afterwards");

pub(super) const SENTENCES: &[Semantic] = &[
    semantic!(
        "copy-keeps-bytes",
        "a copy onto itself leaves the bytes as they are",
        Probe::Tries("the scratch object is read back after a copy"),
        bytes
    ),
    semantic!(
        "copy-keeps-metadata",
        "a copy keeps user metadata and content headers by itself",
        DEEP,
        metadata
    ),
    semantic!(
        "copy-keeps-raw-expires",
        "a copy keeps `Expires` by itself, also one that is no date",
        DEEP,
        raw_expires
    ),
    semantic!(
        "copy-keeps-tags",
        "a copy keeps the tags by itself",
        Probe::Tries("the tags of an object copied onto itself"),
        tags
    ),
    semantic!(
        "copy-replaces-tags",
        "a copy has the tags that it is told, instead, none included",
        Probe::Tries("the tags of an object copied onto itself"),
        other_tags
    ),
    semantic!(
        "copy-class",
        "a copy has the storage class that it names, whatever the source's",
        Probe::No("relied on: the class is sent with every copy"),
        class
    ),
    semantic!(
        "copy-restates-redirect",
        "a copy has the website redirect that it is told",
        DEEP,
        redirect
    ),
    semantic!(
        "copy-resets-redirect",
        "a copy that isn't told a website redirect has none",
        Probe::No("it is always told: harmless where the source's stays"),
        no_redirect
    ),
    semantic!(
        "copy-keeps-annotations",
        "a copy keeps annotations by itself",
        Probe::No(
            "relied on: the probe lists annotations, and copies none; nothing looks at them after a single copy"
        ),
        annotations
    ),
    semantic!(
        "copy-keeps-checksum",
        "a copy keeps the checksum of the full object, algorithm and value",
        Probe::No("nothing relies on it: bytes never pass through reseal"),
        checksum
    ),
    semantic!(
        "copy-makes-checksum-whole",
        "a copy turns a checksum of parts' checksums into one of the full object, by the same algorithm",
        Probe::No("nothing relies on it"),
        composite
    ),
];

/// All that a copy must keep, with words that have tripped somebody up before.
pub(super) fn rich(class: &str) -> Attributes {
    Attributes {
        metadata: BTreeMap::from([
            ("plain".to_owned(), "a b=c, d".to_owned()),
            ("with-dash".to_owned(), "1".to_owned()),
        ]),
        content_type: Some("text/x-rich; charset=utf-8".to_owned()),
        content_encoding: Some("gzip".to_owned()),
        content_language: Some("de, en".to_owned()),
        content_disposition: Some("attachment; filename=\"a b.txt\"".to_owned()),
        cache_control: Some("max-age=60, private".to_owned()),
        ..Attributes::of_class(StorageClass::new(class))
    }
}

pub(super) fn tag_set(tags: &[(&str, &str)]) -> TagSet {
    tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn metadata(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let attributes = rich("STANDARD");
    let seed = Seed { attributes: attributes.clone(), ..Seed::new(&bucket, "rich") };
    let object = world.put(seed).await?.current();
    let copy = Copying::onto_itself(world, &object).await?;
    same(&copy.head.attributes, &attributes, "the object before")?;
    same(&copy.made().await?.attributes, &attributes, "the copy")
}

async fn raw_expires(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    for expires in ["Wed, 21 Oct 2037 07:28:00 GMT", "whenever"] {
        let mut seed = Seed::new(&bucket, "expires");
        seed.attributes.expires = Some(expires.to_owned());
        let object = world.put(seed).await?.current();
        let made = Copying::onto_itself(world, &object).await?.made().await?;
        same(&made.attributes.expires.as_deref(), &Some(expires), "Expires")?;
    }
    Ok(())
}

async fn tags(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let tags = tag_set(&[("t 1", "é+&="), ("empty", "")]);
    let seed = Seed { tags: tags.clone(), ..Seed::new(&bucket, "tagged") };
    let object = world.put(seed).await?.current();
    Copying::onto_itself(world, &object).await?.made().await?;
    same(&world.store.tags(&object).await?, &tags, "the copy's tags")
}

async fn other_tags(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let seed = Seed { tags: tag_set(&[("old", "1")]), ..Seed::new(&bucket, "tagged") };
    let object = world.put(seed).await?.current();
    for tags in [tag_set(&[("t 1", "é+&="), ("new", "2")]), TagSet::new()] {
        let mut copy = Copying::onto_itself(world, &object).await?;
        copy.tags = CopyTags::Replace(tags.clone());
        copy.made().await?;
        same(&world.store.tags(&object).await?, &tags, "the copy's tags")?;
    }
    Ok(())
}

async fn class(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    for (from, to) in
        [("STANDARD_IA", "STANDARD_IA"), ("STANDARD_IA", "STANDARD"), ("STANDARD", "GLACIER_IR")]
    {
        let seed = Seed { attributes: rich(from), ..Seed::new(&bucket, "classy") };
        let object = world.put(seed).await?.current();
        let mut copy = Copying::onto_itself(world, &object).await?;
        same(&copy.head.attributes.storage_class.as_str(), &from, "the class before")?;
        copy.attributes.storage_class = StorageClass::new(to);
        same(&copy.made().await?.attributes.storage_class.as_str(), &to, "the copy's class")?;
    }
    Ok(())
}

async fn bytes(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    for seed in [Seed::new(&bucket, "short"), large(Seed::new(&bucket, "large"))] {
        let object = world.put(seed).await?.current();
        let before = world.seeder.bytes(&object).await?;
        Copying::onto_itself(world, &object).await?.made().await?;
        same(&world.seeder.bytes(&object).await?, &before, "the bytes")?;
    }
    Ok(())
}

async fn redirecting(world: &World) -> Result<Copying<'_>, Doubt> {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let mut seed = Seed::new(&bucket, "redirects");
    seed.attributes.website_redirect = Some("/elsewhere".to_owned());
    let object = world.put(seed).await?.current();
    Copying::onto_itself(world, &object).await
}

async fn redirect(world: &World) -> Verdict {
    let made = redirecting(world).await?.made().await?;
    same(&made.attributes.website_redirect.as_deref(), &Some("/elsewhere"), "restated")
}

async fn no_redirect(world: &World) -> Verdict {
    let mut copy = redirecting(world).await?;
    copy.attributes.website_redirect = None;
    same(&copy.made().await?.attributes.website_redirect, &None, "not restated")
}

async fn annotations(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let annotations = tag_set(&[("a", "first"), ("b", "second")]);
    let seed = Seed { annotations, ..Seed::new(&bucket, "annotated") };
    let object = world.put(seed).await?.current();
    Copying::onto_itself(world, &object).await?.made().await?;
    let names = world.store.annotations(&object).await?;
    same(&names, &vec!["a".to_owned(), "b".to_owned()], "the copy's annotations")?;
    same(&world.store.annotation(&object, "b").await?, &b"second".to_vec(), "a text")
}

fn sha256(full_object: bool) -> Option<Checksum> {
    Some(Checksum { algorithm: "SHA256".to_owned(), full_object, value: String::new() })
}

async fn checksum(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let mut seed = Seed::new(&bucket, "summed");
    seed.attributes.checksum = sha256(true);
    let object = world.put(seed).await?.current();
    let before = world.store.checksum(&object).await?;
    let named = before.as_ref().map(|checksum| checksum.algorithm.as_str());
    same(&named, &Some("SHA256"), "the checksum before")?;
    Copying::onto_itself(world, &object).await?.made().await?;
    same(&world.store.checksum(&object).await?, &before, "the copy's checksum")
}

async fn composite(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let mut seed = Seed::new(&bucket, "summed");
    seed.content = Content::Parts(vec![5 * MIB, MIB]);
    seed.attributes.checksum = sha256(false);
    let object = world.put(seed).await?.current();
    let told = |found: Option<Checksum>| found.map(|found| (found.algorithm, found.full_object));
    let before = told(world.store.checksum(&object).await?);
    same(&before, &Some(("SHA256".to_owned(), false)), "the checksum before")?;
    Copying::onto_itself(world, &object).await?.made().await?;
    let after = told(world.store.checksum(&object).await?);
    same(&after, &Some(("SHA256".to_owned(), true)), "the copy's checksum")
}

/// Where worlds have no annotations, there is nothing to be lost.
pub(super) async fn annotated(world: &World, object: &reseal_core::ObjectRef) -> Verdict {
    let names = world.store.annotations(object).await.map_err(Doubt::from)?;
    true_that(!names.is_empty(), "the annotation that was put isn't listed")
}
