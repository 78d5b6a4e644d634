//! What KMS must tell of keys.
//!
//! Owns: the sentences about `KeyService`.
//! Never: reaches past the port to judge.
//! Next: `object_store` for what worlds prepare and how they are confronted.

use reseal_core::ports::KeyStatus;
use reseal_core::{KeyTrouble, StoreErrorKind};

use super::object_store::{
    Probe, Semantic, Verdict, World, done, no_such_key, refused, same, semantic, true_that,
};

const ASKED: Probe = Probe::No(
    "`run` describes the key before the probe, and the probe then writes under the ARN it was told",
);
const WRITES: Probe = Probe::No(
    "the probe writes under the key that was described: one that can't be used is refused there",
);

/// The sentences about `KeyService`, in the page's order.
#[must_use]
pub fn key_service() -> Vec<Semantic> {
    vec![
        semantic!(
            "describe-by-any-name",
            "a key is described by ARN, id and alias, and tells the same ARN each time",
            ASKED,
            any_name
        ),
        semantic!(
            "describe-enabled",
            "a fresh key is told as enabled, for encryption, and not managed by AWS",
            WRITES,
            enabled
        ),
        semantic!("describe-disabled", "a disabled key is told as such", WRITES, disabled),
        semantic!(
            "describe-pending-deletion",
            "a key that waits for its deletion is told as such",
            WRITES,
            pending_deletion
        ),
        semantic!(
            "describe-unknown",
            "a key or alias that doesn't exist is told as such",
            ASKED,
            unknown
        ),
        semantic!(
            "describe-signing",
            "a key that only signs is told from one for encryption",
            WRITES,
            signing
        ),
    ]
}

async fn any_name(world: &World) -> Verdict {
    let key = world.seeder.key().await?;
    let alias = world.seeder.alias(&key).await?;
    let id = key.as_str().rsplit('/').next().unwrap_or_default();
    for name in [key.as_str(), id, &alias] {
        let facts = done(world.keys.describe(name).await, name)?;
        same(&facts.arn, &key, name)?;
    }
    Ok(())
}

async fn enabled(world: &World) -> Verdict {
    let key = world.seeder.key().await?;
    let facts = done(world.keys.describe(key.as_str()).await, "DescribeKey")?;
    same(&facts.status, &KeyStatus::Enabled, "its state")?;
    true_that(facts.symmetric_encryption && !facts.aws_managed, format_args!("{facts:?}"))
}

async fn disabled(world: &World) -> Verdict {
    told(world, KeyStatus::Disabled).await
}

async fn pending_deletion(world: &World) -> Verdict {
    told(world, KeyStatus::PendingDeletion).await
}

async fn told(world: &World, status: KeyStatus) -> Verdict {
    let key = world.seeder.key().await?;
    world.seeder.set_key(&key, status).await?;
    let facts = done(world.keys.describe(key.as_str()).await, "DescribeKey")?;
    same(&facts.status, &status, "its state")
}

async fn unknown(world: &World) -> Verdict {
    let absent = no_such_key(&world.seeder.key().await?)?;
    let kind = StoreErrorKind::Key(KeyTrouble::NotFound);
    for name in [absent.as_str(), "alias/nobody-made-this-one"] {
        refused(&world.keys.describe(name).await, kind, name)?;
    }
    Ok(())
}

async fn signing(world: &World) -> Verdict {
    let key = world.seeder.signing_key().await?;
    let facts = done(world.keys.describe(key.as_str()).await, "DescribeKey")?;
    true_that(!facts.symmetric_encryption, format_args!("{facts:?}"))
}
