//! Deleting old versions, over real HTTP.

use reseal_core::ports::{Deletion, Purger, VersionRef};
use reseal_core::{StoreErrorKind, VersionId};
use reseal_sandbox::model::SeedObject;

use crate::world::{BUCKET_B, World, now, object};

#[tokio::test]
async fn one_version_goes_unless_its_bucket_wants_a_second_factor() {
    let world = World::new().await;
    let keys = ["a b+c", "k?versionId=null", "é/\u{1}"];
    for key in keys {
        let seed = || SeedObject::new(BUCKET_B, key, 7);
        let old = world.change(|model| model.seed_object(seed(), now())).expect("seeded");
        world.seed(seed());
        let named = object(BUCKET_B, key).at(Some(VersionId::new(old.to_string())));
        let version = VersionRef::new(&named).expect("named");
        world.change(|model| model.set_mfa_delete(BUCKET_B, true)).expect("set");
        assert!(world.store.terms(&named.bucket).await.expect("told").mfa_delete);
        let refused = world.store.delete_version(&version).await.expect_err("refused");
        assert_eq!(refused.kind, StoreErrorKind::Denied);
        world.change(|model| model.set_mfa_delete(BUCKET_B, false)).expect("set");
        for _ in 0..2 {
            let deletion = world.store.delete_version(&version).await.expect("gone");
            assert_eq!(deletion, Deletion::Deleted);
        }
        let _ = world.head(&object(BUCKET_B, key)).await;
    }
}
