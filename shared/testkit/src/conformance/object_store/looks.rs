//! What looking at an object tells, and what is set beside its content.

use reseal_core::ports::FirstPart;
use reseal_core::{Checksum, Encryption, StoreErrorKind};

use super::copying::{no_such_etag, under};
use super::keeps::{rich, tag_set};
use super::uploading::MIB;
use super::{
    BucketKind, Content, Probe, Seed, Semantic, Verdict, World, done, refused, same, semantic,
};

pub(super) const SENTENCES: &[Semantic] = &[
    semantic!(
        "head-tells-encryption",
        "HEAD tells none, SSE-S3, and SSE-KMS with the key's ARN",
        Probe::Tries("a copy to the target, as HEAD shows it"),
        encryption
    ),
    semantic!(
        "head-tells-all",
        "HEAD tells class, metadata, content headers and redirect",
        Probe::No("relied on: what HEAD doesn't tell can't be restated"),
        all
    ),
    semantic!(
        "head-tells-tag-count",
        "HEAD tells the number of tags",
        Probe::No("only the policy for ten tags relies on it, and a copy's eleventh is refused"),
        tag_count
    ),
    semantic!(
        "head-of-nothing",
        "HEAD where nothing is says gone",
        Probe::No("any other answer is a failure on the object's row"),
        nothing
    ),
    semantic!(
        "head-of-customer-key",
        "HEAD of an object under a customer's key is told as such",
        Probe::No("any other refusal is a failure on the object's row"),
        customer_key
    ),
    semantic!(
        "head-foreign-owner",
        "HEAD in a bucket of another account than the one expected is refused as denied, even where that account lets everybody in",
        Probe::No("relied on where a bucket changes hands during a run"),
        foreign
    ),
    semantic!(
        "checksum-when-asked",
        "HEAD tells the checksum where it is asked for, and not otherwise",
        Probe::No("harmless where it is told unasked"),
        checksum
    ),
    semantic!(
        "first-part",
        "HEAD of part 1 tells its size and the number of parts, and none of an object that has no parts",
        Probe::No(
            "where it isn't told the object is cut otherwise, and its checksum isn't compared"
        ),
        first_part
    ),
    semantic!(
        "put-tags-replaces",
        "PutObjectTagging sets these tags and no others; entity tag and date stay",
        Probe::No("tags that are written are read again"),
        put_tags
    ),
    semantic!(
        "annotations-are-told",
        "annotations are listed by name and read as they were put",
        Probe::Tries(
            "only whether they can be listed; what a run writes back it reads before and after"
        ),
        annotations
    ),
    semantic!(
        "put-annotation-etag",
        "an annotation can be put, and leaves the object as it is; onto one with another entity tag it isn't put (412)",
        Probe::No("relied on where annotations are written back after a copy in parts"),
        put_annotation
    ),
];

async fn encryption(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let kms = under(&world.target().await?);
    for encryption in [Encryption::None, Encryption::SseS3, kms] {
        let seed = Seed { encryption: encryption.clone(), ..Seed::new(&bucket, "text") };
        let object = world.put(seed).await?.current();
        same(&world.head(&object).await?.encryption, &encryption, "the encryption")?;
    }
    Ok(())
}

async fn all(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let mut attributes = rich("STANDARD_IA");
    attributes.website_redirect = Some("/elsewhere".to_owned());
    let seed = Seed { attributes: attributes.clone(), ..Seed::new(&bucket, "rich") };
    let object = world.put(seed).await?.current();
    same(&world.head(&object).await?.attributes, &attributes, "the attributes")
}

async fn tag_count(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let tags = tag_set(&[("a", "1"), ("b", "2")]);
    let object = world.put(Seed { tags, ..Seed::new(&bucket, "text") }).await?.current();
    same(&world.head(&object).await?.tag_count, &2, "the number of tags")
}

async fn nothing(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    world.seeder.delete(&object).await?;
    refused(&world.store.head(&object).await, StoreErrorKind::Gone, "HEAD")
}

async fn customer_key(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let seed = Seed { encryption: Encryption::SseC, ..Seed::new(&bucket, "customer") };
    let object = world.put(seed).await?.current();
    refused(&world.store.head(&object).await, StoreErrorKind::CustomerKey, "HEAD")
}

async fn foreign(world: &World) -> Verdict {
    let object = world.text(BucketKind::Foreign).await?;
    refused(&world.store.head(&object).await, StoreErrorKind::Denied, "HEAD")
}

async fn checksum(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let mut seed = Seed::new(&bucket, "summed");
    let checksum =
        Checksum { algorithm: "SHA256".to_owned(), full_object: true, value: String::new() };
    seed.attributes.checksum = Some(checksum);
    let object = world.put(seed).await?.current();
    same(&world.head(&object).await?.attributes.checksum, &None, "unasked")?;
    let found = done(world.store.checksum(&object).await, "HEAD with the checksum")?;
    let told = found.map(|c| (c.algorithm, c.full_object, c.value.is_empty()));
    same(&told, &Some(("SHA256".to_owned(), true, false)), "asked for")
}

async fn first_part(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let content = Content::Parts(vec![6 * MIB, MIB]);
    let object = world.put(Seed { content, ..Seed::new(&bucket, "parts") }).await?.current();
    let found = done(world.store.first_part(&object).await, "HEAD of part 1")?;
    same(&found, &Some(FirstPart { bytes: 6 * MIB, parts: 2 }), "of two parts")?;
    let whole = world.put(Seed::new(&bucket, "whole")).await?.current();
    let found = done(world.store.first_part(&whole).await, "HEAD of part 1")?;
    same(&found, &None, "of none")
}

async fn put_tags(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let seed = Seed { tags: tag_set(&[("old", "1"), ("both", "1")]), ..Seed::new(&bucket, "text") };
    let object = world.put(seed).await?.current();
    let before = world.head(&object).await?;
    let tags = tag_set(&[("both", "2"), ("t 1", "é+&=")]);
    done(world.store.put_tags(&object, &tags).await, "PutObjectTagging")?;
    same(&world.store.tags(&object).await?, &tags, "the tags")?;
    let after = world.head(&object).await?;
    same(&(after.etag, after.last_modified), &(before.etag, before.last_modified), "the object")
}

async fn annotations(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let annotations = tag_set(&[("a", "first"), ("b-c", "second")]);
    let object = world.put(Seed { annotations, ..Seed::new(&bucket, "text") }).await?.current();
    let names = done(world.store.annotations(&object).await, "ListObjectAnnotations")?;
    same(&names, &vec!["a".to_owned(), "b-c".to_owned()], "the names")?;
    let text = done(world.store.annotation(&object, "b-c").await, "GetObjectAnnotation")?;
    same(&text, &b"second".to_vec(), "the text")
}

async fn put_annotation(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let before = world.head(&object).await?;
    let sent = world.store.put_annotation(&object, &before.etag, "a", b"text").await;
    done(sent, "PutObjectAnnotation")?;
    same(&world.head(&object).await?, &before, "the object")?;
    same(&world.store.annotation(&object, "a").await?, &b"text".to_vec(), "the text")?;
    let sent = world.store.put_annotation(&object, &no_such_etag(), "a", b"other").await;
    refused(&sent, StoreErrorKind::PreconditionFailed, "a wrong ETag")?;
    same(&world.store.annotation(&object, "a").await?, &b"text".to_vec(), "the text afterwards")
}
