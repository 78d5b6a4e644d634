//! Deleting old versions, without a wire.

use reseal_core::ports::{Deletion, ObjectStore, Purger, Setting, VersionRef};
use reseal_core::{LockMode, StoreErrorKind, VersionId, Versioning};
use reseal_sandbox::model::{Lock, LockMode as ModelLockMode, Moment, SeedObject};

use super::in_process::{object, ports, run};
use super::support::*;

fn named(version: String) -> VersionRef {
    let object = object(VERSIONED, "k").at(Some(VersionId::new(version)));
    VersionRef::new(&object).expect("named")
}

#[test]
fn one_version_goes_and_the_others_stay() {
    let mut world = World::new();
    let old = named(world.seed(SeedObject::new(VERSIONED, "k", 5)));
    let new = world.seed(SeedObject::new(VERSIONED, "k", 5));
    let (ports, _) = ports(world);
    run(async {
        for _ in 0..2 {
            assert_eq!(ports.delete_version(&old).await.expect("gone"), Deletion::Deleted);
        }
        assert_eq!(ports.head(old.object()).await.expect_err("gone").kind, StoreErrorKind::Gone);
        let current = ports.head(&object(VERSIONED, "k")).await.expect("there");
        assert_eq!(current.version, Some(VersionId::new(new)));
    });
}

#[test]
fn a_second_factor_and_a_lock_keep_a_version() {
    let mut world = World::new();
    world.allow_locks("");
    let until = Moment::from_millis(world.now.millis() + 1_000_000_000).whole_seconds();
    let retention = Some((ModelLockMode::Governance, until));
    let lock = Some(Lock { retention, legal_hold: true });
    let locked = named(world.seed(SeedObject { lock, ..SeedObject::new(VERSIONED, "k", 5) }));
    let free = named(world.seed(SeedObject::new(VERSIONED, "k", 5)));
    let _ = world.seed(SeedObject::new(VERSIONED, "k", 5));
    let (ports, _) = ports(world);
    run(async {
        let bucket = &locked.object().bucket;
        let terms = ports.terms(bucket).await.expect("told");
        assert_eq!((terms.versioning, terms.mfa_delete), (Versioning::Enabled, false));
        assert_eq!(terms.object_lock, Setting::Yes);
        let lock = ports.lock(&locked).await.expect("seen");
        assert_eq!(lock.retention.map(|r| r.mode), Some(LockMode::Governance));
        assert!(lock.legal_hold);
        assert_eq!(ports.lock(&free).await.expect("seen"), reseal_core::ObjectLock::default());
        assert_eq!(ports.delete_version(&locked).await.expect("answered"), Deletion::Locked);

        let set = |on| ports.model().lock().expect("whole").set_mfa_delete(VERSIONED, on);
        set(true).expect("set");
        assert!(ports.terms(bucket).await.expect("told").mfa_delete);
        let refused = ports.delete_version(&free).await.expect_err("refused");
        assert_eq!(refused.kind, StoreErrorKind::Denied);
        set(false).expect("set");
        assert_eq!(ports.delete_version(&free).await.expect("gone"), Deletion::Deleted);
    });
}
