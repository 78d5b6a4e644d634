//! Copies that are refused whatever their guards: by size, class, key, owner,
//! or because nothing would change.

use reseal_core::ports::KeyStatus;
use reseal_core::{Encryption, KeyArn, KeyTrouble, KmsTarget, StoreErrorKind, Target};

use super::copying::Copying;
use super::{
    BucketKind, Content, Doubt, Probe, Seed, Semantic, Verdict, World, done, refused, semantic,
};

pub(super) const SENTENCES: &[Semantic] = &[
    semantic!(
        "copy-size-limit",
        "5 GiB can be copied at once, and a byte more is refused as too large",
        Probe::No(
            "a scratch object of that size would cost; a refusal by size is followed by a copy in parts"
        ),
        size_limit
    ),
    semantic!(
        "copy-of-customer-key",
        "a copy of an object under a customer's key is refused as such",
        Probe::No("HEAD tells, and the object is left alone"),
        customer_key
    ),
    semantic!(
        "copy-key-disabled",
        "a copy to a disabled key is refused with trouble of that key",
        Probe::No("the key's state is asked for first, and the first such refusal pauses the job"),
        disabled
    ),
    semantic!(
        "copy-key-pending-deletion",
        "a copy to a key that waits for its deletion is refused with trouble of that key",
        Probe::No("the key's state is asked for first, and the first such refusal pauses the job"),
        pending_deletion
    ),
    semantic!(
        "copy-key-unknown",
        "a copy to a key that doesn't exist is refused with trouble of that key",
        Probe::No("the key is described first, and the first such refusal pauses the job"),
        unknown
    ),
    semantic!(
        "copy-source-key-disabled",
        "a copy from under a disabled key is refused as denied: trouble of this object, not of the target's key",
        Probe::No("a wrong reading pauses the job: nothing is lost"),
        source_key_disabled
    ),
    semantic!(
        "copy-source-owner",
        "a copy from a bucket of another account than the one expected is refused as denied, even where that account lets everybody in",
        Probe::No("relied on where a bucket changes hands during a run"),
        foreign_source
    ),
    semantic!(
        "copy-destination-owner",
        "a copy to a bucket of another account than the one expected is refused as denied, even where that account lets everybody in",
        Probe::No("relied on where a bucket changes hands during a run"),
        foreign_destination
    ),
];

const GIB: u64 = 1 << 30;

async fn size_limit(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    for (name, size, fits) in [("fits", 5 * GIB, true), ("does not", 5 * GIB + 1, false)] {
        let seed = Seed { content: Content::Bytes(size), ..Seed::new(&bucket, name) };
        let object = world.put(seed).await?.current();
        let sent = Copying::onto_itself(world, &object).await?.send().await;
        match fits {
            true => done(sent, "5 GiB").map(|_| ())?,
            false => refused(&sent, StoreErrorKind::TooLarge, "a byte more")?,
        }
    }
    Ok(())
}

async fn customer_key(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    let seed = Seed { encryption: Encryption::SseC, ..Seed::new(&object.bucket, "customer") };
    copy.from = world.put(seed).await?.current();
    // Only what it is under must be wrong with it.
    copy.source = reseal_core::ports::SourceGuard::UnmodifiedSince(
        copy.head.last_modified.plus(std::time::Duration::from_secs(60)),
    );
    refused(&copy.send().await, StoreErrorKind::CustomerKey, "the copy")?;
    copy.left_it_alone().await
}

async fn disabled(world: &World) -> Verdict {
    target_trouble(world, KeyStatus::Disabled, KeyTrouble::Disabled).await
}

async fn pending_deletion(world: &World) -> Verdict {
    target_trouble(world, KeyStatus::PendingDeletion, KeyTrouble::InvalidState).await
}

async fn target_trouble(world: &World, status: KeyStatus, trouble: KeyTrouble) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let copy = Copying::onto_itself(world, &object).await?;
    let key = copy.target.key().ok_or_else(|| Doubt::CannotBeAsked("no key".to_owned()))?;
    world.seeder.set_key(key, status).await?;
    refused(&copy.send().await, StoreErrorKind::Key(trouble), "the copy")?;
    copy.left_it_alone().await
}

/// A key that nobody made, where another one is.
pub(in super::super) fn no_such_key(like: &KeyArn) -> Result<KeyArn, Doubt> {
    let (home, _) = like.as_str().rsplit_once('/').unwrap_or_default();
    let arn = format!("{home}/00000000-0000-4000-8000-00000000dead");
    arn.parse().map_err(|_| Doubt::CannotBeAsked(format!("{arn} is no ARN")))
}

async fn unknown(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    let key = no_such_key(&world.seeder.key().await?)?;
    copy.target = Target::SseKms(KmsTarget { key, bucket_key: false });
    let kind = StoreErrorKind::Key(KeyTrouble::NotFound);
    refused(&copy.send().await, kind, "the copy")?;
    copy.left_it_alone().await
}

async fn source_key_disabled(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let key = world.seeder.key().await?;
    let encryption = Encryption::SseKms { key: Some(key.to_string()), bucket_key: false };
    let object = world.put(Seed { encryption, ..Seed::new(&bucket, "lost") }).await?.current();
    let copy = Copying::onto_itself(world, &object).await?;
    world.seeder.set_key(&key, KeyStatus::Disabled).await?;
    refused(&copy.send().await, StoreErrorKind::Denied, "the copy")?;
    copy.left_it_alone().await
}

async fn foreign_source(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    copy.from = world.text(BucketKind::Foreign).await?;
    refused(&copy.send().await, StoreErrorKind::Denied, "the copy")?;
    copy.left_it_alone().await
}

async fn foreign_destination(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    copy.to = world.text(BucketKind::Foreign).await?;
    refused(&copy.send().await, StoreErrorKind::Denied, "the copy")
}
