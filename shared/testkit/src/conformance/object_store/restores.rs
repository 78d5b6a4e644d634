//! Archived objects, and their way back.

use reseal_core::{ArchiveState, ObjectRef, RestoreTier, StorageClass, StoreErrorKind};

use super::copying::Copying;
use super::keeps::rich;
use super::{
    BucketKind, Doubt, Probe, Seed, Semantic, Verdict, World, done, refused, same, semantic,
    true_that,
};

const HEAD_TELLS: Probe =
    Probe::No("an archived scratch object would cost for months; HEAD tells before each copy");

pub(super) const SENTENCES: &[Semantic] = &[
    semantic!(
        "head-tells-archived",
        "HEAD tells what is archived, being restored, and restored",
        HEAD_TELLS,
        states
    ),
    semantic!(
        "copy-of-archived",
        "a copy of an archived object, or one that isn't restored yet, is refused as archived",
        HEAD_TELLS,
        refused_copy
    ),
    semantic!(
        "copy-of-restored",
        "a restored object can be copied, into another class too, and is no longer archived then",
        HEAD_TELLS,
        copied
    ),
    semantic!(
        "restore-twice",
        "a restore that is under way already can be asked for again",
        HEAD_TELLS,
        again
    ),
    semantic!(
        "restore-of-readable",
        "a restore of what isn't archived is refused",
        Probe::No("only what HEAD says is archived is asked for"),
        readable
    ),
];

async fn frozen(world: &World) -> Result<ObjectRef, Doubt> {
    let bucket = world.bucket(BucketKind::Plain).await?;
    let seed = Seed { attributes: rich("GLACIER"), ..Seed::new(&bucket, "frozen") };
    Ok(world.put(seed).await?.current())
}

async fn restore(world: &World, object: &ObjectRef) -> Result<(), Doubt> {
    done(world.store.restore(object, Some(2), RestoreTier::Standard).await, "RestoreObject")
}

/// Where a restore that takes long takes seconds, a busy machine may be late.
const TRIES: u32 = 5;

/// Judges an object whose restore is on its way, and another one where that
/// came too late.
async fn on_its_way(world: &World, judge: impl AsyncFn(ObjectRef) -> Verdict) -> Verdict {
    world.seeder.restores_take_long(true).await?;
    let mut verdict = Ok(());
    for _ in 0..TRIES {
        let object = frozen(world).await?;
        restore(world, &object).await?;
        verdict = judge(object).await;
        if verdict.is_ok() {
            break;
        }
    }
    verdict
}

async fn states(world: &World) -> Verdict {
    let object = frozen(world).await?;
    same(&world.head(&object).await?.archive, &ArchiveState::Archived, "at first")?;
    on_its_way(world, async |object| {
        same(&world.head(&object).await?.archive, &ArchiveState::Restoring, "on its way")
    })
    .await?;
    world.seeder.restores_take_long(false).await?;
    let object = frozen(world).await?;
    restore(world, &object).await?;
    world.seeder.restores_are_done().await?;
    let head = world.head(&object).await?;
    same(&head.archive, &ArchiveState::Restored, "in the end")?;
    same(&head.attributes.storage_class.as_str(), &"GLACIER", "its class")
}

async fn refused_copy(world: &World) -> Verdict {
    let object = frozen(world).await?;
    let copy = Copying::onto_itself(world, &object).await?;
    refused(&copy.send().await, StoreErrorKind::Archived, "of an archived one")?;
    on_its_way(world, async |object| {
        let copy = Copying::onto_itself(world, &object).await?;
        refused(&copy.send().await, StoreErrorKind::Archived, "of one on its way")
    })
    .await
}

async fn copied(world: &World) -> Verdict {
    let object = frozen(world).await?;
    world.seeder.restores_take_long(false).await?;
    restore(world, &object).await?;
    world.seeder.restores_are_done().await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    copy.attributes.storage_class = StorageClass::new("STANDARD_IA");
    let made = copy.made().await?;
    same(&made.archive, &ArchiveState::Online, "the copy's state")?;
    same(&made.attributes, &rich("STANDARD_IA"), "the copy")
}

async fn again(world: &World) -> Verdict {
    let object = frozen(world).await?;
    world.seeder.restores_take_long(true).await?;
    restore(world, &object).await?;
    restore(world, &object).await
}

async fn readable(world: &World) -> Verdict {
    let object = world.text(BucketKind::Plain).await?;
    let sent = world.store.restore(&object, Some(2), RestoreTier::Standard).await;
    true_that(sent.is_err(), "not refused")
}
