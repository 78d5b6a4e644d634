use reseal_sandbox::model::{
    Caller, Code, EncryptionRequest, Lock, LockMode, Moment, ObjectRef, Request, Response,
    Retention, SeedObject, WriteAttributes,
};

use super::support::*;

const DAY: i64 = 24 * 60 * 60;

fn object() -> ObjectRef {
    ObjectRef::current(VERSIONED, "k")
}

fn in_days(world: &World, days: i64) -> Moment {
    Moment::from_millis(world.now.millis() + days * DAY * 1000).whole_seconds()
}

fn retain(retention: Option<Retention>) -> Request {
    Request::PutRetention { object: object(), retention }
}

fn hold(on: bool) -> Request {
    Request::PutLegalHold { object: object(), on }
}

fn bypassing(world: &mut World, request: Request) -> Result<Response, Code> {
    let caller = Caller { bypass_governance: true, ..Caller::default() };
    world.model.apply(&caller, request, world.now).map_err(|fault| fault.code)
}

#[test]
fn locks_need_a_bucket_that_has_them_and_a_version_that_has_one() {
    let mut world = World::new();
    world.put(VERSIONED, "k", "x");
    for request in [
        Request::GetRetention(object()),
        Request::GetLegalHold(object()),
        retain(Some((LockMode::Governance, in_days(&world, 1)))),
        hold(true),
    ] {
        let fault = world.apply(request).expect_err("no lock configuration");
        assert_eq!(fault.code, Code::InvalidRequest);
        assert!(fault.message.contains("Bucket is missing Object Lock Configuration"));
    }
    world.allow_locks("");
    assert_eq!(world.refusal(Request::GetRetention(object())), Code::NoSuchObjectLock);
    assert_eq!(world.refusal(Request::GetLegalHold(object())), Code::NoSuchObjectLock);
    let until = in_days(&world, 1);
    world.apply(retain(Some((LockMode::Governance, until)))).expect("locked");
    assert_eq!(world.refusal(Request::GetLegalHold(object())), Code::NoSuchObjectLock);
    world.apply(hold(true)).expect("held");
    let retention = world.apply(Request::GetRetention(object()));
    assert_eq!(retention, Ok(Response::Retention((LockMode::Governance, until))));
    assert_eq!(world.apply(Request::GetLegalHold(object())), Ok(Response::LegalHold(true)));
    let past = retain(Some((LockMode::Governance, world.now)));
    assert_eq!(world.refusal(past), Code::InvalidArgument);
    let again = Request::PutBucketDocument {
        bucket: VERSIONED.to_owned(),
        aspect: reseal_sandbox::model::Aspect::ObjectLock,
        document: None,
    };
    assert_eq!(world.refusal(again), Code::MethodNotAllowed);
}

#[test]
fn a_running_retention_is_weakened_in_governance_mode_only_and_on_purpose() {
    use LockMode::{Compliance, Governance};
    for (before, after, plainly, with_bypass) in [
        (Governance, Some((Governance, 20)), true, true),
        (Governance, Some((Compliance, 10)), true, true),
        (Governance, Some((Governance, 5)), false, true),
        (Governance, None, false, true),
        (Compliance, Some((Compliance, 20)), true, true),
        (Compliance, Some((Compliance, 5)), false, false),
        (Compliance, Some((Governance, 20)), false, false),
        (Compliance, None, false, false),
    ] {
        let mut world = World::new();
        world.allow_locks("");
        world.put(VERSIONED, "k", "x");
        let until = in_days(&world, 10);
        world.apply(retain(Some((before, until)))).expect("locked");
        let change = retain(after.map(|(mode, days)| (mode, in_days(&world, days))));
        let mut trial = World { model: world.model.clone(), ..World::new() };
        let plain = trial.apply(change.clone()).map_err(|fault| fault.code);
        assert_eq!(plain.is_ok(), plainly, "{before:?} to {after:?}");
        let bypassed = bypassing(&mut world, change);
        assert_eq!(bypassed.is_ok(), with_bypass, "{before:?} to {after:?}, on purpose");
        if !with_bypass {
            assert_eq!(bypassed, Err(Code::AccessDenied));
        }
    }
    let mut world = World::new();
    world.allow_locks("");
    world.put(VERSIONED, "k", "x");
    let until = in_days(&world, 1);
    world.apply(retain(Some((Compliance, until)))).expect("locked");
    world.pass_seconds(2 * DAY);
    world.apply(retain(None)).expect("it has run out");
}

#[test]
fn a_locked_version_is_deleted_only_by_overriding_governance() {
    let mut world = World::new();
    world.allow_locks("");
    let until = in_days(&world, 1);
    for (mode, held, deletable) in [
        (LockMode::Governance, false, true),
        (LockMode::Governance, true, false),
        (LockMode::Compliance, false, false),
    ] {
        let mut seed = SeedObject::new(VERSIONED, "k", 5);
        seed.lock = Some(Lock { retention: Some((mode, until)), legal_hold: held });
        let version = world.seed(seed);
        let delete = Request::DeleteObject(object().version(version));
        let fault = world.apply(delete.clone()).expect_err("locked");
        assert_eq!(fault.code, Code::AccessDenied);
        assert!(fault.message.contains("object lock"), "{fault}");
        assert_eq!(bypassing(&mut world, delete).is_ok(), deletable, "{mode:?} {held}");
    }
    world.apply(Request::DeleteObject(object())).expect("a marker hides, it removes nothing");
}

#[test]
fn the_buckets_default_locks_every_new_version_that_does_not_say_otherwise() {
    let mut world = World::new();
    world.seed(SeedObject::new(VERSIONED, "k", 10));
    world.allow_locks(
        "<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>3</Days></DefaultRetention></Rule>",
    );
    let default = Some((LockMode::Governance, in_days(&world, 3)));
    let lock = |world: &mut World| world.look(VERSIONED, "k").object.lock.as_deref().cloned();
    assert_eq!(lock(&mut world), None, "not what was there before");
    let copy = onto_itself(VERSIONED, "k", EncryptionRequest::sse_s3());
    world.write(copying(copy.clone())).expect("copied");
    assert_eq!(lock(&mut world).and_then(|lock| lock.retention), default);
    let held = WriteAttributes {
        lock: Some(Lock { retention: None, legal_hold: true }),
        ..WriteAttributes::default()
    };
    let upload = world.begin(VERSIONED, "k", held);
    let parts = world.copy_ranges(&upload, &[(0, 9)]);
    world.write(Request::CompleteUpload(complete(&upload, parts))).expect("completed");
    assert_eq!(lock(&mut world), Some(Lock { retention: default, legal_hold: true }));
    let longer = Some((LockMode::Compliance, in_days(&world, 9)));
    let mut own = copy;
    own.attributes.lock = Some(Lock { retention: longer, legal_hold: false });
    world.write(copying(own)).expect("copied");
    assert_eq!(lock(&mut world).and_then(|lock| lock.retention), longer);
    world.put(VERSIONED, "k", "x");
    assert_eq!(lock(&mut world).and_then(|lock| lock.retention), default);
}

#[test]
fn default_retention_is_so_many_days_or_years() {
    let mut world = World::new();
    world.allow_locks(
        "<Rule><DefaultRetention><Years>2</Years><Mode>COMPLIANCE</Mode></DefaultRetention></Rule>",
    );
    world.put(VERSIONED, "k", "x");
    let retention = world.look(VERSIONED, "k").object.lock.as_deref().and_then(|l| l.retention);
    assert_eq!(retention, Some((LockMode::Compliance, in_days(&world, 730))));
    for wrong in [
        "<Mode>GOVERNANCE</Mode>",
        "<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>",
        "<Mode>LENIENT</Mode><Days>1</Days>",
        "<Mode>GOVERNANCE</Mode><Days>some</Days>",
        "<Mode>GOVERNANCE</Mode><Days>0</Days>",
    ] {
        let put = Request::PutBucketDocument {
            bucket: VERSIONED.to_owned(),
            aspect: reseal_sandbox::model::Aspect::ObjectLock,
            document: Some(format!("<DefaultRetention>{wrong}</DefaultRetention>")),
        };
        let code = world.refusal(put);
        assert!(matches!(code, Code::MalformedXml | Code::InvalidArgument), "{wrong}");
    }
}

#[test]
fn a_head_tells_only_what_its_caller_may_ask_for() {
    let mut world = World::new();
    world.allow_locks("");
    let mut seed = SeedObject::new(VERSIONED, "k", 5);
    let until = in_days(&world, 1);
    let lock = Lock { retention: Some((LockMode::Governance, until)), legal_hold: true };
    seed.lock = Some(lock.clone());
    world.seed(seed);
    assert_eq!(world.look(VERSIONED, "k").lock, Some(lock.clone()));
    let mut shown = |denied: &str| {
        world.model.deny(Some(VERSIONED), [denied.to_owned()]);
        world.look(VERSIONED, "k").lock
    };
    assert_eq!(shown("GetObjectRetention"), Some(Lock { retention: None, ..lock.clone() }));
    assert_eq!(shown("GetObjectLegalHold"), Some(Lock { legal_hold: false, ..lock }));
}
