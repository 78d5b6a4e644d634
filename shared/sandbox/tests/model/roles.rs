use reseal_sandbox::model::{
    AssumedRole, Caller, ChecksumMode, Code, EncryptionRequest, Fault, ObjectRef, ReadObject,
    Request, Response, RoleRules, SeedObject, StsRequest, StsResponse,
};

use super::support::*;

const READER: &str = "arn:aws:iam::111122223333:role/team/reader";
const OTHER: &str = "arn:aws:iam::111122223333:role/other";

fn assume(role: &str, session: &str, seconds: u32) -> Request {
    Request::Sts(StsRequest::AssumeRole {
        role: role.to_owned(),
        session: session.to_owned(),
        seconds,
    })
}

fn assumed(world: &mut World, role: &str) -> AssumedRole {
    match world.apply(assume(role, "me", 3600)) {
        Ok(Response::Sts(StsResponse::Assumed(assumed))) => assumed,
        other => panic!("not assumed: {other:?}"),
    }
}

/// Somebody in a role, in a world with an object under each key.
fn reader(rules: RoleRules) -> (World, Caller) {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 10).encrypted(kms(NEW, true)));
    world.seed(SeedObject::new(PLAIN, "open", 10).encrypted(kms(OLD, true)));
    world.model.seed_role(READER).expect("a role");
    world.model.set_key_roles(NEW, rules).expect("known");
    let AssumedRole { access_key, .. } = assumed(&mut world, READER);
    let caller = world.model.recognise(&access_key, world.now).expect("just opened");
    (world, caller)
}

fn roles(arns: &[&str]) -> std::collections::BTreeSet<String> {
    arns.iter().map(|arn| (*arn).to_owned()).collect()
}

fn read(key: &str) -> ReadObject {
    ReadObject::whole(ObjectRef::current(PLAIN, key))
}

#[test]
fn a_known_role_is_assumed_for_a_while() {
    let mut world = World::new();
    let refused = world.apply(assume(READER, "me", 3600)).expect_err("unknown");
    assert_eq!((refused.code, refused.status()), (Code::AccessDenied, 403));
    assert!(refused.message.contains("sts:AssumeRole on resource"), "{refused}");
    assert!(world.model.seed_role("arn:aws:iam::111122223333:user/me").is_err());
    world.model.seed_role(READER).expect("a role");
    for (session, seconds) in [("x", 3600), ("two words", 3600), ("me", 899), ("me", 43_201)] {
        assert_eq!(world.refusal(assume(READER, session, seconds)), Code::ValidationError);
    }
    assert_eq!(world.refusal(assume("reader", "me", 3600)), Code::ValidationError);
    let first = assumed(&mut world, READER);
    assert!(first.access_key.starts_with("ASIA") && first.access_key.len() == 20);
    assert_ne!(first.access_key, assumed(&mut world, READER).access_key);
    let caller = world.model.recognise(&first.access_key, world.now).expect("known");
    assert_eq!(caller.account.as_deref(), Some(OWNER));
    let whoami = Request::Sts(StsRequest::GetCallerIdentity);
    let Ok(Response::Sts(StsResponse::Identity { arn, .. })) =
        world.model.apply(&caller, whoami, world.now)
    else {
        panic!("nobody");
    };
    assert_eq!(arn, "arn:aws:sts::111122223333:assumed-role/reader/me");
    let code = |result: Result<Caller, Fault>| result.expect_err("refused").code;
    assert_eq!(code(world.model.recognise("ASIANOBODY", world.now)), Code::InvalidAccessKeyId);
    world.pass_seconds(3600);
    assert_eq!(code(world.model.recognise(&first.access_key, world.now)), Code::ExpiredToken);
}

#[test]
fn a_role_that_may_not_decrypt_reads_nothing_under_the_key() {
    for rules in [
        RoleRules { denied: roles(&[READER]), only: None },
        RoleRules { denied: roles(&[]), only: Some(roles(&[OTHER])) },
        RoleRules { denied: roles(&[READER]), only: Some(roles(&[READER])) },
    ] {
        let (mut world, caller) = reader(rules);
        let now = world.now;
        let mut ask = |request| world.model.apply(&caller, request, now);
        let with_checksum = ReadObject { checksum_mode: ChecksumMode::Enabled, ..read("k") };
        for request in [
            Request::GetObject(read("k")),
            Request::HeadObject(with_checksum),
            copying(onto_itself(PLAIN, "k", EncryptionRequest::sse_s3())),
        ] {
            let fault = ask(request).expect_err("not by this role");
            assert_eq!(fault.code, Code::AccessDenied);
            let says = "assumed-role/reader/me is not authorized to perform: kms:Decrypt";
            assert!(fault.message.contains(says), "{fault}");
        }
        ask(Request::HeadObject(read("k"))).expect("a plain HEAD needs no key");
        ask(Request::GetObject(read("open"))).expect("another key");
        world.apply(Request::GetObject(read("k"))).expect("who acts in no role isn't meant");
    }
}

#[test]
fn a_role_that_is_not_named_or_named_as_the_only_one_decrypts() {
    for rules in [
        RoleRules::default(),
        RoleRules { denied: roles(&[OTHER]), only: None },
        RoleRules { denied: roles(&[]), only: Some(roles(&[READER])) },
    ] {
        let (mut world, caller) = reader(rules);
        world.model.apply(&caller, Request::GetObject(read("k")), world.now).expect("decrypted");
    }
}
