//! Copies in parts: the parts, their completion and their end.

use reseal_core::ports::{CopyReceipt, DestinationGuard, KeyStatus, PartReceipt, SourceGuard};
use reseal_core::{Checksum, ETag, KeyTrouble, PartRange, StoreError, StoreErrorKind};

use super::copying::no_such_etag;
use super::uploading::{MIB, Uploading, large};
use super::{
    BucketKind, Doubt, Probe, Seed, Semantic, Verdict, World, done, refused, same, semantic,
    true_that,
};

const SIZE_IS_SENT: Probe =
    Probe::No("the object's size is sent with the completion, and compared after it");

pub(super) const SENTENCES: &[Semantic] = &[
    semantic!(
        "parts-make-the-object",
        "parts of exact ranges make an object of the same bytes",
        Probe::Tries("a copy in parts, of one small part: its bytes are read back"),
        same_bytes
    ),
    semantic!(
        "parts-whole-checksum",
        "told a CRC of the whole, a copy in parts has the source's",
        Probe::No("the checksum of each copy in parts is compared afterwards"),
        whole_checksum
    ),
    semantic!(
        "parts-are-listed",
        "ListParts tells number, entity tag and size of every part that was copied, in order",
        Probe::No("needed to resume only; a part that isn't listed is copied again"),
        listed
    ),
    semantic!(
        "part-beyond-the-end",
        "a part whose range ends beyond the source is refused",
        SIZE_IS_SENT,
        beyond_the_end
    ),
    semantic!(
        "part-source-etag",
        "a part is refused (412) where the source's entity tag isn't the one named",
        Probe::No(
            "where versions are kept each part names one; elsewhere the completion's condition sees the same write"
        ),
        part_of_another
    ),
    semantic!(
        "part-of-a-version",
        "a part of a named version is of that version, whatever is current",
        Probe::No("the entity tag is named beside the version"),
        part_of_a_version
    ),
    semantic!(
        "upload-has-no-effect",
        "until it is completed, an upload leaves the object as it is",
        Probe::No("every write in between changes the entity tag, and the completion is refused"),
        no_effect
    ),
    semantic!(
        "complete-destination-etag",
        "a completion is refused (412) where the destination's entity tag isn't the one named",
        Probe::Tries("a completion of parts whose If-Match is wrong"),
        wrong_destination
    ),
    semantic!(
        "complete-never-recreates",
        "a completion with If-Match where the object was deleted is refused as gone",
        Probe::No("the condition that the probe tries is the same one"),
        deleted_meanwhile
    ),
    semantic!(
        "complete-wrong-part",
        "a completion that names a part by another entity tag, or one that isn't there, is refused",
        SIZE_IS_SENT,
        wrong_part
    ),
    semantic!(
        "complete-wrong-size",
        "a completion that names another size than the parts' sum is refused",
        Probe::No("the size is compared after it"),
        wrong_size
    ),
    semantic!(
        "complete-small-part",
        "a completion with a part below 5 MiB that isn't the last is refused",
        Probe::No("reseal cuts none"),
        small_part
    ),
    semantic!(
        "complete-reply",
        "a completion's reply tells entity tag and version as HEAD then does, and makes one new version",
        Probe::Tries(
            "the new version: a run is refused where the reply to a completion names none"
        ),
        reply
    ),
    semantic!(
        "complete-twice",
        "a completion repeated after it succeeded finds no upload",
        Probe::No("after an answer that was lost HEAD decides, not the repetition"),
        twice
    ),
    semantic!(
        "abort-removes-parts",
        "after an abort the upload takes no part, lists none and can't be completed; the object is as it was",
        Probe::No("what an abort leaves behind costs storage, never an object"),
        aborted
    ),
    semantic!(
        "abort-twice",
        "an abort repeated finds no upload",
        Probe::No("no upload is as good as aborted"),
        aborted_twice
    ),
    semantic!(
        "upload-key-disabled",
        "an upload to a disabled key can't be begun: trouble of that key",
        Probe::No("the key's state is asked for first, and the first such refusal pauses the job"),
        disabled
    ),
];

fn crc() -> Option<Checksum> {
    Some(Checksum { algorithm: "CRC32".to_owned(), full_object: true, value: String::new() })
}

async fn same_bytes(world: &World) -> Verdict {
    let object = world.large(BucketKind::Plain).await?;
    let before = world.seeder.bytes(&object).await?;
    let upload = Uploading::of(world, &object).await?;
    let size = upload.head.size;
    same(&upload.made().await?.size, &size, "the size")?;
    same(&world.seeder.bytes(&object).await?, &before, "the bytes")
}

async fn whole_checksum(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let mut seed = large(Seed::new(&bucket, "large"));
    seed.attributes.checksum = crc();
    let object = world.put(seed).await?.current();
    let before = world.store.checksum(&object).await?;
    true_that(before.is_some(), "the source has no checksum")?;
    let mut upload = Uploading::of(world, &object).await?;
    upload.attributes.checksum = crc();
    upload.made().await?;
    same(&world.store.checksum(&object).await?, &before, "the checksum")
}

async fn listed(world: &World) -> Verdict {
    let object = world.large(BucketKind::Plain).await?;
    let begun = Uploading::of(world, &object).await?.begin().await?;
    let mut wanted = Vec::new();
    // The last one first: the list has its own order.
    for range in begun.ranges()?.into_iter().rev() {
        let part = done(begun.copy_part(range, begun.guard()).await, "UploadPartCopy")?;
        same(&part.number, &range.number, "the part's number")?;
        wanted.insert(0, (part.number, part.etag, Some(range.len())));
    }
    let found = done(world.store.list_parts(&begun.upload()).await, "ListParts")?;
    let found: Vec<_> = found.into_iter().map(|p| (p.number, p.etag, p.size)).collect();
    same(&found, &wanted, "the parts")
}

async fn beyond_the_end(world: &World) -> Verdict {
    let object = world.large(BucketKind::Plain).await?;
    let begun = Uploading::of(world, &object).await?.begin().await?;
    let range = PartRange { number: 1, first: 5 * MIB, last: 12 * MIB };
    let sent = begun.copy_part(range, begun.guard()).await;
    refused(&sent, StoreErrorKind::Invalid, "a byte too many")
}

async fn part_of_another(world: &World) -> Verdict {
    let object = world.large(BucketKind::Plain).await?;
    let begun = Uploading::of(world, &object).await?.begin().await?;
    let first = begun.ranges()?.remove(0);
    let sent = begun.copy_part(first, SourceGuard::ETag(no_such_etag())).await;
    refused(&sent, StoreErrorKind::PreconditionFailed, "a wrong source ETag")
}

async fn part_of_a_version(world: &World) -> Verdict {
    let object = world.large(BucketKind::Versioned).await?;
    let begun = Uploading::of(world, &object).await?.begin().await?;
    let before = world.seeder.bytes(&object).await?;
    world.put(Seed::new(&object.bucket, object.key.as_str())).await?;
    let parts = begun.copy_all().await?;
    let guard = DestinationGuard::ETag(world.head(&object).await?.etag);
    let size = begun.head().size;
    let made = begun.complete_as(&parts, size, guard).await;
    let made = done(made, "CompleteMultipartUpload")?;
    // By its version: S3 dates it by the upload's beginning, so that the other
    // write may stay the current one.
    same(&world.seeder.bytes(&object.at(made.version)).await?, &before, "the bytes")
}

async fn no_effect(world: &World) -> Verdict {
    let object = world.large(BucketKind::Versioned).await?;
    let begun = Uploading::of(world, &object).await?.begin().await?;
    begun.copy_all().await?;
    begun.left_it_alone().await
}

async fn wrong_destination(world: &World) -> Verdict {
    let object = world.large(BucketKind::Plain).await?;
    let begun = Uploading::of(world, &object).await?.begin().await?;
    let parts = begun.copy_all().await?;
    let guard = DestinationGuard::ETag(no_such_etag());
    let sent = begun.complete_as(&parts, begun.head().size, guard).await;
    refused(&sent, StoreErrorKind::PreconditionFailed, "a wrong destination ETag")?;
    begun.left_it_alone().await
}

async fn deleted_meanwhile(world: &World) -> Verdict {
    let object = world.large(BucketKind::Versioned).await?;
    let begun = Uploading::of(world, &object).await?.begin().await?;
    let parts = begun.copy_all().await?;
    world.seeder.delete(&object).await?;
    refused(&begun.complete(&parts).await, StoreErrorKind::Gone, "the completion")?;
    refused(&world.store.head(&object).await, StoreErrorKind::Gone, "HEAD afterwards")
}

/// Demands a refusal for this very reason: a completion has many.
fn says(result: &Result<CopyReceipt, StoreError>, code: &str, what: &str) -> Verdict {
    refused(result, StoreErrorKind::Invalid, what)?;
    same(&result.as_ref().err().map(|error| error.code.as_str()), &Some(code), what)
}

async fn wrong_part(world: &World) -> Verdict {
    let object = world.large(BucketKind::Plain).await?;
    let begun = Uploading::of(world, &object).await?.begin().await?;
    let parts = begun.copy_all().await?;
    let mut wrong = parts.clone();
    wrong[1].etag = ETag::new("00000000000000000000000000000000");
    says(&begun.complete(&wrong).await, "InvalidPart", "another entity tag")?;
    let mut wrong = parts;
    let stray = PartReceipt { number: 9, ..wrong[2].clone() };
    wrong.push(stray);
    says(&begun.complete(&wrong).await, "InvalidPart", "a part that isn't there")?;
    begun.left_it_alone().await
}

async fn wrong_size(world: &World) -> Verdict {
    let object = world.large(BucketKind::Plain).await?;
    let begun = Uploading::of(world, &object).await?.begin().await?;
    let parts = begun.copy_all().await?;
    let guard = DestinationGuard::ETag(begun.head().etag.clone());
    let sent = begun.complete_as(&parts, begun.head().size + 1, guard).await;
    refused(&sent, StoreErrorKind::Invalid, "another size")?;
    begun.left_it_alone().await
}

async fn small_part(world: &World) -> Verdict {
    let object = world.large(BucketKind::Plain).await?;
    let begun = Uploading::of(world, &object).await?.begin().await?;
    let mut parts = Vec::new();
    // Not at the beginning: a small first part is taken for the whole source.
    let cut = [(1, 0, 5 * MIB - 1), (2, 5 * MIB, 6 * MIB - 1), (3, 6 * MIB, 12 * MIB - 1)];
    for (number, first, last) in cut {
        let range = PartRange { number, first, last };
        parts.push(done(begun.copy_part(range, begun.guard()).await, "UploadPartCopy")?);
    }
    says(&begun.complete(&parts).await, "EntityTooSmall", "the completion")?;
    begun.left_it_alone().await
}

async fn reply(world: &World) -> Verdict {
    let object = world.large(BucketKind::Versioned).await?;
    let begun = Uploading::of(world, &object).await?.begin().await?;
    let parts = begun.copy_all().await?;
    let reply = done(begun.complete(&parts).await, "CompleteMultipartUpload")?;
    let made = world.head(&object).await?;
    same(&reply.etag, &made.etag, "the entity tag")?;
    same(&reply.version, &made.version, "the version")?;
    let new = made.version.is_some() && made.version != begun.head().version;
    true_that(new, format_args!("no new version: {:?}", made.version))?;
    let met = begun.target().is_met_without_bucket_key(&made.encryption);
    true_that(met, format_args!("ended as {:?}", made.encryption))
}

async fn twice(world: &World) -> Verdict {
    let object = world.large(BucketKind::Versioned).await?;
    let begun = Uploading::of(world, &object).await?.begin().await?;
    let parts = begun.copy_all().await?;
    done(begun.complete(&parts).await, "CompleteMultipartUpload")?;
    let made = world.head(&object).await?;
    let guard = DestinationGuard::ETag(made.etag.clone());
    let again = begun.complete_as(&parts, made.size, guard).await;
    refused(&again, StoreErrorKind::UploadGone, "once more")?;
    same(&world.head(&object).await?, &made, "the object afterwards")
}

async fn aborted(world: &World) -> Verdict {
    let object = world.large(BucketKind::Plain).await?;
    let begun = Uploading::of(world, &object).await?.begin().await?;
    let parts = begun.copy_all().await?;
    done(world.store.abort_upload(&begun.upload()).await, "AbortMultipartUpload")?;
    let gone = StoreErrorKind::UploadGone;
    refused(&world.store.list_parts(&begun.upload()).await, gone, "ListParts")?;
    let first = begun.ranges()?.remove(0);
    refused(&begun.copy_part(first, begun.guard()).await, gone, "UploadPartCopy")?;
    refused(&begun.complete(&parts).await, gone, "CompleteMultipartUpload")?;
    begun.left_it_alone().await
}

async fn aborted_twice(world: &World) -> Verdict {
    let object = world.large(BucketKind::Plain).await?;
    let begun = Uploading::of(world, &object).await?.begin().await?;
    done(world.store.abort_upload(&begun.upload()).await, "AbortMultipartUpload")?;
    let again = world.store.abort_upload(&begun.upload()).await;
    refused(&again, StoreErrorKind::UploadGone, "once more")
}

async fn disabled(world: &World) -> Verdict {
    let object = world.large(BucketKind::Plain).await?;
    let upload = Uploading::of(world, &object).await?;
    let key = upload.target.key().ok_or_else(|| Doubt::CannotBeAsked("no key".to_owned()))?;
    world.seeder.set_key(key, KeyStatus::Disabled).await?;
    let kind = StoreErrorKind::Key(KeyTrouble::Disabled);
    refused(&upload.try_to_begin().await, kind, "CreateMultipartUpload")
}
