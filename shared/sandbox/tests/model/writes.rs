use reseal_sandbox::model::{
    Caller, Code, DefaultEncryption, Encryption, ObjectRef, Request, Response, SseAlgorithm,
    TagCondition, WriteConditions,
};

use super::support::*;

#[test]
fn new_objects_are_encrypted_by_the_buckets_default() {
    let mut world = World::new();
    world.put(PLAIN, "k", "hello");
    assert_eq!(world.look(PLAIN, "k").object.encryption, Encryption::SseS3);
    let default = DefaultEncryption {
        blocks_customer_keys: None,
        algorithm: SseAlgorithm::Kms,
        key: Some(NEW.to_owned()),
        bucket_key: true,
    };
    let bucket = PLAIN.to_owned();
    world.apply(Request::PutBucketEncryption { bucket: bucket.clone(), default }).expect("set");
    world.put(PLAIN, "k", "hello");
    let encryption = world.look(PLAIN, "k").object.encryption.clone();
    assert!(matches!(encryption, Encryption::Kms { bucket_key: true, .. }));
    world.apply(Request::DeleteBucketEncryption(bucket)).expect("reset");
    world.put(PLAIN, "k", "hello");
    assert_eq!(world.look(PLAIN, "k").object.encryption, Encryption::SseS3);
}

#[test]
fn a_put_can_insist_on_being_first_or_on_a_version() {
    let mut world = World::new();
    let mut first = put(PLAIN, "k", "hello");
    first.conditions.if_none_match = Some(TagCondition::Any);
    let written = world.write(Request::PutObject(first.clone())).expect("first");
    assert_eq!(world.refusal(Request::PutObject(first)), Code::PreconditionFailed);
    let mut next = put(PLAIN, "k", "hello again");
    next.conditions = WriteConditions { if_match: tag(&written.etag), if_none_match: None };
    world.write(Request::PutObject(next.clone())).expect("matches");
    assert_eq!(world.refusal(Request::PutObject(next)), Code::PreconditionFailed);
}

#[test]
fn ten_tags_and_no_more() {
    let mut world = World::new();
    world.put(PLAIN, "k", "hello");
    let tags = |count: usize| (0..count).map(|n| (format!("k{n}"), "v".to_owned())).collect();
    let object = ObjectRef::current(PLAIN, "k");
    let put_tags = |count| Request::PutTagging { object: object.clone(), tags: tags(count) };
    world.apply(put_tags(10)).expect("ten");
    assert_eq!(world.refusal(put_tags(11)), Code::BadRequest);
    let mut put = put(PLAIN, "k", "hello");
    put.attributes.tags = tags(11);
    assert_eq!(world.refusal(Request::PutObject(put)), Code::BadRequest);
    let twice = vec![("a".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())];
    let request = Request::PutTagging { object: object.clone(), tags: twice };
    assert_eq!(world.refusal(request), Code::InvalidTag);
}

#[test]
fn tags_belong_to_a_version_and_leave_etag_and_date_alone() {
    let mut world = World::new();
    let old = world.put(VERSIONED, "k", "one").version_id.expect("versioned").to_string();
    world.put(VERSIONED, "k", "two");
    let before = world.dump(VERSIONED);
    world.pass_seconds(10);
    let object = ObjectRef::current(VERSIONED, "k").version(old);
    let tags = vec![("a".to_owned(), "b".to_owned())];
    world.apply(Request::PutTagging { object: object.clone(), tags: tags.clone() }).expect("set");
    let after = world.dump(VERSIONED);
    assert_eq!(after[0], before[0]);
    assert_eq!(
        (&after[1].etag, after[1].last_modified),
        (&before[1].etag, before[1].last_modified)
    );
    assert_eq!(after[1].tags, tags);
    let Ok(Response::Tags(Some(_), read)) = world.apply(Request::GetTagging(object)) else {
        panic!("no tags");
    };
    assert_eq!(read, tags);
}

#[test]
fn keys_end_at_1024_bytes() {
    let mut world = World::new();
    world.put(PLAIN, &"x".repeat(1024), "fits");
    let long = put(PLAIN, &"x".repeat(1025), "doesn't");
    assert_eq!(world.refusal(Request::PutObject(long)), Code::KeyTooLong);
}

#[test]
fn the_expected_owner_must_be_the_owner() {
    let mut world = World::new();
    world.put(PLAIN, "k", "hello");
    let stranger = Some("999999999999".to_owned());
    let head = || Request::HeadBucket(PLAIN.to_owned());
    let wrong = Caller { expected_owner: stranger.clone(), ..Caller::default() };
    let now = world.now;
    let mut code = |caller: &Caller, request| {
        world.model.apply(caller, request, now).map(|_| ()).map_err(|fault| fault.code)
    };
    assert_eq!(code(&wrong, head()), Err(Code::AccessDenied));
    let right = Caller { expected_owner: Some("111122223333".to_owned()), ..Caller::default() };
    assert_eq!(code(&right, head()), Ok(()));
    let copy =
        || copying(onto_itself(PLAIN, "k", reseal_sandbox::model::EncryptionRequest::sse_s3()));
    let wrong_source = Caller { expected_source_owner: stranger.clone(), ..right.clone() };
    assert_eq!(code(&wrong_source, copy()), Err(Code::AccessDenied));
    assert_eq!(code(&right, copy()), Ok(()));
    let other = Caller { account: stranger, ..Caller::default() };
    assert_eq!(code(&other, head()), Err(Code::AccessDenied));
}
