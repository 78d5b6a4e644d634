use reseal_sandbox::model::{
    Code, Deleted, Lock, LockMode, Moment, ObjectRef, Request, Response, SeedObject, Versioning,
};

use super::support::*;

fn delete(world: &mut World, object: ObjectRef) -> Deleted {
    match world.apply(Request::DeleteObject(object)).expect("deleted") {
        Response::Deleted(deleted) => deleted,
        other => panic!("not a deletion: {other:?}"),
    }
}

fn set_versioning(world: &mut World, status: Versioning) {
    let bucket = VERSIONED.to_owned();
    world.apply(Request::PutBucketVersioning { bucket, status }).expect("set");
}

#[test]
fn a_delete_hides_and_a_delete_of_the_marker_brings_back() {
    let mut world = World::new();
    let version = world.put(VERSIONED, "k", "hello").version_id.expect("versioned");
    let marker = delete(&mut world, ObjectRef::current(VERSIONED, "k"));
    assert!(marker.marker);
    let fault = world.head(ObjectRef::current(VERSIONED, "k")).expect_err("hidden");
    assert_eq!(fault.code, Code::NoSuchKey);
    assert_eq!(fault.marker.expect("says so").version_id, marker.version_id);
    let marker_id = marker.version_id.expect("has one").to_string();
    let by_id = world.head(ObjectRef::current(VERSIONED, "k").version(marker_id.clone()));
    assert_eq!(by_id.expect_err("a marker has no bytes").code, Code::MethodNotAllowed);
    let old = ObjectRef::current(VERSIONED, "k").version(version.to_string());
    world.head(old).expect("the version is still there");
    delete(&mut world, ObjectRef::current(VERSIONED, "k").version(marker_id));
    assert_eq!(world.look(VERSIONED, "k").version_id, Some(version));
}

#[test]
fn without_versions_a_delete_is_for_good_and_repeatable() {
    let mut world = World::new();
    world.put(PLAIN, "k", "hello");
    assert_eq!(world.look(PLAIN, "k").version_id, None);
    let object = ObjectRef::current(PLAIN, "k");
    assert_eq!(delete(&mut world, object.clone()), Deleted::default());
    assert_eq!(delete(&mut world, object), Deleted::default());
    assert_eq!(world.dump(PLAIN), []);
}

#[test]
fn a_suspended_bucket_rewrites_its_null_version() {
    let mut world = World::new();
    world.put(VERSIONED, "k", "kept");
    set_versioning(&mut world, Versioning::Suspended);
    for body in ["first", "second"] {
        let written = world.put(VERSIONED, "k", body);
        assert_eq!(written.version_id.map(|id| id.to_string()).as_deref(), Some("null"));
    }
    let ids: Vec<_> = world.dump(VERSIONED).into_iter().map(|line| line.version_id).collect();
    assert_eq!(ids.len(), 2, "the null version was replaced, the other one kept");
    let marker = delete(&mut world, ObjectRef::current(VERSIONED, "k"));
    assert_eq!(marker.version_id.map(|id| id.to_string()).as_deref(), Some("null"));
    set_versioning(&mut world, Versioning::Enabled);
    world.put(VERSIONED, "k", "on again");
    let dump = world.dump(VERSIONED);
    let kinds: Vec<_> = dump.iter().map(|line| line.is_delete_marker).collect();
    assert_eq!(kinds, [false, true, false]);
}

#[test]
fn objects_from_before_versioning_are_the_null_version() {
    let mut world = World::new();
    world.put(PLAIN, "k", "old");
    let (bucket, status) = (PLAIN.to_owned(), Versioning::Enabled);
    world.apply(Request::PutBucketVersioning { bucket, status }).expect("on");
    let old = world.look(PLAIN, "k");
    assert_eq!(old.version_id.map(|id| id.to_string()).as_deref(), Some("null"));
    world.put(PLAIN, "k", "new");
    let null = world.head(ObjectRef::current(PLAIN, "k").version("null")).expect("kept");
    assert_eq!(null.object.content.len(), 3);
}

#[test]
fn version_ids_are_checked() {
    let mut world = World::new();
    world.put(VERSIONED, "k", "hello");
    let other = world.put(VERSIONED, "other", "x").version_id.expect("versioned").to_string();
    let object = || ObjectRef::current(VERSIONED, "k");
    let mut code = |version: &str| world.head(object().version(version)).expect_err("no").code;
    assert_eq!(code(&other), Code::NoSuchVersion);
    assert_eq!(code("null"), Code::NoSuchVersion);
    assert_eq!(code("not an id"), Code::InvalidArgument);
    assert_eq!(code(""), Code::InvalidArgument);
}

#[test]
fn locked_versions_stay() {
    let mut world = World::new();
    let until = Moment::from_millis(world.now.millis() + 1000);
    let mut seed = SeedObject::new(VERSIONED, "k", 5);
    seed.lock = Some(Lock { retention: Some((LockMode::Compliance, until)), legal_hold: false });
    let version = world.seed(seed);
    let request = Request::DeleteObject(ObjectRef::current(VERSIONED, "k").version(version));
    assert_eq!(world.refusal(request.clone()), Code::AccessDenied);
    world.pass_seconds(2);
    world.apply(request).expect("the retention is over");
}
