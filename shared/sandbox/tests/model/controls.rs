use reseal_sandbox::model::{
    Aspect, Caller, Code, Grant, Group, Limits, ObjectRef, Ownership, Permission, ReadObject,
    Request, SeedObject,
};

use super::support::*;

#[test]
fn denied_operations_answer_access_denied_until_allowed_again() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 5));
    world.seed(SeedObject::new(VERSIONED, "k", 5));
    world.model.deny(Some(PLAIN), ["HeadObject".to_owned()]);
    let denied = world.head(ObjectRef::current(PLAIN, "k")).expect_err("denied");
    assert_eq!(denied.code, Code::AccessDenied);
    world.look(VERSIONED, "k");
    world.model.deny(Some(PLAIN), []);
    world.look(PLAIN, "k");
}

#[test]
fn mutations_above_the_rate_are_told_to_slow_down_and_reads_are_not() {
    let mut world = World::new();
    world.model.set_limits(Limits { mutations_per_second: Some(100) });
    let mut served = 0;
    for _ in 0..50 {
        match world.apply(Request::PutObject(put(PLAIN, "k", "x"))) {
            Ok(_) => served += 1,
            Err(fault) => assert_eq!((fault.code, fault.status()), (Code::SlowDown, 503)),
        }
        world.look(PLAIN, "k");
    }
    assert_eq!(served, 10, "a tenth of a second's worth at once");
    world.put(VERSIONED, "k", "other buckets have budgets of their own");
    world.pass_seconds(1);
    world.put(PLAIN, "k", "later");
    assert_eq!(world.model.stats().slow_down(), 40);
    let counts = world.model.stats().operations["PutObject"];
    assert_eq!((counts.requests, counts.slow_down, counts.refused), (52, 40, 0));
}

#[test]
fn where_requesters_pay_strangers_must_say_that_they_know() {
    let mut world = World::new();
    world.model.set_ownership(PLAIN, Some(Ownership::ObjectWriter)).expect("it exists");
    let mut seed = SeedObject::new(PLAIN, "k", 5);
    seed.grants = Some(vec![Grant::to_group(Group::AllUsers, Permission::Read)]);
    world.seed(seed);
    let pay = |payer: &str| Request::PutBucketDocument {
        bucket: PLAIN.to_owned(),
        aspect: Aspect::RequestPayment,
        document: Some(format!("<Payer>{payer}</Payer>")),
    };
    let get = || Request::GetObject(ReadObject::whole(ObjectRef::current(PLAIN, "k")));
    world.apply_as(STRANGER, get()).expect("the owner pays");
    assert_eq!(world.refusal(pay("Nobody")), Code::MalformedXml);
    world.apply(pay("Requester")).expect("set");
    let refused = world.apply_as(STRANGER, get()).expect_err("the requester pays");
    assert_eq!(refused.code, Code::AccessDenied);
    let mut paying = Caller { account: Some(STRANGER.to_owned()), ..Caller::default() };
    paying.request_payer = true;
    world.model.apply(&paying, get(), world.now).expect("and knows it");
    world.apply(get()).expect("the owner never needs to");
    world.apply(pay("BucketOwner")).expect("set");
    world.apply_as(STRANGER, get()).expect("as before");
}
