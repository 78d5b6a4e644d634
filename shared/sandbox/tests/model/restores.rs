use reseal_sandbox::model::{
    ArchiveTier, Code, EncryptionRequest, Moment, ObjectRef, ReadObject, Readiness, Request,
    Response, RestoreObject, RestoreTier, SeedObject, StorageClass,
};

use super::support::*;

const DAY: i64 = 24 * 60 * 60;

fn archived(class: StorageClass, archive: Option<ArchiveTier>) -> World {
    let mut world = World::new();
    let mut seed = SeedObject::new(PLAIN, "k", 10);
    seed.storage_class = class;
    seed.archive = archive;
    world.seed(seed);
    world
}

fn restore(days: Option<u32>, tier: Option<RestoreTier>) -> Request {
    Request::RestoreObject(RestoreObject { object: ObjectRef::current(PLAIN, "k"), days, tier })
}

fn readable(world: &mut World) -> bool {
    let get = Request::GetObject(ReadObject::whole(ObjectRef::current(PLAIN, "k")));
    let copy = copying(onto_elsewhere());
    let reads = [get, copy].map(|request| match world.apply(request) {
        Ok(_) => true,
        Err(fault) => {
            assert_eq!(fault.code, Code::InvalidObjectState);
            false
        }
    });
    assert_eq!(reads[0], reads[1], "a copy reads its source");
    reads[0]
}

fn onto_elsewhere() -> reseal_sandbox::model::CopyObject {
    let mut copy = onto_itself(PLAIN, "k", EncryptionRequest::sse_s3());
    copy.key = "elsewhere".to_owned();
    copy
}

fn readiness(world: &mut World) -> Readiness {
    world.look(PLAIN, "k").readiness
}

/// So many days from now, at the next midnight.
fn midnight_after(world: &World, days: i64) -> Moment {
    Moment::from_millis((world.now.seconds() / DAY + days + 1) * DAY * 1000)
}

#[test]
fn a_restored_copy_comes_after_a_while_and_goes_after_its_days() {
    for class in [StorageClass::Glacier, StorageClass::DeepArchive] {
        let mut world = archived(class, None);
        world.model.set_restore_duration(20_000);
        assert_eq!((readiness(&mut world), readable(&mut world)), (Readiness::Archived, false));
        let started = world.apply(restore(Some(3), Some(RestoreTier::Bulk)));
        assert_eq!(started, Ok(Response::RestoreStarted { again: false }));
        assert_eq!((readiness(&mut world), readable(&mut world)), (Readiness::Restoring, false));
        assert_eq!(world.refusal(restore(Some(3), None)), Code::RestoreAlreadyInProgress);
        world.pass_seconds(20);
        let expiry = midnight_after(&world, 3);
        assert_eq!(readiness(&mut world), Readiness::Restored(expiry));
        assert!(readable(&mut world));
        assert_eq!(world.look(PLAIN, "k").object.storage_class, class, "it is still archived");
        world.pass_seconds(2 * DAY);
        let again = world.apply(restore(Some(5), None));
        assert_eq!(again, Ok(Response::RestoreStarted { again: true }));
        assert_eq!(readiness(&mut world), Readiness::Restored(midnight_after(&world, 5)));
        world.pass_seconds(6 * DAY);
        assert_eq!((readiness(&mut world), readable(&mut world)), (Readiness::Archived, false));
        world.apply(restore(Some(1), None)).expect("from the start");
        assert_eq!(readiness(&mut world), Readiness::Restoring);
    }
}

#[test]
fn an_archive_tier_is_left_for_good() {
    let mut world = archived(StorageClass::IntelligentTiering, Some(ArchiveTier::Archive));
    assert_eq!(world.refusal(restore(Some(3), None)), Code::InvalidArgument);
    world.apply(restore(None, None)).expect("started");
    assert_eq!((readiness(&mut world), readable(&mut world)), (Readiness::Restoring, false));
    world.pass_seconds(5);
    assert_eq!((readiness(&mut world), readable(&mut world)), (Readiness::Online, true));
    world.pass_seconds(1000 * DAY);
    assert_eq!(readiness(&mut world), Readiness::Online);
    assert_eq!(world.refusal(restore(None, None)), Code::InvalidObjectState);
}

#[test]
fn restores_can_be_instant() {
    let mut world = archived(StorageClass::Glacier, None);
    world.model.set_restore_duration(0);
    world.apply(restore(Some(1), None)).expect("started");
    assert!(readable(&mut world));
}

#[test]
fn what_needs_no_restore_or_cannot_have_it_so_is_refused() {
    for class in [StorageClass::Standard, StorageClass::GlacierIr, StorageClass::IntelligentTiering]
    {
        let mut world = archived(class, None);
        assert_eq!(world.refusal(restore(Some(1), None)), Code::InvalidObjectState, "{class:?}");
    }
    let mut glacier = archived(StorageClass::Glacier, None);
    assert_eq!(glacier.refusal(restore(None, None)), Code::MalformedXml);
    assert_eq!(glacier.refusal(restore(Some(0), None)), Code::InvalidArgument);
    glacier.apply(restore(Some(1), Some(RestoreTier::Expedited))).expect("started");
    let mut deep = archived(StorageClass::DeepArchive, None);
    let expedited = restore(Some(1), Some(RestoreTier::Expedited));
    assert_eq!(deep.refusal(expedited), Code::InvalidArgument);
}

#[test]
fn a_restore_belongs_to_its_version_and_an_update_keeps_it() {
    let mut world = World::new();
    world.model.set_restore_duration(0);
    let mut seed =
        SeedObject::new(VERSIONED, "k", 10).encrypted(reseal_sandbox::model::SeedEncryption::SseS3);
    seed.storage_class = StorageClass::Glacier;
    let old = world.seed(seed.clone());
    world.seed(seed);
    let object = ObjectRef::current(VERSIONED, "k").version(old);
    let request = RestoreObject { object: object.clone(), days: Some(1), tier: None };
    world.apply(Request::RestoreObject(request)).expect("started");
    let key = world.new_key.clone();
    world.apply(update(object.clone(), &key, None)).expect("updated");
    let states = [object, ObjectRef::current(VERSIONED, "k")]
        .map(|object| world.head(object).expect("there").readiness);
    assert!(matches!(states, [Readiness::Restored(_), Readiness::Archived]), "{states:?}");
    let dump = world.dump(VERSIONED);
    assert!(dump[0].restore.is_none() && dump[1].restore.is_some());
    world.write(copying(onto_itself(VERSIONED, "k", EncryptionRequest::sse_s3()))).expect_err("no");
}
