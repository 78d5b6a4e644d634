use reseal_sandbox::model::{
    AclRequest, Aspect, CannedAcl, Code, EncryptionRequest, Fault, Grant, Group, ListObjects,
    ObjectRef, Ownership, Permission, ReadObject, Request, Response, SeedObject, WriteAttributes,
    canonical_id,
};

use super::support::*;

fn with_acls(ownership: Option<Ownership>) -> World {
    let mut world = World::new();
    for bucket in [PLAIN, VERSIONED] {
        world.model.set_ownership(bucket, ownership).expect("it exists");
    }
    world
}

fn canned(acl: CannedAcl) -> Option<Box<AclRequest>> {
    Some(Box::new(AclRequest::Canned(acl)))
}

/// Grantees, shortened, and permissions, after the owner.
fn acl(world: &mut World, object: ObjectRef) -> (String, Vec<String>) {
    match world.apply(Request::GetObjectAcl(object)) {
        Ok(Response::Acl(view)) => {
            let grants = view.grants.iter().map(|grant| {
                format!("{} {}", name(&grant.grantee.to_string()), grant.permission.as_str())
            });
            (name(&view.owner), grants.collect())
        }
        other => panic!("no ACL: {other:?}"),
    }
}

fn name(text: &str) -> String {
    let text = text.replace(&*canonical_id(OWNER), "owner");
    let text = text.replace(&*canonical_id(STRANGER), "stranger");
    text.trim_start_matches("id=").rsplit('/').next().unwrap_or_default().to_owned()
}

fn reading(key: &str) -> Request {
    Request::GetObject(ReadObject::whole(ObjectRef::current(PLAIN, key)))
}

fn code<T>(result: Result<T, Fault>) -> Option<Code> {
    result.err().map(|fault| fault.code)
}

fn put_acl(acl: AclRequest) -> Request {
    Request::PutObjectAcl { object: ObjectRef::current(PLAIN, "k"), owner: None, acl }
}

#[test]
fn new_buckets_have_no_acls_and_say_so() {
    let mut world = World::new();
    world.apply(create_bucket("new")).expect("made");
    let ask =
        Request::GetBucketDocument { bucket: "new".to_owned(), aspect: Aspect::OwnershipControls };
    let Ok(Response::Document(Some(document), _)) = world.apply(ask) else { panic!("a document") };
    assert!(document.contains("<ObjectOwnership>BucketOwnerEnforced</ObjectOwnership>"));
    for (request, taken) in [
        (CannedAcl::Private, true),
        (CannedAcl::BucketOwnerFullControl, true),
        (CannedAcl::PublicRead, false),
        (CannedAcl::BucketOwnerRead, false),
    ] {
        let mut put = put("new", "k", "x");
        put.attributes.acl = canned(request);
        let expected = (!taken).then_some(Code::AccessControlListNotSupported);
        assert_eq!(code(world.apply(Request::PutObject(put))), expected, "{request:?}");
    }
    let full = |account| vec![Grant::to_user(canonical_id(account), Permission::FullControl)];
    for (account, taken) in [(OWNER, true), (STRANGER, false)] {
        let attributes = WriteAttributes {
            acl: Some(Box::new(AclRequest::Grants(full(account)))),
            ..WriteAttributes::default()
        };
        let (bucket, key) = ("new".to_owned(), "k".to_owned());
        let create = Request::CreateUpload { bucket, key, attributes: Box::new(attributes) };
        assert_eq!(world.apply(create).is_ok(), taken, "{account}");
    }
    let set = Request::PutObjectAcl {
        object: ObjectRef::current("new", "k"),
        owner: None,
        acl: AclRequest::Canned(CannedAcl::Private),
    };
    assert_eq!(world.refusal(set), Code::AccessControlListNotSupported);
    let shown = acl(&mut world, ObjectRef::current("new", "k"));
    assert_eq!(shown, ("owner".to_owned(), vec!["owner FULL_CONTROL".to_owned()]));
}

#[test]
fn the_controls_decide_whose_a_strangers_object_is() {
    let take_over = canned(CannedAcl::BucketOwnerFullControl);
    for (ownership, acl_sent, owner) in [
        (Some(Ownership::BucketOwnerEnforced), None, "owner"),
        (Some(Ownership::BucketOwnerPreferred), take_over.clone(), "owner"),
        (Some(Ownership::BucketOwnerPreferred), None, "stranger"),
        (Some(Ownership::ObjectWriter), take_over.clone(), "stranger"),
        (None, take_over, "stranger"),
    ] {
        let mut world = with_acls(Some(Ownership::ObjectWriter));
        let open = AclRequest::Canned(CannedAcl::PublicReadWrite);
        let bucket = PLAIN.to_owned();
        world.apply(Request::PutBucketAcl { bucket, owner: None, acl: open }).expect("opened");
        if ownership == Some(Ownership::BucketOwnerEnforced) {
            // Nobody else may write there any more, but what they wrote changes hands.
            world.apply_as(STRANGER, Request::PutObject(put(PLAIN, "k", "x"))).expect("written");
            world.model.set_ownership(PLAIN, ownership).expect("set");
            let again = Request::PutObject(put(PLAIN, "k", "x"));
            assert_eq!(code(world.apply_as(STRANGER, again)), Some(Code::AccessDenied));
        } else {
            world.model.set_ownership(PLAIN, ownership).expect("set");
            let mut put = put(PLAIN, "k", "x");
            put.attributes.acl = acl_sent.clone();
            world.apply_as(STRANGER, Request::PutObject(put)).expect("written");
        }
        let view = world.apply(Request::GetObjectAcl(ObjectRef::current(PLAIN, "k")));
        match (view, &acl_sent) {
            (Ok(Response::Acl(view)), _) => assert_eq!(name(&view.owner), owner, "{ownership:?}"),
            // Without a grant the bucket's owner is not even told whose it is.
            (Err(fault), None) => {
                assert_eq!((fault.code, owner), (Code::AccessDenied, "stranger"));
            }
            (other, _) => panic!("{ownership:?}: {other:?}"),
        }
        let own = Request::GetObjectAcl(ObjectRef::current(PLAIN, "k"));
        assert_eq!(world.apply_as(STRANGER, own).is_ok(), owner == "stranger", "{ownership:?}");
    }
}

#[test]
fn controls_can_be_switched_unless_the_buckets_acl_says_more_than_its_owner() {
    let mut world = with_acls(None);
    let (bucket, aspect) = (PLAIN.to_owned(), Aspect::OwnershipControls);
    let get = Request::GetBucketDocument { bucket: bucket.clone(), aspect };
    assert_eq!(world.refusal(get.clone()), Code::OwnershipControlsNotFound);
    let switch = |to: &str| Request::PutBucketDocument {
        bucket: bucket.clone(),
        aspect,
        document: Some(format!("<Rule><ObjectOwnership>{to}</ObjectOwnership></Rule>")),
    };
    let put_acl = |acl| Request::PutBucketAcl {
        bucket: bucket.clone(),
        owner: None,
        acl: AclRequest::Canned(acl),
    };
    world.apply(put_acl(CannedAcl::PublicRead)).expect("public");
    let enforced = switch("BucketOwnerEnforced");
    assert_eq!(world.refusal(enforced.clone()), Code::InvalidBucketAclWithOwnership);
    world.apply(put_acl(CannedAcl::Private)).expect("private");
    world.apply(enforced).expect("switched");
    assert_eq!(world.refusal(put_acl(CannedAcl::Private)), Code::AccessControlListNotSupported);
    world.apply(switch("ObjectWriter")).expect("switched");
    assert_eq!(world.refusal(switch("Nobody")), Code::MalformedXml);
    let delete = Request::PutBucketDocument { bucket: bucket.clone(), aspect, document: None };
    world.apply(delete).expect("deleted");
    assert_eq!(world.refusal(get), Code::OwnershipControlsNotFound);
}

#[test]
fn copies_and_uploads_are_private_unless_the_request_says_otherwise() {
    let mut world = with_acls(Some(Ownership::ObjectWriter));
    let mut seed = SeedObject::new(PLAIN, "k", 10);
    seed.grants = Some(vec![
        Grant::to_user(canonical_id(OWNER), Permission::FullControl),
        Grant::to_group(Group::AllUsers, Permission::Read),
    ]);
    world.seed(seed);
    let object = || ObjectRef::current(PLAIN, "k");
    let public = ["owner FULL_CONTROL", "AllUsers READ"];
    assert_eq!(acl(&mut world, object()).1, public);
    let mut copy = onto_itself(PLAIN, "k", EncryptionRequest::sse_s3());
    world.write(copying(copy.clone())).expect("copied");
    assert_eq!(acl(&mut world, object()).1, ["owner FULL_CONTROL"], "reset");
    copy.attributes.acl = canned(CannedAcl::PublicRead);
    world.write(copying(copy)).expect("copied");
    assert_eq!(acl(&mut world, object()).1, public);
    for (sent, expected) in [(None, &public[..1]), (canned(CannedAcl::PublicRead), &public[..])] {
        let attributes = WriteAttributes { acl: sent, ..WriteAttributes::default() };
        let upload = world.begin(PLAIN, "k", attributes);
        let parts = world.copy_ranges(&upload, &[(0, 9)]);
        world.write(Request::CompleteUpload(complete(&upload, parts))).expect("completed");
        assert_eq!(acl(&mut world, object()).1, expected);
    }
}

#[test]
fn explicit_grants_are_all_that_there_is() {
    let mut world = with_acls(Some(Ownership::ObjectWriter));
    let mut put = put(PLAIN, "k", "x");
    let read = Grant::to_user(canonical_id(STRANGER), Permission::Read);
    put.attributes.acl = Some(Box::new(AclRequest::Grants(vec![read])));
    world.write(Request::PutObject(put)).expect("written");
    let object = ObjectRef::current(PLAIN, "k");
    assert_eq!(acl(&mut world, object.clone()).1, ["stranger READ"], "not even the owner");
    world.apply_as(STRANGER, reading("k")).expect("the grant counts");
    let get_acl = Request::GetObjectAcl(object);
    assert_eq!(code(world.apply_as(STRANGER, get_acl)), Some(Code::AccessDenied));
    world.apply(put_acl(AclRequest::Canned(CannedAcl::Private))).expect("the owner always may");
    assert_eq!(code(world.apply_as(STRANGER, reading("k"))), Some(Code::AccessDenied));
    let many = vec![Grant::to_group(Group::AllUsers, Permission::Read); 101];
    assert_eq!(world.refusal(put_acl(AclRequest::Grants(many))), Code::MalformedAcl);
}

#[test]
fn the_bucket_owner_may_not_read_what_others_own_but_may_delete_it() {
    let mut world = with_acls(Some(Ownership::ObjectWriter));
    let mut seed = SeedObject::new(PLAIN, "k", 10);
    seed.owner = Some(STRANGER.to_owned());
    world.seed(seed.clone());
    assert_eq!(world.refusal(reading("k")), Code::AccessDenied);
    let object = ObjectRef::current(PLAIN, "k");
    assert_eq!(world.refusal(Request::GetTagging(object.clone())), Code::AccessDenied);
    let copy = onto_itself(PLAIN, "k", EncryptionRequest::sse_s3());
    assert_eq!(world.refusal(copying(copy)), Code::AccessDenied, "a copy reads its source");
    world.apply_as(STRANGER, reading("k")).expect("its owner");
    let list = ListObjects { bucket: PLAIN.to_owned(), ..ListObjects::default() };
    let Ok(Response::Objects(page)) = world.apply(Request::ListObjects(list)) else {
        panic!("a listing");
    };
    assert_eq!(page.objects[0].owner.as_deref(), Some(&*canonical_id(STRANGER)));
    seed.grants = Some(vec![Grant::to_user(canonical_id(OWNER), Permission::Read)]);
    world.seed(seed);
    world.apply(reading("k")).expect("with a grant");
    assert_eq!(code(world.apply_as(STRANGER, reading("k"))), Some(Code::AccessDenied));
    let get_acl = Request::GetObjectAcl(object.clone());
    world.apply_as(STRANGER, get_acl).expect("an owner without grants still has the ACL");
    world.apply(Request::DeleteObject(object)).expect("deleted");
}

#[test]
fn acls_belong_to_versions_and_an_update_keeps_them() {
    let mut world = with_acls(Some(Ownership::BucketOwnerPreferred));
    let old = world.put(VERSIONED, "k", "one").version_id.expect("versioned").to_string();
    world.put(VERSIONED, "k", "two");
    let current = ObjectRef::current(VERSIONED, "k");
    let object = current.clone().version(old);
    let public = AclRequest::Canned(CannedAcl::AuthenticatedRead);
    let set = Request::PutObjectAcl { object: object.clone(), owner: None, acl: public };
    world.apply(set).expect("set");
    let granted = ["owner FULL_CONTROL", "AuthenticatedUsers READ"];
    let key = world.new_key.clone();
    world.apply(update(object.clone(), &key, None)).expect("updated");
    assert_eq!(acl(&mut world, object).1, granted);
    assert_eq!(acl(&mut world, current).1, granted[..1]);
    let dump = world.dump(VERSIONED);
    assert_eq!((dump[0].owner.as_deref(), dump[0].grants.len()), (None, 0), "private isn't told");
    assert_eq!(dump[1].owner.as_deref(), Some(&*canonical_id(OWNER)));
    assert_eq!(
        dump[1].grants.iter().map(|(_, what)| *what).collect::<Vec<_>>(),
        ["FULL_CONTROL", "READ"]
    );
}
