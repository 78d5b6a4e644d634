//! ACLs and locks: every copy resets them, and has what it is told.

use std::collections::BTreeSet;
use std::time::Duration;

use reseal_core::{
    Acl, Grant, Grantee, LockMode, ObjectLock, ObjectRef, Permission, Protection, Retention,
    Timestamp,
};

use super::copying::Copying;
use super::uploading::{Uploading, large};
use super::{BucketKind, Doubt, Probe, Seed, Semantic, Verdict, World, same, semantic};

pub(super) const SENTENCES: &[Semantic] = &[
    semantic!(
        "acl-is-told",
        "GetObjectAcl tells owner and grants, groups included",
        Probe::Tries("the grants of an object copied onto itself, where ACLs count"),
        acl_is_told
    ),
    semantic!(
        "copy-restates-grants",
        "a copy has exactly the grants that it is told",
        Probe::Tries("the grants of an object copied onto itself, where ACLs count"),
        copy_restates_grants
    ),
    semantic!(
        "copy-resets-acl",
        "a copy that isn't told any grants is private to its writer",
        Probe::No("the grants are always sent where ACLs count, unless --accept-acl-reset"),
        copy_resets_grants
    ),
    semantic!(
        "parts-restate-grants",
        "a copy in parts has exactly the grants that it is told",
        Probe::No("the ACL of each copy is compared afterwards"),
        parts_restate_grants
    ),
    semantic!(
        "lock-is-told",
        "HEAD tells retention (mode, date) and legal hold",
        Probe::Tries("the locks of objects: can be seen, in buckets with Object Lock"),
        lock_is_told
    ),
    semantic!(
        "copy-restates-lock",
        "a copy has the retention and the legal hold that it is told",
        Probe::No("relied on with --locked copy: a lock on a scratch object would stay"),
        copy_restates_lock
    ),
    semantic!(
        "copy-resets-lock",
        "a copy has no retention and no legal hold that it isn't told",
        Probe::No("the lock is always sent where there is one: harmless where the source's stays"),
        copy_resets_lock
    ),
    semantic!(
        "parts-restate-lock",
        "a copy in parts has the retention and the legal hold that it is told",
        Probe::No("relied on with --locked copy: a lock on a scratch object would stay"),
        parts_restate_lock
    ),
];

const EVERYBODY: &str = "http://acs.amazonaws.com/groups/global/AllUsers";

fn everybody_reads() -> Grant {
    Grant { grantee: Grantee::Group(EVERYBODY.to_owned()), permission: Permission::Read }
}

fn shared(seed: Seed) -> Seed {
    Seed { grants: vec![everybody_reads()], ..seed }
}

/// Full control to the owner, and these.
fn with_grants(found: &Acl, grants: &[Grant]) -> Acl {
    let own = Grantee::Account(found.owner.clone());
    let mut all = BTreeSet::from([Grant { grantee: own, permission: Permission::FullControl }]);
    all.extend(grants.iter().cloned());
    Acl { owner: found.owner.clone(), grants: all }
}

async fn shared_text(world: &World) -> Result<(ObjectRef, Acl), Doubt> {
    let bucket = world.bucket(BucketKind::WithAcls).await?;
    let object = world.put(shared(Seed::new(&bucket, "shared"))).await?.current();
    let acl = world.store.acl(&object).await?;
    Ok((object, acl))
}

async fn acl_is_told(world: &World) -> Verdict {
    let (_, acl) = shared_text(world).await?;
    same(&acl, &with_grants(&acl, &[everybody_reads()]), "the ACL")
}

async fn copy_restates_grants(world: &World) -> Verdict {
    let (object, acl) = shared_text(world).await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    copy.protection.acl = Some(acl.clone());
    copy.made().await?;
    same(&world.store.acl(&object).await?, &acl, "the copy's ACL")
}

async fn copy_resets_grants(world: &World) -> Verdict {
    let (object, acl) = shared_text(world).await?;
    Copying::onto_itself(world, &object).await?.made().await?;
    same(&world.store.acl(&object).await?, &with_grants(&acl, &[]), "the copy's ACL")
}

async fn parts_restate_grants(world: &World) -> Verdict {
    let bucket = world.bucket(BucketKind::WithAcls).await?;
    let object = world.put(large(shared(Seed::new(&bucket, "shared")))).await?.current();
    let acl = world.store.acl(&object).await?;
    let mut upload = Uploading::of(world, &object).await?;
    upload.protection.acl = Some(acl.clone());
    upload.made().await?;
    same(&world.store.acl(&object).await?, &acl, "the copy's ACL")
}

/// A few days from the date of an object that is there.
pub(super) fn some_lock(date: Timestamp) -> ObjectLock {
    let until = Timestamp::from_millis(date.as_secs() * 1_000).plus(Duration::from_secs(864_000));
    ObjectLock {
        retention: Some(Retention { mode: LockMode::Governance, until }),
        legal_hold: true,
    }
}

/// An object with a lock, in a bucket with Object Lock.
pub(super) async fn locked(world: &World, seed: Seed) -> Result<(ObjectRef, ObjectLock), Doubt> {
    let bucket = world.bucket(BucketKind::Locking).await?;
    let earlier = world.put(Seed::new(&bucket, "tells the time")).await?;
    let lock = some_lock(world.head(&earlier).await?.last_modified);
    let object = world.put(Seed { bucket, lock, ..seed }).await?;
    Ok((object, lock))
}

async fn locked_text(world: &World) -> Result<(ObjectRef, ObjectLock), Doubt> {
    let somewhere = world.bucket(BucketKind::Plain).await?;
    let (object, lock) = locked(world, Seed::new(&somewhere, "locked")).await?;
    Ok((object.current(), lock))
}

async fn lock_is_told(world: &World) -> Verdict {
    let (object, lock) = locked_text(world).await?;
    same(&world.head(&object).await?.lock, &lock, "the lock")
}

async fn copy_restates_lock(world: &World) -> Verdict {
    let (object, lock) = locked_text(world).await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    copy.protection = Protection { acl: None, lock };
    same(&copy.made().await?.lock, &lock, "the copy's lock")
}

async fn copy_resets_lock(world: &World) -> Verdict {
    let (object, _) = locked_text(world).await?;
    let mut copy = Copying::onto_itself(world, &object).await?;
    let hold = ObjectLock { retention: None, legal_hold: true };
    copy.protection = Protection { acl: None, lock: hold };
    same(&copy.made().await?.lock, &hold, "told a hold alone")?;
    let made = Copying::onto_itself(world, &object).await?.made().await?;
    same(&made.lock, &ObjectLock::default(), "told nothing")
}

async fn parts_restate_lock(world: &World) -> Verdict {
    let somewhere = world.bucket(BucketKind::Plain).await?;
    let (object, lock) = locked(world, large(Seed::new(&somewhere, "locked"))).await?;
    let mut upload = Uploading::of(world, &object).await?;
    upload.protection = Protection { acl: None, lock };
    same(&upload.made().await?.lock, &lock, "the copy's lock")
}
