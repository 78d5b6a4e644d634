use bytes::Bytes;
use reseal_sandbox::model::{
    Checksum, ChecksumAlgorithm, ChecksumMode, ChecksumRequest, Code, Content, KeyState, ObjectRef,
    ReadObject, Request, Response, SeedObject,
};

use super::support::*;

#[test]
fn values_are_those_of_the_standards() {
    let content = Content::inline(Bytes::from_static(b"123456789"));
    let value = |algorithm| Checksum::derived(algorithm).value(&content);
    assert_eq!(value(ChecksumAlgorithm::Crc32), "y/Q5Jg==");
    assert_eq!(value(ChecksumAlgorithm::Crc32c), "4waSgw==");
    assert_eq!(value(ChecksumAlgorithm::Crc64Nvme), "rosUhgp5mIg=");
    assert_eq!(value(ChecksumAlgorithm::Sha1), "98O8HYCOBHMq32eZZczDTKeuNEE=");
    assert_eq!(value(ChecksumAlgorithm::Sha256), "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=");
}

#[test]
fn a_wrong_value_is_a_bad_digest() {
    let mut world = World::new();
    let mut put = put(PLAIN, "k", "123456789");
    put.attributes.checksum = ChecksumRequest {
        algorithm: Some(ChecksumAlgorithm::Crc32),
        value: Some("y/Q5Jg==".to_owned()),
        kind: None,
    };
    world.write(Request::PutObject(put.clone())).expect("right");
    put.attributes.checksum.value = Some("AAAAAA==".to_owned());
    assert_eq!(world.refusal(Request::PutObject(put)), Code::BadDigest);
}

#[test]
fn reading_the_checksum_needs_the_key() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 5).encrypted(kms(OLD, false)));
    world.model.set_key(OLD, Some(KeyState::Disabled), None).expect("known");
    let read = ReadObject {
        checksum_mode: ChecksumMode::Enabled,
        ..ReadObject::whole(ObjectRef::current(PLAIN, "k"))
    };
    assert_eq!(world.refusal(Request::HeadObject(read)), Code::KmsDisabled);
}

#[test]
fn a_put_without_a_checksum_gains_the_one_of_s3() {
    let mut world = World::new();
    world.put(PLAIN, "k", "123456789");
    let read = ReadObject {
        checksum_mode: ChecksumMode::Enabled,
        ..ReadObject::whole(ObjectRef::current(PLAIN, "k"))
    };
    let Ok(Response::Object(view)) = world.apply(Request::HeadObject(read)) else {
        panic!("no object");
    };
    let checksum = view.checksum.expect("gained");
    assert_eq!(checksum.algorithm, ChecksumAlgorithm::Crc64Nvme);
    assert_eq!(checksum.value, "rosUhgp5mIg=");
}
