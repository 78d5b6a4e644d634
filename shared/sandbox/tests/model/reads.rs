use bytes::Bytes;
use reseal_sandbox::model::{
    ByteRange, Code, Content, ObjectRef, ReadConditions, ReadObject, Request, Response,
    SeedContent, SeedEncryption, SeedObject, Selection, StorageClass, TagCondition,
};

use super::support::*;

fn read(selection: Selection) -> ReadObject {
    ReadObject { selection, ..ReadObject::whole(ObjectRef::current(PLAIN, "k")) }
}

fn bytes(world: &mut World, selection: Selection) -> Result<Bytes, Code> {
    match world.apply(Request::GetObject(read(selection))) {
        Ok(Response::Object(view)) => {
            Ok(view.object.content.read(view.served.offset, view.served.len))
        }
        Ok(other) => panic!("not an object: {other:?}"),
        Err(fault) => Err(fault.code),
    }
}

#[test]
fn ranges_of_generated_content_agree_with_the_whole() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 1001));
    let whole = bytes(&mut world, Selection::Whole).expect("read");
    assert_eq!(whole.len(), 1001);
    let mut range = |range| bytes(&mut world, Selection::Range(range));
    assert_eq!(range(ByteRange::Between(3, 17)).expect("read"), whole[3..18]);
    assert_eq!(range(ByteRange::Between(990, 5000)).expect("read"), whole[990..]);
    assert_eq!(range(ByteRange::From(999)).expect("read"), whole[999..]);
    assert_eq!(range(ByteRange::Last(5)).expect("read"), whole[996..]);
    assert_eq!(range(ByteRange::From(1001)), Err(Code::InvalidRange));
    assert_eq!(range(ByteRange::Last(0)), Err(Code::InvalidRange));
}

#[test]
fn inline_bytes_are_one_content_however_they_were_cut() {
    let whole = Content::inline(Bytes::from_static(b"hello world"));
    let mut joined = whole.slice(0, 5);
    joined.append(&whole.slice(5, 6));
    assert_eq!(joined, whole);
    assert_eq!(joined.fingerprint(), whole.fingerprint());
    assert_ne!(joined, Content::inline(Bytes::from_static(b"hello-world")));
    assert_ne!(Content::generated(1, 5), Content::generated(2, 5));
}

#[test]
fn a_part_can_be_read_by_its_number() {
    let mut world = World::new();
    let mut seed = SeedObject::new(PLAIN, "k", 0);
    seed.content = SeedContent::Parts(vec![100, 50]);
    world.seed(seed);
    let whole = bytes(&mut world, Selection::Whole).expect("read");
    assert_eq!(bytes(&mut world, Selection::Part(2)).expect("read"), whole[100..]);
    assert_eq!(bytes(&mut world, Selection::Part(3)), Err(Code::InvalidPartNumber));
    let Ok(Response::Object(view)) = world.apply(Request::HeadObject(read(Selection::Part(1))))
    else {
        panic!("no object");
    };
    assert_eq!((view.parts_count, view.served.len), (Some(2), 100));
}

#[test]
fn conditions_answer_412_or_304() {
    let mut world = World::new();
    let etag = world.put(PLAIN, "k", "hello").etag;
    let mut refused = |conditions| {
        let read = ReadObject { conditions, ..read(Selection::Whole) };
        world.refusal(Request::HeadObject(read))
    };
    let none = ReadConditions::default;
    assert_eq!(
        refused(ReadConditions { if_match: tag(&"no"), ..none() }),
        Code::PreconditionFailed
    );
    assert_eq!(refused(ReadConditions { if_none_match: tag(&etag), ..none() }), Code::NotModified);
    let any = Some(TagCondition::Any);
    assert_eq!(refused(ReadConditions { if_none_match: any, ..none() }), Code::NotModified);
}

#[test]
fn archived_objects_can_be_looked_at_but_not_read() {
    let mut world = World::new();
    let mut seed = SeedObject::new(PLAIN, "k", 5);
    seed.storage_class = StorageClass::DeepArchive;
    world.seed(seed);
    assert_eq!(bytes(&mut world, Selection::Whole), Err(Code::InvalidObjectState));
    assert_eq!(world.look(PLAIN, "k").object.storage_class, StorageClass::DeepArchive);
}

#[test]
fn customer_encrypted_objects_show_nothing_without_the_key() {
    let mut world = World::new();
    let encryption = SeedEncryption::CustomerKey { key_md5: "md5".to_owned() };
    world.seed(SeedObject::new(PLAIN, "k", 5).encrypted(encryption));
    assert_eq!(world.refusal(Request::HeadObject(read(Selection::Whole))), Code::InvalidRequest);
    let with_key =
        ReadObject { customer_key_md5: Some("md5".to_owned()), ..read(Selection::Whole) };
    world.apply(Request::HeadObject(with_key)).expect("with the key");
    let wrong = ReadObject { customer_key_md5: Some("x".to_owned()), ..read(Selection::Whole) };
    assert_eq!(world.refusal(Request::HeadObject(wrong)), Code::AccessDenied);
}
